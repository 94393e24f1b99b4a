//! The client: one connection to the system bus for the life of the process, rebuilt when it ends.
//!
//! A [`Systemd`] is a handle. Behind it one task owns the connection and the table (see `session.rs`); calls of a handle
//! go over the same connection. While systemd cannot be reached, or does not answer, calls fail at once and ask for
//! nothing, so that nothing happens later that nobody wants any more.

use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{Clock, SharedClock};
use prunelle_foundation::lifecycle::{Stop, Tasks};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::bus::{Bus, ConnectOptions};
use crate::counters::Counters;
pub use crate::error::SystemdError;
use crate::job::Board;
pub use crate::job::{Job, JobResult, Verb};
use crate::owner::Owner;
use crate::reading::read;
pub use crate::request::{Property, Request};
use crate::scope::Scope;
use crate::table::UnitTable;
use crate::unit::{UnitName, UnitState};
use crate::watch_list::WatchList;

/// How often a job is looked for while its end is waited for, should the signal be missed.
const JOB_POLL: Duration = Duration::from_secs(1);

/// How long the signal of a job that is gone may take to come off the queue.
const SIGNAL_LAG: Duration = Duration::from_millis(250);

/// What to watch, and how to reach it.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The units to watch; can be replaced later with [`Systemd::set_watch`].
    pub watch: WatchList,
    /// Address of the bus; the system bus (`DBUS_SYSTEM_BUS_ADDRESS`, or its usual place) when none.
    pub address: Option<String>,
    /// Whether the table holds the inventory of all loaded units as well.
    pub inventory: bool,
    /// Times and sizes.
    pub limits: Limits,
}

/// Times and sizes; the defaults are right for all but tests.
#[derive(Clone, Debug)]
pub struct Limits {
    /// How long one call may take.
    pub call: Duration,
    /// Messages that may wait in the connection.
    pub queue: NonZeroUsize,
    /// Signals that may wait to be applied; when more come, a full picture is taken.
    pub signals: usize,
    /// systemd is asked for a sign of life when it has not been heard for this long.
    pub liveness_every: Duration,
    /// How long the sign of life may take; then the table is [`Lost`](crate::Sync::Lost).
    pub liveness_limit: Duration,
    /// How often the table is compared with systemd.
    pub reconcile_every: Duration,
    /// How often the counters of sockets are read, for the inventory.
    pub sockets_every: Duration,
    /// First and shortest wait before connecting again.
    pub backoff_first: Duration,
    /// Longest wait before connecting again.
    pub backoff_last: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            call: Duration::from_secs(5),
            queue: const { NonZeroUsize::new(4096).unwrap() },
            signals: 4096,
            liveness_every: Duration::from_secs(2),
            liveness_limit: Duration::from_millis(800),
            reconcile_every: Duration::from_mins(5),
            sockets_every: Duration::from_secs(15),
            backoff_first: Duration::from_millis(20),
            backoff_last: Duration::from_secs(2),
        }
    }
}

impl Limits {
    /// How old [`UnitTable::as_of`] can become while the table is synchronised: systemd was asked at the last moment, and
    /// answers at the last moment. A synchronised table that is much older is broken.
    pub const fn staleness(&self) -> Duration {
        self.liveness_every.saturating_add(self.liveness_limit)
    }
}

/// What the handles and the owner of the table share.
#[derive(Debug)]
pub(crate) struct Shared {
    pub(crate) table: watch::Sender<Arc<UnitTable>>,
    /// The connection, while systemd answers on it.
    pub(crate) bus: watch::Sender<Option<Bus>>,
    pub(crate) board: Arc<Board>,
    pub(crate) counters: Counters,
    watch: watch::Sender<WatchList>,
    /// When the systemd that was met last had started; zero before.
    systemd_started: AtomicU64,
}

impl Shared {
    /// Meets a systemd that started at this time. Another one counts its jobs anew.
    pub(crate) fn meet(&self, started: u64) {
        if self.systemd_started.swap(started, Ordering::Relaxed) != started {
            self.board.clear();
        }
    }
}

/// The wall time at which the monotonic clock would have been zero.
pub(crate) fn monotonic_zero(clock: &dyn Clock) -> Timestamp {
    let wall = clock.now().wall;
    wall.checked_sub(clock.monotonic()).unwrap_or(wall)
}

/// A handle to the client; clones share one connection.
#[derive(Clone, Debug)]
pub struct Systemd {
    shared: Arc<Shared>,
    clock: SharedClock,
    call_limit: Duration,
}

impl Systemd {
    /// Starts to connect and to watch, in a task of its own that ends with `stop`. Never fails: while systemd cannot be
    /// reached the table says so.
    pub fn start(options: Options, clock: SharedClock, tasks: &Tasks, stop: Stop) -> Self {
        let Options {
            watch,
            address,
            inventory,
            limits,
        } = options;
        let (watch, watch_receiver) = watch::channel(watch);
        let shared = Arc::new(Shared {
            table: watch::Sender::new(Arc::new(UnitTable::not_yet(clock.now()))),
            bus: watch::Sender::new(None),
            board: Arc::default(),
            counters: Counters::default(),
            watch,
            systemd_started: AtomicU64::new(0),
        });
        let call_limit = limits.call;
        let of_handles = Arc::clone(&clock);
        let owner = Owner {
            shared: Arc::clone(&shared),
            connect: ConnectOptions {
                address,
                call: limits.call,
                queue: limits.queue,
            },
            limits,
            has_inventory: inventory,
            clock,
            tasks: tasks.clone(),
            stop,
            watch: watch_receiver,
            remembered: BTreeSet::new(),
            has_connected: false,
        };
        // Essential: without it the table would go stale and still look right.
        tasks.spawn_essential("systemd", owner.run());
        Self {
            shared,
            clock: of_handles,
            call_limit,
        }
    }

    /// The live table; a receiver that is told of every change.
    pub fn table(&self) -> watch::Receiver<Arc<UnitTable>> {
        self.shared.table.subscribe()
    }

    /// Figures about the connection.
    pub fn counters(&self) -> &Counters {
        &self.shared.counters
    }

    /// Watches these units from now on, and no others; the table follows within milliseconds.
    pub fn set_watch(&self, watch: WatchList) {
        self.shared.watch.send_replace(watch);
    }

    /// Reads one unit afresh from systemd (not from the table). A unit that does not exist is `NotFound`, not an error.
    pub async fn unit(&self, unit: &UnitName) -> Result<UnitState, SystemdError> {
        let bus = self.bus()?;
        read(&bus, unit)
            .await
            .map(|reading| reading.into_state(monotonic_zero(&*self.clock)))
            .map_err(|error| SystemdError::of_call(&error, self.call_limit))
    }

    /// Queues a job and returns at once; its end is on the board even if it comes before the answer.
    ///
    /// After [`TimedOut`](SystemdError::TimedOut) and [`Bus`](SystemdError::Bus) it is not known whether the job was
    /// queued; after all other errors it was not.
    pub async fn enqueue(&self, verb: Verb, unit: &UnitName) -> Result<Job, SystemdError> {
        let bus = self.bus()?;
        bus.queue(verb, unit).await.map_err(|error| {
            SystemdError::of_request(&error, Request::Job(verb), unit, self.call_limit)
        })
    }

    /// Makes systemd forget that a unit failed, and how often it was started of late. Starts nothing.
    ///
    /// After [`TimedOut`](SystemdError::TimedOut) and [`Bus`](SystemdError::Bus) it is not known whether it was done.
    pub async fn reset_failed(&self, unit: &UnitName) -> Result<(), SystemdError> {
        let bus = self.bus()?;
        bus.reset_failed(unit).await.map_err(|error| {
            SystemdError::of_request(&error, Request::ResetFailed, unit, self.call_limit)
        })
    }

    /// The limits of a unit, in the order in which they are asked for; none for what this systemd does not know.
    pub async fn properties(
        &self,
        unit: &UnitName,
        properties: &[Property],
    ) -> Result<Vec<Option<u64>>, SystemdError> {
        let bus = self.bus()?;
        bus.numbers(unit, properties)
            .await
            .map_err(|error| SystemdError::of_call(&error, self.call_limit))
    }

    /// The units without which this one does not start (`Requires`, `Requisite`, `BindsTo`).
    pub async fn requirements(&self, unit: &UnitName) -> Result<Vec<UnitName>, SystemdError> {
        let bus = self.bus()?;
        bus.requirements(unit)
            .await
            .map_err(|error| SystemdError::of_call(&error, self.call_limit))
    }

    /// Sets limits of a unit, all or none, at once and until the next boot.
    ///
    /// After [`TimedOut`](SystemdError::TimedOut) and [`Bus`](SystemdError::Bus) it is not known whether it was done.
    pub async fn set_properties(
        &self,
        unit: &UnitName,
        values: &[(Property, u64)],
    ) -> Result<(), SystemdError> {
        let bus = self.bus()?;
        bus.set_numbers(unit, values).await.map_err(|error| {
            SystemdError::of_request(&error, Request::SetProperties, unit, self.call_limit)
        })
    }

    /// Starts a transient scope around a process and returns its job; the scope is there, with the process in it, when that
    /// is done.
    pub async fn start_scope(&self, scope: &Scope) -> Result<Job, SystemdError> {
        let bus = self.bus()?;
        bus.start_scope(scope).await.map_err(|error| {
            SystemdError::of_request(&error, Request::StartScope, &scope.name, self.call_limit)
        })
    }

    /// Waits for the end of a job, by signal and by a slow poll of the unit's `Job`. A connection that is lost meanwhile
    /// is waited for, within `limit`.
    pub async fn finished(
        &self,
        job: &Job,
        unit: &UnitName,
        limit: Duration,
    ) -> Result<JobResult, SystemdError> {
        let ended = async {
            tokio::select! {
                biased;
                result = self.shared.board.wait(&job.path) => result,
                () = self.gone(job, unit) => {
                    // A signal that came before the answer may still be in the queue.
                    timeout(SIGNAL_LAG, self.shared.board.wait(&job.path))
                        .await
                        .unwrap_or(JobResult::Vanished)
                }
            }
        };
        timeout(limit, ended)
            .await
            .map_err(|_| SystemdError::TimedOut(limit))
    }

    /// The job that ended last on a unit, by its `Id`, whoever asked for it; none when none ended of late. A number
    /// above that of one's own job tells that somebody else had a hand in it since.
    pub fn last_ended_job(&self, id: &UnitName) -> Option<Job> {
        self.shared.board.last_of(id.as_str())
    }

    /// Resolves when the unit no longer has this job.
    async fn gone(&self, job: &Job, unit: &UnitName) {
        let mut connection = self.shared.bus.subscribe();
        loop {
            if connection.borrow_and_update().is_some() {
                // Also ends early when the connection is lost or made anew.
                tokio::select! {
                    () = sleep(JOB_POLL) => {}
                    changed = connection.changed() => if changed.is_err() { return std::future::pending().await },
                }
            }
            let bus = connection.wait_for(Option::is_some).await;
            let Some(bus) = bus.ok().and_then(|bus| bus.clone()) else {
                return std::future::pending().await;
            };
            if bus.job_of(unit).await.is_ok_and(|queued| queued != job.id) {
                return;
            }
        }
    }

    fn bus(&self) -> Result<Bus, SystemdError> {
        self.shared
            .bus
            .borrow()
            .clone()
            .ok_or(SystemdError::NotConnected)
    }
}
