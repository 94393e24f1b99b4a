//! The client: one connection to the system bus for the life of the process, rebuilt when it ends.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;

use crate::table::UnitTable;
use crate::unit::{UnitName, UnitState};

/// What to ask systemd to do with a unit. Always mode `replace`, never `--no-block` semantics of our own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `StartUnit`.
    Start,
    /// `RestartUnit`.
    Restart,
    /// `StopUnit`.
    Stop,
}

/// The `result` of `JobRemoved`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobResult {
    /// `done`: the job ended, which does not mean that the unit runs.
    Done,
    /// `canceled`.
    Canceled,
    /// `timeout`: `JobTimeoutSec`.
    Timeout,
    /// `failed`.
    Failed,
    /// `dependency`.
    Dependency,
    /// `skipped`.
    Skipped,
    /// `assert`.
    Assert,
    /// Any other that systemd knows (`invalid`, `unsupported`, `collected`, `once`, `frozen`).
    Other,
    /// The job vanished while the signal was missed (bus restart): judge by the unit.
    Vanished,
}

/// A job that was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number, unique within one run of systemd.
    pub id: u32,
    /// Its object path.
    pub path: String,
}

/// What went wrong in talking to systemd.
#[derive(Debug, thiserror::Error)]
pub enum SystemdError {
    /// No connection at this moment.
    #[error("no connection to systemd on the system bus")]
    NotConnected,
    /// systemd knows no such unit.
    #[error("systemd knows no unit `{0}`")]
    NoSuchUnit(UnitName),
    /// polkit or the bus refused.
    #[error("not permitted to {verb:?} `{unit}`: {message}")]
    NotPermitted {
        /// What was tried.
        verb: Verb,
        /// On which unit.
        unit: UnitName,
        /// systemd's own words.
        message: String,
    },
    /// systemd refused the job otherwise.
    #[error("systemd refused to {verb:?} `{unit}`: {name}: {message}")]
    Refused {
        /// What was tried.
        verb: Verb,
        /// On which unit.
        unit: UnitName,
        /// D-Bus error name.
        name: String,
        /// systemd's own words.
        message: String,
    },
    /// No answer within the time limit.
    #[error("systemd did not answer within {0:?}")]
    TimedOut(Duration),
    /// Anything else on the bus.
    #[error("D-Bus call failed: {0}")]
    Bus(String),
}

/// A handle to the client; clones share one connection.
#[derive(Clone, Debug)]
pub struct Systemd {
    table: watch::Receiver<Arc<UnitTable>>,
}

impl Systemd {
    /// The live table; a receiver that is told of every change.
    pub fn table(&self) -> watch::Receiver<Arc<UnitTable>> {
        self.table.clone()
    }

    /// Reads one unit afresh from systemd (not from the table).
    pub async fn unit(&self, _unit: &UnitName) -> Result<UnitState, SystemdError> {
        todo!()
    }

    /// Queues a job and returns at once; the match for its end is in place before.
    pub async fn enqueue(&self, _verb: Verb, _unit: &UnitName) -> Result<Job, SystemdError> {
        todo!()
    }

    /// Waits for the end of a job, by signal and by a slow poll of the unit's `Job`.
    pub async fn finished(
        &self,
        _job: &Job,
        _unit: &UnitName,
        _limit: Duration,
    ) -> Result<JobResult, SystemdError> {
        todo!()
    }
}
