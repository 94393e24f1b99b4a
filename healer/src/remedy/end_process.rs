//! `end_process`: ends the greediest process of the greediest unit, and no other.
//!
//! The unit is chosen before this (`processes`), and the guards have agreed to it; the plan picks one process inside it
//! and keeps what it was. What must hold: a signal reaches the process that the plan names or nobody. Its number, start
//! time, user, program and cgroup are compared again right before each signal, through descriptors that stay its own.
//! First SIGTERM; SIGKILL only after the grace period, if it is still the same and still holds what it held. One process
//! an attempt; the next attempt chooses anew.

mod choice;
mod command_line;
mod course;
mod held;
mod members;
mod planning;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::processes::identity::Identity;
use crate::processes::{Bytes, Folder, Place, ProcessesError};
use crate::reason::Reason;
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::remediation::steps::Roots;

/// The remedy.
#[derive(Clone, Debug)]
pub struct EndProcess {
    tasks: Tasks,
    clock: SharedClock,
    alarm: Arc<dyn Alarm>,
    roots: Roots,
}

/// What the intent keeps: which process, what it was and held, and how it is to be ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Details {
    /// The process.
    pub process: Identity,
    /// The unit that it is in, with the unit's own cgroup.
    pub unit: Place,
    /// What it used.
    pub used: Used,
    /// Its command line, without secrets.
    pub command_line: String,
    /// From SIGTERM to SIGKILL.
    pub grace_seconds: f64,
}

/// What a process used when it was chosen.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Used {
    /// Bytes of anonymous memory and swap.
    Memory(u64),
    /// Processors that it kept busy.
    Processors(f64),
}

impl std::fmt::Display for Used {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Memory(bytes) => Bytes(*bytes).fmt(f),
            Self::Processors(processors) => write!(f, "{processors:.2} processors"),
        }
    }
}

impl EndProcess {
    /// The remedy; `tasks` spawns what blocks, `roots` says where the kernel tells of processes.
    pub fn new(tasks: Tasks, clock: SharedClock, alarm: Arc<dyn Alarm>, roots: Roots) -> Self {
        Self {
            tasks,
            clock,
            alarm,
            roots,
        }
    }

    /// Runs `work` where it may block.
    async fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Path, &Roots) -> T + Send + 'static,
    ) -> Option<T> {
        let roots = self.roots.clone();
        let work = move || work(&roots.proc, &roots);
        // It is none only when it panicked, which the tracker has told.
        self.tasks.spawn_blocking("end-process", work).await.ok()
    }

    /// Waits by the clock.
    async fn wait(&self, time: Duration) {
        let until = self.clock.now().boot + time;
        loop {
            let left = until.saturating_sub(self.clock.now().boot);
            if left.is_zero() {
                return;
            }
            self.alarm.after(left).await;
        }
    }

    async fn look_after_crash(&self, intent: &Intent) -> (Identified, Value) {
        let Ok(details) = Details::deserialize(&intent.plan) else {
            return (Identified::Unknown, json!({}));
        };
        if self.clock.now().boot_id != intent.at.boot_id {
            return (Identified::Happened, json!({"gone": "another boot"}));
        }
        let process = details.process;
        let seen = self.blocking(move |proc, _| is_there(proc, &process)).await;
        match seen {
            Some(Ok(true)) => (Identified::DidNot, json!({})),
            Some(Ok(false)) => (Identified::Happened, json!({"gone": "it has ended"})),
            Some(Err(_)) | None => (Identified::Unknown, json!({})),
        }
    }
}

/// Whether the process still runs: the same number with the same start.
fn is_there(proc: &Path, process: &Identity) -> Result<bool, ProcessesError> {
    let Some(folder) = Folder::open(proc)?.process(process.pid)? else {
        return Ok(false);
    };
    let now = Identity::read(&folder)?;
    Ok(now.is_some_and(|(now, _)| now.start == process.start))
}

impl Remedy for EndProcess {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.run(&started.get().intent).await })
    }

    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(self.look_after_crash(intent))
    }
}

#[cfg(test)]
mod tests;
