//! The durable store and the action log made from it. Nothing is done before it is written here and synced.
//!
//! One thread owns the SQLite connection and commits whatever has queued up as one transaction (group commit).
//! `Committed` values are made here only, so an effect without its fsync does not compile. The queue is bounded:
//! notifications over its high-water mark are refused at once, everything else waits for its turn.

mod action_log;
mod alerts;
mod annotated;
mod approvals;
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
use std::time::Duration;

use prunelle_foundation::clock::{Boots, Now, SharedClock};
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};

use crate::alert::Alert;
use crate::facts::{Approval, History, Pause};
use crate::policy::RemedyKind;
use crate::reason::Reason;
use crate::target::Target;
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

    /// Sets a pause for a person, in place of one of the same target.
    pub async fn pause(&self, pause: Pause, by: String) -> Result<(), JournalError> {
        self.ask(pauses::SetPause { pause, by }).await?;
        Ok(())
    }

    /// Ends pauses of a target (none: those that cover all) for a person; how many there were.
    pub async fn resume(
        &self,
        target: Option<Target>,
        by: String,
        at: Now,
    ) -> Result<usize, JournalError> {
        let (_, ended) = self.ask(pauses::EndPauses { target, by, at }).await?;
        Ok(ended)
    }

    /// All pauses in force at `now`.
    pub async fn pauses(&self, now: Now) -> Result<Vec<Pause>, JournalError> {
        let (_, pauses) = self.ask(history::ReadPauses(now)).await?;
        Ok(pauses)
    }

    /// Ends the quarantine of a target before its time, for a person; whether there was one.
    pub async fn release(&self, target: Target, by: String, at: Now) -> Result<bool, JournalError> {
        let operation = quarantines::ReleaseQuarantine { target, by, at };
        let (_, was_quarantined) = self.ask(operation).await?;
        Ok(was_quarantined)
    }

    /// All quarantines in force at `now`.
    pub async fn quarantines(&self, now: Now) -> Result<Vec<QuarantineInForce>, JournalError> {
        let (_, in_force) = self.ask(quarantines::ReadQuarantines(now)).await?;
        Ok(in_force)
    }

    /// Asks people whether something may be done, unless they have been asked; the question, and its answer if there is
    /// one. A new question is a line of the action log.
    pub async fn ask_approval(&self, request: ApprovalRequest) -> Result<Approval, JournalError> {
        let (_, approval) = self.ask(approvals::AskApproval(request)).await?;
        Ok(approval)
    }

    /// Answers a question for a person; refused when it is late, not the first answer, or awaited by nobody.
    pub async fn answer_approval(
        &self,
        number: i64,
        is_approved: bool,
        is_awaited: bool,
        by: String,
        at: Now,
    ) -> Result<Result<Answered, AnswerRefused>, JournalError> {
        let operation = approvals::AnswerApproval {
            number,
            is_approved,
            is_awaited,
            by,
            at,
        };
        let (_, answered) = self.ask(operation).await?;
        Ok(answered)
    }

    /// What the journal owns about a rule, its target and the host at `now`.
    pub async fn history(&self, of: HistoryOf, now: Now) -> Result<History, JournalError> {
        let operation = history::ReadHistory { of, now };
        let (_, history) = self.ask(operation).await?;
        Ok(history)
    }

    /// Remediations that had not ended.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, JournalError> {
        let (_, unfinished) = self.ask(remediations::ReadUnfinished).await?;
        Ok(unfinished)
    }

    /// Alerts that fired when last heard of, with the time of the last confirmation on record.
    pub async fn firing(&self) -> Result<Vec<(Alert, Now)>, JournalError> {
        let (_, firing) = self.ask(notifications::Firing).await?;
        Ok(firing)
    }

    /// What was decided last about them, and how their remediations ended.
    pub async fn kept(&self) -> Result<Kept, JournalError> {
        let (_, kept) = self.ask(decisions::ReadKept).await?;
        Ok(kept)
    }

    /// What is to be undone, oldest first.
    pub async fn undos(&self) -> Result<Vec<Undo>, JournalError> {
        let (_, undos) = self.ask(undos::ReadUndos).await?;
        Ok(undos)
    }

    /// Keeps a try to undo something: one `action` line, and the end of it when it is over.
    pub async fn record_undo(&self, tried: UndoTry) -> Result<(), JournalError> {
        self.ask(undos::RecordUndo(tried)).await?;
        Ok(())
    }

    /// Which of the alerts that fired were held back when Alertmanager's API was last asked.
    pub async fn muted(&self) -> Result<Muted, JournalError> {
        let (_, muted) = self.ask(notifications::ReadMuted).await?;
        Ok(muted)
    }

    /// Starts without a clean stop before them in the last while, this run's own included. Three in five minutes:
    /// keep to observe.
    pub async fn unclean_starts_within(&self, within: Duration) -> Result<usize, JournalError> {
        let now = self.shared.clock.now();
        let (_, count) = self.ask(starts::UncleanStarts { within, now }).await?;
        Ok(count)
    }

    /// What is known of the action log outside its files.
    pub async fn log_anchor(&self) -> Result<LogAnchor, JournalError> {
        // Asked first: what is in the file now is in the journal for certain.
        let logged = self.shared.stats.logged();
        let (_, anchor) = self.ask(action_log::ReadAnchor).await?;
        Ok(LogAnchor { logged, ..anchor })
    }

    /// When a remedy was run last on this host, whatever the rule and the target; one that systemd refused was not.
    pub async fn last_started(&self, remedy: RemedyKind) -> Result<Option<Now>, JournalError> {
        let (_, started) = self.ask(last_run::LastStarted(remedy)).await?;
        Ok(started)
    }

    /// The last attempts and ends of remediations, newest first.
    pub async fn recent_actions(&self, limit: u32) -> Result<Vec<Event>, JournalError> {
        self.recent(limit, true).await
    }

    /// The last events of every kind, newest first.
    pub async fn recent_events(&self, limit: u32) -> Result<Vec<Event>, JournalError> {
        self.recent(limit, false).await
    }

    /// Events before one (none: the last ones), newest first. They are read back here, not on the journal's thread.
    pub async fn events_before(
        &self,
        seq: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, JournalError> {
        let seq = seq.map(|seq| i64::try_from(seq).unwrap_or(i64::MAX));
        let (_, lines) = self.ask(events::LinesBefore { seq, limit }).await?;
        lines
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error| JournalError::Refused(error.to_string()))
    }

    /// Events after one, in their order. They are read back here, not on the journal's thread.
    pub async fn events_after(&self, seq: u64, limit: u32) -> Result<Vec<Event>, JournalError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let (_, lines) = self.ask(events::LinesAfter { seq, limit }).await?;
        lines
            .iter()
            .map(|(_, line)| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error| JournalError::Refused(error.to_string()))
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

    async fn recent(&self, limit: u32, only_actions: bool) -> Result<Vec<Event>, JournalError> {
        let operation = events::RecentEvents {
            limit,
            only_actions,
        };
        let (_, events) = self.ask(operation).await?;
        Ok(events)
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
