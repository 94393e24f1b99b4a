//! The thread that asks file systems how full they are, with a deadline.
//!
//! statvfs on a mount whose server is gone hangs for as long as the kernel likes, and no signal ends it. So it
//! runs in a thread of its own. A mount that does not answer in time is marked as hung and left to the thread
//! that hangs on it; a new thread goes on with the others. While the mark stands the mount is not asked again,
//! and the thread takes the mark away when it comes back: a hung mount costs one thread, once.

use std::fmt;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prunelle_foundation::lifecycle::Tasks;

use super::{FileSystem, Space};
use crate::deadline::Deadline;
use crate::roots::{ReadError, Roots};
use worker::{Job, Shared};

mod worker;

/// No mount may take longer, however much time the scrape has.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How a file system is asked: [`super::space::ask`], or in tests one that hangs.
pub type Statvfs = dyn Fn(&Path) -> io::Result<Option<Space>> + Send + Sync;

/// What became of asking one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// How full it is.
    Space(Space),
    /// It has no size to be full of.
    Sizeless,
    /// It refused, or it hangs.
    Failed,
}

/// The file systems that were asked in time.
pub type Answers = Vec<(FileSystem, Answer)>;

/// Why there are no answers at all.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The list of mounts could not be read.
    #[error("cannot list the mounts")]
    List(#[from] ReadError),
    /// The kernel does not answer about its mounts.
    #[error("the kernel does not answer about its mounts")]
    ListHangs,
    /// Another scrape had the thread until the deadline of this one.
    #[error("another scrape was asking the file systems until the deadline")]
    Busy,
    /// There is no thread to ask with.
    #[error("cannot start a thread")]
    Thread(#[source] io::Error),
}

/// Asks file systems on behalf of scrapes, one scrape at a time.
pub struct Prober {
    shared: Arc<Shared>,
    tasks: Tasks,
    lane: Mutex<Lane>,
    lane_is_free: Condvar,
}

/// Whose turn it is, and the thread that waits for the next.
#[derive(Default)]
struct Lane {
    is_taken: bool,
    worker: Option<mpsc::Sender<Job>>,
}

impl Prober {
    /// Starts no thread yet.
    pub fn new(roots: Roots, tasks: Tasks, statvfs: Box<Statvfs>) -> Self {
        Self {
            shared: Arc::new(Shared::new(roots, statvfs)),
            tasks,
            lane: Mutex::default(),
            lane_is_free: Condvar::new(),
        }
    }

    /// Asks all watched file systems afresh; blocks until the deadline at most. None where there is no list of mounts.
    pub fn ask(&self, deadline: &Deadline) -> Result<Option<Answers>, ProbeError> {
        let mut turn = self.take_turn(deadline)?;
        loop {
            if self.shared.state().list_hangs() {
                return Err(ProbeError::ListHangs);
            }
            let done = turn.start()?;
            let is_done = self.wait(&done, deadline);
            if !is_done {
                // Where it hangs is marked now: a new thread asks the others again, without that place.
                turn.forget_worker();
            }
            if is_done || deadline.is_over() {
                return self.shared.state().take();
            }
        }
    }

    /// Whether the thread came through; when not, it is left behind.
    fn wait(&self, done: &mpsc::Receiver<()>, deadline: &Deadline) -> bool {
        let mut seen = None;
        loop {
            // Half of what is left, so that there is time for others after a place that hangs.
            let patience = (deadline.remaining() / 2).min(LONGEST_WAIT);
            let answer = done.recv_timeout(patience);
            if answer.is_ok() {
                return true;
            }
            let mut state = self.shared.state();
            let is_stuck = seen == Some(state.entered);
            // A thread that panicked is as bad as one that hangs.
            if is_stuck || deadline.is_over() || answer == Err(RecvTimeoutError::Disconnected) {
                state.abandon();
                return false;
            }
            seen = Some(state.entered);
        }
    }

    fn take_turn(&self, deadline: &Deadline) -> Result<Turn<'_>, ProbeError> {
        let lane = self.lane();
        let (mut lane, _) = self
            .lane_is_free
            .wait_timeout_while(lane, deadline.remaining(), |lane| lane.is_taken)
            .unwrap_or_else(PoisonError::into_inner);
        if lane.is_taken {
            return Err(ProbeError::Busy);
        }
        lane.is_taken = true;
        Ok(Turn(self))
    }

    fn lane(&self) -> MutexGuard<'_, Lane> {
        self.lane.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Prober {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prober").finish_non_exhaustive()
    }
}

/// The right to use the thread; given back on drop.
struct Turn<'a>(&'a Prober);

impl Turn<'_> {
    /// Has the thread ask everything, a new one when there is none.
    fn start(&mut self) -> Result<mpsc::Receiver<()>, ProbeError> {
        let generation = self.0.shared.state().begin();
        let (job, done) = mpsc::channel();
        let mut lane = self.0.lane();
        let job = match &lane.worker {
            Some(worker) => match worker.send(job) {
                Ok(()) => return Ok(done),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (worker, jobs) = mpsc::channel();
        let shared = Arc::clone(&self.0.shared);
        self.0
            .tasks
            .thread("statvfs", move || shared.work(generation, &jobs))
            .map_err(ProbeError::Thread)?;
        // The thread holds the other end until it ends, and then this scrape hears it from `done`.
        let _ = worker.send(job);
        lane.worker = Some(worker);
        Ok(done)
    }

    fn forget_worker(&mut self) {
        self.0.lane().worker = None;
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        let mut lane = self.0.lane();
        lane.is_taken = false;
        self.0.lane_is_free.notify_one();
    }
}

#[cfg(test)]
mod tests;
