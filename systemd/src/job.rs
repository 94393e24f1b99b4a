//! Jobs: what is asked for, how it ended, and the board on which ends are posted.
//!
//! The board is written by the task that drains signals, whether anybody waits or not: a job can end before its number
//! has come back to whoever asked for it. It keeps the last [`KEPT`] ends, far more than can happen in between; a
//! waiter that misses one even so finds the job gone by its slow poll.

use std::collections::{HashMap, VecDeque};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// What to ask systemd to do with a unit. In mode `replace`, where nothing else is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `StartUnit`.
    Start,
    /// `RestartUnit`.
    Restart,
    /// `StopUnit`.
    Stop,
    /// `ReloadUnit`: the unit reads its configuration again; refused with `JobTypeNotApplicable` when it cannot.
    Reload,
    /// `StartUnit` in mode `replace-irreversibly`, as `systemctl reboot` asks for `reboot.target`: no later job takes its
    /// place.
    StartIrreversibly,
}

impl Verb {
    pub(crate) fn method(self) -> &'static str {
        match self {
            Self::Start | Self::StartIrreversibly => "StartUnit",
            Self::Restart => "RestartUnit",
            Self::Stop => "StopUnit",
            Self::Reload => "ReloadUnit",
        }
    }

    pub(crate) fn mode(self) -> &'static str {
        match self {
            Self::StartIrreversibly => "replace-irreversibly",
            Self::Start | Self::Restart | Self::Stop | Self::Reload => "replace",
        }
    }
}

impl fmt::Display for Verb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Start | Self::StartIrreversibly => "start",
            Self::Restart => "restart",
            Self::Stop => "stop",
            Self::Reload => "reload",
        })
    }
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

impl JobResult {
    /// Parses systemd's spelling.
    pub fn parse(text: &str) -> Self {
        match text {
            "done" => Self::Done,
            "canceled" => Self::Canceled,
            "timeout" => Self::Timeout,
            "failed" => Self::Failed,
            "dependency" => Self::Dependency,
            "skipped" => Self::Skipped,
            "assert" => Self::Assert,
            _ => Self::Other,
        }
    }
}

/// A job that was queued.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// Its number, unique within one run of systemd.
    pub id: u32,
    /// Its object path.
    pub path: String,
}

impl Job {
    /// The job of an object path, `/org/freedesktop/systemd1/job/4711`.
    pub(crate) fn from_path(path: &str) -> Option<Self> {
        let (_, id) = path.rsplit_once('/')?;
        Some(Self {
            id: id.parse().ok()?,
            path: path.to_owned(),
        })
    }
}

/// How many ends the board keeps.
const KEPT: usize = 1024;

/// Where the ends of jobs are posted, by path.
#[derive(Debug, Default)]
pub(crate) struct Board {
    ended: Mutex<Ended>,
    posted: Notify,
}

#[derive(Debug, Default)]
struct Ended {
    results: HashMap<String, JobResult>,
    oldest_first: VecDeque<Posted>,
}

/// A job on the board, and the unit that it was about.
#[derive(Debug)]
struct Posted {
    path: String,
    unit: String,
}

impl Board {
    /// Posts the end of a job on a unit.
    pub(crate) fn post(&self, path: &str, unit: &str, result: JobResult) {
        {
            let mut ended = self.lock();
            if ended.results.insert(path.to_owned(), result).is_none() {
                ended.oldest_first.push_back(Posted {
                    path: path.to_owned(),
                    unit: unit.to_owned(),
                });
            }
            while ended.oldest_first.len() > KEPT {
                if let Some(oldest) = ended.oldest_first.pop_front() {
                    ended.results.remove(&oldest.path);
                }
            }
        }
        self.posted.notify_waiters();
    }

    /// The end of a job, if it was posted.
    pub(crate) fn result(&self, path: &str) -> Option<JobResult> {
        self.lock().results.get(path).copied()
    }

    /// The job on a unit that ended last, of those that are still on the board.
    pub(crate) fn last_of(&self, unit: &str) -> Option<Job> {
        let ended = self.lock();
        let posted = ended.oldest_first.iter().rev();
        let last = posted.into_iter().find(|posted| posted.unit == unit)?;
        Job::from_path(&last.path)
    }

    /// Waits until the end is posted.
    pub(crate) async fn wait(&self, path: &str) -> JobResult {
        loop {
            let posted = self.posted.notified();
            tokio::pin!(posted);
            // Registered before looking, so that nothing is missed in between.
            posted.as_mut().enable();
            if let Some(result) = self.result(path) {
                return result;
            }
            posted.await;
        }
    }

    /// Forgets all: another systemd counts its jobs anew.
    pub(crate) fn clear(&self) {
        *self.lock() = Ended::default();
    }

    fn lock(&self) -> MutexGuard<'_, Ended> {
        self.ended.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
