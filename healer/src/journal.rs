//! The durable store and the action log made from it. Nothing is done before it is written here and synced.
//!
//! One thread owns the SQLite connection and commits whatever has queued up as one transaction (group commit).
//! `Committed` values are made here only, so an effect without its fsync does not compile. The queue is bounded:
//! notifications over its high-water mark are refused at once, everything else waits for its turn.

mod action_log;
mod alerts;
mod annotated;
mod approvals;
mod asking;
mod boots;
mod decisions;
mod entries;
mod error;
mod events;
mod history;
mod incidents;
mod last_run;
mod lock;
mod moment;
mod notifications;
mod open;
mod operation;
mod outbox;
mod pauses;
mod quarantines;
mod reader;
mod records;
mod refusals;
mod remediations;
mod reported;
mod reserve;
mod retention;
mod schema;
mod seal;
mod spent;
mod starts;
mod stats;
mod undos;
pub mod verification;
mod waiting;
mod word;
mod writer;

use std::fmt;
use std::sync::Arc;
use std::sync::mpsc::{self, Sender};

use prunelle_foundation::clock::{Boots, Now, SharedClock};
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::alert::Alert;
use crate::reason::Reason;
use crate::work::{Muted, Notification};

use self::operation::{Call, Operation};
use self::writer::{Message, Writer};

pub use self::action_log::{
    JOURNALD_SOCKET, LogAnchor, LogOptions, LogStep, Reopening, StepObserver, goes_to_journald,
};
pub use self::approvals::{AnswerRefused, Answered, ApprovalRequest};
pub use self::decisions::{Kept, KeptDecision, KeptEnd};
pub use self::error::{JournalError, OpenError};
pub use self::events::{Event, EventType};
pub use self::history::HistoryOf;
pub use self::open::{JournalOptions, RETENTION};
pub use self::quarantines::QuarantineInForce;
pub use self::reader::Reader;
pub use self::records::{
    AdmissionCheck, Committed, Entry, Intent, Phase, Recorded, Started, Unfinished,
};
pub use self::spent::{Charge, Spent};
pub use self::stats::{CommitObserver, JournalStats};
pub use self::undos::{Undo, UndoPlan, UndoTold, UndoTry};

/// Memory of queued notifications, in KiB: the high-water mark. One that is larger is taken when it is alone.
const QUEUED_KIB: u32 = 16 << 10;
/// Other requests that may wait at the same time.
const QUEUED_REQUESTS: usize = 256;

/// A handle to the journal; clones share one thread.
#[derive(Clone)]
pub struct Journal {
    shared: Arc<Shared>,
}

struct Shared {
    queue: Sender<Message>,
    notifications: Arc<Semaphore>,
    requests: Arc<Semaphore>,
    stats: Arc<JournalStats>,
    clock: SharedClock,
    boots: Boots,
}

impl Drop for Shared {
    fn drop(&mut self) {
        let message = if std::thread::panicking() {
            Message::Abandoned
        } else {
            Message::Close(None)
        };
        // The thread may have ended before.
        let _ = self.queue.send(message);
    }
}

impl fmt::Debug for Journal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Journal")
            .field("stats", &self.shared.stats)
            .finish_non_exhaustive()
    }
}

impl Journal {
    /// Opens the journal, brings its schema up to date, notes the start, and starts its threads.
    ///
    /// It ends when the last handle is dropped, when it is closed, or once `stop` was requested and nothing was
    /// asked for two seconds.
    pub fn open(
        options: JournalOptions,
        clock: SharedClock,
        tasks: &Tasks,
        stop: Stop,
    ) -> Result<Self, JournalError> {
        let store = open::open(&options, &*clock)?;
        let boots = store.boots.known.clone();
        let stats = Arc::new(JournalStats::default());
        stats.set_sequence(store.state.chain.seq);
        stats.set_reserve_bytes(store.reserve.held());
        stats.set_writable(store.start.is_some());
        let (queue, messages) = mpsc::channel();
        let (bell, rung) = mpsc::sync_channel(1);
        let bell = Arc::new(bell);
        let has_log = options.action_log.is_some();
        let cannot_start = |source| OpenError::Io {
            path: options.path.clone(),
            source,
        };
        if let Some(path) = options.action_log {
            options.log.reopening.ring(&bell);
            let start = action_log::Start {
                path,
                options: options.log,
                journal: queue.clone(),
                bell: rung,
                stats: Arc::clone(&stats),
                clock: Arc::clone(&clock),
                stop: stop.clone(),
            };
            start.threads(tasks).map_err(cannot_start)?;
        }
        let writer = Writer {
            store,
            clock: Arc::clone(&clock),
            stop: stop.clone(),
            stats: Arc::clone(&stats),
            observer: stats::Observer(options.on_commit),
            retention: retention::Retention::new(options.retention, has_log),
            bell: has_log.then_some(bell),
        };
        tasks
            .thread("journal", move || {
                let end = StopIfPanicked(stop);
                writer.run(&messages);
                drop(end);
            })
            .map_err(cannot_start)?;
        let shared = Arc::new(Shared {
            queue,
            notifications: Arc::new(Semaphore::new(QUEUED_KIB as usize)),
            requests: Arc::new(Semaphore::new(QUEUED_REQUESTS)),
            stats,
            clock,
            boots,
        });
        Ok(Self { shared })
    }

    /// A journal that keeps nothing and knows of nothing: every request is answered [`JournalError::Closed`]. For what
    /// looks at this machine without a daemon.
    pub fn closed(clock: SharedClock) -> Self {
        let (queue, _) = mpsc::channel();
        Self {
            shared: Arc::new(Shared {
                queue,
                notifications: Arc::new(Semaphore::new(QUEUED_KIB as usize)),
                requests: Arc::new(Semaphore::new(QUEUED_REQUESTS)),
                stats: Arc::default(),
                clock,
                boots: Boots::default(),
            }),
        }
    }

    /// Figures for metrics and the status page.
    pub fn stats(&self) -> Arc<JournalStats> {
        Arc::clone(&self.shared.stats)
    }

    /// The boots that moments from before a reboot are compared by.
    pub fn boots(&self) -> &Boots {
        &self.shared.boots
    }

    /// Keeps a notification; resolves once it is synced. [`JournalError::Busy`] at once when too much is queued.
    pub async fn record_notification(
        &self,
        notification: Notification,
    ) -> Result<Recorded, JournalError> {
        let weight = weight_kib(&notification.alerts);
        let permit = Arc::clone(&self.shared.notifications)
            .try_acquire_many_owned(weight)
            .map_err(|_| JournalError::Busy)?;
        let operation = notifications::RecordNotification(notification);
        let (operation, changed) = self.call(operation, permit).await?;
        Ok(Recorded {
            changed: records::chosen(operation.0.alerts, &changed),
        })
    }

    /// Keeps what Alertmanager's API says is active, asked at `asked`: confirms what fires, adds what was never heard
    /// of, and brings back an episode that was taken for resolved, or for followed by another, before the question was
    /// sent. Returns those that fire: not those of which something else was heard since.
    pub async fn record_active(
        &self,
        alerts: Vec<Alert>,
        muted: Muted,
        asked: Now,
    ) -> Result<Vec<Alert>, JournalError> {
        let operation = notifications::RecordActive {
            alerts,
            muted,
            asked,
        };
        let (operation, firing) = self.ask(operation).await?;
        Ok(records::chosen(operation.alerts, &firing))
    }

    /// Admission: in one transaction, reads the history, asks `check`, and writes intent, budget and slot.
    ///
    /// Refused with [`Reason::JoinedRunning`] without asking when another remediation runs on the target. The
    /// history given to `check` names the intent's own remediation as running when it holds the slot already.
    pub async fn admit(
        &self,
        intent: Intent,
        check: AdmissionCheck,
    ) -> Result<Result<Committed<Intent>, Reason>, JournalError> {
        let check = remediations::Check::Open(check);
        let (operation, answer) = self.ask(remediations::Admit { intent, check }).await?;
        Ok(answer.map(|()| Committed(operation.intent)))
    }

    /// Marks an intent as started; resolves once that is synced.
    pub async fn start(
        &self,
        intent: Committed<Intent>,
        evidence: serde_json::Value,
        at: Now,
    ) -> Result<Committed<Started>, JournalError> {
        let Committed(intent) = intent;
        let operation = remediations::Start {
            intent,
            evidence,
            at,
        };
        let (
            remediations::Start {
                intent,
                evidence,
                at,
            },
            undo,
        ) = self.ask(operation).await?;
        Ok(Committed(Started {
            intent,
            evidence,
            undo: undo.map(Box::new),
            at,
        }))
    }

    /// Keeps an entry; resolves once it is synced. Entries of one caller are kept in the order of the calls.
    pub async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        self.record_all(vec![entry]).await
    }

    /// Keeps many entries in one transaction, all or none; resolves once they are synced.
    pub async fn record_all(&self, entries: Vec<Entry>) -> Result<(), JournalError> {
        self.ask(entries::Record(entries)).await?;
        Ok(())
    }

    /// Finishes what has queued up, lets the action log catch up, notes a clean stop and closes the store. Every
    /// later request is answered [`JournalError::Closed`].
    pub async fn close(&self) {
        let (told, closed) = oneshot::channel();
        if self.shared.queue.send(Message::Close(Some(told))).is_ok() {
            // An error means that it was closed already.
            let _ = closed.await;
        }
    }

    /// Waits for a place in the queue, then for the answer.
    async fn ask<O: Operation>(&self, operation: O) -> Result<(O, O::Output), JournalError> {
        let permit = Arc::clone(&self.shared.requests)
            .acquire_owned()
            .await
            .map_err(|_| JournalError::Closed)?;
        self.call(operation, permit).await
    }

    async fn call<O: Operation>(
        &self,
        operation: O,
        permit: OwnedSemaphorePermit,
    ) -> Result<(O, O::Output), JournalError> {
        let (call, answer) = Call::new(operation, Some(permit));
        self.shared
            .queue
            .send(Message::Request(call))
            .map_err(|_| JournalError::Closed)?;
        answer.await.map_err(|_| JournalError::Closed)?
    }
}

/// A journal that dies takes the program with it: nothing may run without it.
struct StopIfPanicked(Stop);

impl Drop for StopIfPanicked {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.request("the journal's thread panicked");
        }
    }
}

/// What queued alerts weigh in memory, at least 1 and at most the whole queue.
fn weight_kib(alerts: &[Alert]) -> u32 {
    // The fingerprint, and what the allocator needs for itself.
    const OVERHEAD: usize = 128;
    let bytes: usize = alerts
        .iter()
        .map(|alert| {
            let texts = alert.labels.heap_bytes() + alert.annotations.heap_bytes();
            size_of::<Alert>() + OVERHEAD + texts
        })
        .sum();
    u32::try_from(bytes / 1024 + 1)
        .unwrap_or(QUEUED_KIB)
        .min(QUEUED_KIB)
}
