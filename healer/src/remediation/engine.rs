//! The engine: one actor that owns the active alerts and their remediations, and drives each through the state
//! machine. Everything slow (journal, systemd, remedies, checks) runs in futures that it waits for together, so that
//! no alert waits for another's fsync.
//!
//! What must hold: nothing is done that the journal has not announced; a delivery is acknowledged after its commit;
//! every alert that is still active is guarded again when a pause, cooldown, budget window or quarantine ends, so
//! that nothing is stranded. Dropping the engine at any moment is a crash: [`Engine::recover`] goes on from the disk.

mod approving;
mod commands;
mod drive;
mod ending;
mod evidence;
mod intake;
mod noticing;
mod publish;
mod records;
mod recovery;
mod reminding;
mod undoing;
mod waking;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, FuturesUnordered, StreamExt as _};
use prunelle_foundation::lifecycle::Stop;
use prunelle_systemd::{Sync, UnitTable};
use tokio::sync::{Semaphore, mpsc, watch};
use tracing::debug;

use super::book::Book;
use super::case::CaseId;
use super::handle::Command;
use super::silences::Silences;
use super::state::StepId;
use super::steps::{Output, Ports};
use super::timers::Timers;
use crate::policy::Policy;
use crate::target::Target;
use crate::view::ViewSender;
use crate::work::{ActiveSet, Work};

use commands::Carrying;
use evidence::Evidence;
use intake::Committing;
use publish::Publisher;
use records::Records;
use reminding::Reminders;
use undoing::Undoing;

/// How many deliveries are being committed at once; more wait at their source.
const MAX_COMMITS: usize = 1024;
/// How many cases gather facts at once: in a storm of alerts, what one of them has found out is still fresh when its
/// intent is to be written.
const MAX_ASKING: usize = 16;
/// How long a stop waits for what is being committed.
const DRAIN_LIMIT: Duration = Duration::from_secs(3);

/// What the engine is fed with.
pub struct Inputs {
    /// Notifications.
    pub work: Box<dyn Work>,
    /// What Alertmanager says is active.
    pub active_sets: mpsc::Receiver<ActiveSet>,
    /// What people ask for.
    pub commands: mpsc::Receiver<Command>,
}

impl std::fmt::Debug for Inputs {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Inputs").finish_non_exhaustive()
    }
}

type Step = BoxFuture<'static, Option<(CaseId, StepId, Output)>>;

/// The engine.
pub struct Engine {
    ports: Ports,
    policy: Arc<Policy>,
    policies: watch::Receiver<Arc<Policy>>,
    book: Book,
    timers: Timers,
    /// Steps under way; one that is no longer wanted yields none.
    steps: FuturesUnordered<Step>,
    /// Notifications being committed, in their order.
    commits: FuturesOrdered<BoxFuture<'static, Committing>>,
    /// Commands being carried out; each answers by itself. What they switch, all alerts are guarded again under.
    commands: FuturesUnordered<Carrying>,
    records: Records,
    evidence: Evidence,
    reminders: Reminders,
    undoing: Undoing,
    silences: Silences,
    /// Places for those that gather facts.
    asking: Arc<Semaphore>,
    table: watch::Receiver<Arc<UnitTable>>,
    /// The table as it was looked at last.
    seen: Arc<UnitTable>,
    publisher: Publisher,
    /// The wait under way, and until when.
    alarm: Option<(Duration, BoxFuture<'static, ()>)>,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Engine")
            .field("alerts", &self.book.alerts.len())
            .field("cases", &self.book.cases.len())
            .finish_non_exhaustive()
    }
}

impl Engine {
    /// An engine that knows nothing yet, and publishes its view at `view`.
    pub fn new(ports: Ports, policies: watch::Receiver<Arc<Policy>>, view: ViewSender) -> Self {
        let table = ports.manager.table();
        let seen = Arc::clone(&table.borrow());
        let policy = Arc::clone(&policies.borrow());
        Self {
            policy,
            policies,
            book: Book::default(),
            timers: Timers::default(),
            steps: FuturesUnordered::new(),
            commits: FuturesOrdered::new(),
            commands: FuturesUnordered::new(),
            records: Records::new(ports.journal.clone()),
            evidence: Evidence::new(),
            reminders: Reminders::default(),
            undoing: Undoing::new(),
            silences: Silences::default(),
            asking: Arc::new(Semaphore::new(MAX_ASKING)),
            table,
            seen,
            publisher: Publisher::new(view),
            alarm: None,
            ports,
        }
    }

    /// Runs until `stop`, or until the source of work has ended. What is being committed is acknowledged first; a
    /// remediation under way goes on after the next start, from the disk.
    pub async fn run(mut self, mut inputs: Inputs, stop: Stop) {
        self.publisher.set_ready();
        let mut is_commands_open = true;
        let mut is_sets_open = true;
        let mut is_policy_open = true;
        let mut is_table_open = true;
        loop {
            self.wake_due();
            self.remind();
            self.undo_due();
            self.publish_if_due();
            self.set_alarm();
            tokio::select! {
                () = stop.stopped() => break,
                Some(done) = self.steps.next(), if !self.steps.is_empty() => {
                    if let Some((case, id, output)) = done {
                        self.stepped(case, id, output);
                    }
                }
                Some(done) = self.commits.next(), if !self.commits.is_empty() => {
                    self.committed(done);
                }
                delivery = inputs.work.next(), if self.commits.len() < MAX_COMMITS => {
                    match delivery {
                        Some(delivery) => self.deliver(delivery),
                        None => break,
                    }
                }
                changed = self.table.changed(), if is_table_open => {
                    is_table_open = changed.is_ok();
                    self.table_changed();
                }
                set = inputs.active_sets.recv(), if is_sets_open => {
                    is_sets_open = set.is_some();
                    if let Some(set) = set {
                        self.reconcile(set);
                    }
                }
                command = inputs.commands.recv(), if is_commands_open => {
                    is_commands_open = command.is_some();
                    if let Some(command) = command {
                        self.command(command);
                    }
                }
                Some(carried) = self.commands.next(), if !self.commands.is_empty() => {
                    self.commanded(carried);
                }
                changed = self.policies.changed(), if is_policy_open => {
                    is_policy_open = changed.is_ok();
                    self.policy_changed();
                }
                () = self.records.finished() => {}
                tried = self.undoing.tried() => self.undo_tried(tried),
                () = rung(&mut self.alarm) => self.alarm = None,
            }
        }
        self.drain().await;
    }

    async fn drain(&mut self) {
        let limit = self.ports.alarm.after(DRAIN_LIMIT);
        let drained = async {
            while let Some(done) = self.commits.next().await {
                done.acknowledge_only();
            }
            self.records.drain().await;
        };
        tokio::select! {
            () = drained => {}
            () = limit => debug!("stopped with unfinished writes"),
        }
    }

    /// Tells the cases whose time has come.
    fn wake_due(&mut self) {
        let now = self.ports.clock.now();
        while let Some(case) = self.timers.pop_due(now.boot) {
            self.dispatch(case, super::machine::Event::Due);
        }
    }

    fn set_alarm(&mut self) {
        let reminder = self.reminders.next(&self.ports.clock.now());
        let undo = self.undoing.next(&self.ports.clock.now());
        let next = [self.timers.next(), self.publisher.due(), reminder, undo]
            .into_iter()
            .flatten()
            .min();
        if self.alarm.as_ref().map(|(until, _)| *until) == next {
            return;
        }
        let now = self.ports.clock.now().boot;
        self.alarm = next.map(|until| {
            let wait = until.saturating_sub(now);
            (until, self.ports.alarm.after(wait))
        });
    }

    /// Looks for units whose state changed: an alert about one of them is guarded again.
    fn table_changed(&mut self) {
        let table = Arc::clone(&self.table.borrow_and_update());
        let before = std::mem::replace(&mut self.seen, Arc::clone(&table));
        self.publisher.touch();
        let is_back = table.sync == Sync::Synchronised && before.sync != Sync::Synchronised;
        if is_back {
            self.undoing.hurry();
            self.look_who_is_up();
            self.guard_all();
            return;
        }
        let changed: Vec<Target> = self
            .book
            .targets()
            .filter(|target| match target {
                Target::Unit(unit) => before.units.get(unit) != table.units.get(unit),
                _ => false,
            })
            .cloned()
            .collect();
        for target in changed {
            self.target_changed(&target);
        }
    }
}

/// Resolves when the alarm rings; never when none is set.
async fn rung(alarm: &mut Option<(Duration, BoxFuture<'static, ()>)>) {
    match alarm {
        Some((_, ringing)) => ringing.await,
        None => std::future::pending().await,
    }
}
