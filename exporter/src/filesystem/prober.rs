//! The thread that asks file systems how full they are, while the scrape does something else.
//!
//! statvfs on a mount whose server is gone hangs for as long as the kernel likes, and no signal ends it. So it
//! runs in a thread of its own. A mount that does not answer in time is marked as hung and left to the thread
//! that hangs on it; a new thread goes on with the next. While the mark stands the mount is not asked again,
//! and the thread takes the mark away when it comes back: a hung mount costs one thread, once.
//!
//! A scrape calls [`Prober::begin`] first and [`Probe::finish`] last.

use std::fmt;
use std::io;
use std::sync::mpsc::{self, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prunelle_foundation::lifecycle::Tasks;

use super::{FileSystem, Refusal, Space};
use crate::deadline::Deadline;
use crate::options::FilesystemOptions;
use crate::roots::{ReadError, Roots};
use attempt::{Attempt, Place};
use worker::{Job, Listed, Shared};

pub use attempt::{Answer, Answers};

mod attempt;
mod worker;

/// No mount may take longer, however much time the scrape has.
const LONGEST_WAIT: Duration = Duration::from_secs(1);

/// How a file system is asked: [`super::space::ask`], or in tests one that hangs.
pub type Statvfs = dyn Fn(&FileSystem) -> Result<Space, Refusal> + Send + Sync;

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

    /// Has the thread begin to ask, if it is free; never blocks. While another scrape has it, this one's turn
    /// begins in [`Probe::finish`].
    pub fn begin(&self, options: &Arc<FilesystemOptions>) -> Probe<'_> {
        Probe {
            prober: self,
            options: Arc::clone(options),
            turn: self
                .take_turn(Duration::ZERO)
                .map(|turn| turn.start(options)),
        }
    }

    fn take_turn(&self, patience: Duration) -> Option<Turn<'_>> {
        let (mut lane, _) = self
            .lane_is_free
            .wait_timeout_while(self.lane(), patience, |lane| lane.is_taken)
            .unwrap_or_else(PoisonError::into_inner);
        if lane.is_taken {
            return None;
        }
        lane.is_taken = true;
        Some(Turn {
            prober: self,
            asking: None,
        })
    }

    /// Gives the thread its next job; a new thread when there is none.
    fn hand_over(&self, job: Job) -> io::Result<()> {
        let mut lane = self.lane();
        let job = match &lane.worker {
            Some(worker) => match worker.send(job) {
                Ok(()) => return Ok(()),
                Err(mpsc::SendError(job)) => job,
            },
            None => job,
        };
        let (worker, jobs) = mpsc::channel();
        let shared = Arc::clone(&self.shared);
        self.tasks.thread("statvfs", move || shared.work(&jobs))?;
        // The thread holds the other end until it ends, and then this scrape hears it.
        let _ = worker.send(job);
        lane.worker = Some(worker);
        Ok(())
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

/// What one scrape asks.
#[must_use = "the thread asks for nobody"]
#[derive(Debug)]
pub struct Probe<'a> {
    prober: &'a Prober,
    options: Arc<FilesystemOptions>,
    turn: Option<Result<Turn<'a>, ProbeError>>,
}

impl Probe<'_> {
    /// Answers of all watched file systems; blocks until the deadline at most. None where there is no list of mounts.
    pub fn finish(self, deadline: &Deadline) -> Result<Option<Answers>, ProbeError> {
        let mut turn = match self.turn {
            Some(turn) => turn?,
            None => self
                .prober
                .take_turn(deadline.remaining())
                .ok_or(ProbeError::Busy)?
                .start(&self.options)?,
        };
        while let Some(asking) = turn.asking.take() {
            match turn.wait(&asking, deadline) {
                Some(listed) => return Ok(listed.map(|()| asking.attempt.answers())?),
                // It hangs somewhere, which is marked by now: a new thread goes on after that place.
                None => match asking.attempt.rest() {
                    Some(rest) if !deadline.is_over() => turn.ask(rest, &self.options)?,
                    _ if asking.attempt.is_listed() => return Ok(asking.attempt.answers()),
                    _ => break,
                },
            }
        }
        Err(ProbeError::ListHangs)
    }
}

/// The right to use the thread; given back on drop.
#[derive(Debug)]
struct Turn<'a> {
    prober: &'a Prober,
    /// What the thread is at for it.
    asking: Option<Asking>,
}

/// What the thread is at, and where it says that it is through.
#[derive(Debug)]
struct Asking {
    attempt: Arc<Attempt>,
    done: mpsc::Receiver<Listed>,
}

impl Turn<'_> {
    fn start(mut self, options: &Arc<FilesystemOptions>) -> Result<Self, ProbeError> {
        if self.prober.shared.list_hangs() {
            return Err(ProbeError::ListHangs);
        }
        self.ask(Attempt::default(), options)?;
        Ok(self)
    }

    fn ask(
        &mut self,
        attempt: Attempt,
        options: &Arc<FilesystemOptions>,
    ) -> Result<(), ProbeError> {
        let attempt = Arc::new(attempt);
        let (tell, done) = mpsc::channel();
        let job = Job {
            attempt: Arc::clone(&attempt),
            options: Arc::clone(options),
            tell,
        };
        self.prober.hand_over(job).map_err(ProbeError::Thread)?;
        self.asking = Some(Asking { attempt, done });
        Ok(())
    }

    /// Waits until the thread is through; none when it hangs and was left behind.
    fn wait(&self, asking: &Asking, deadline: &Deadline) -> Option<Listed> {
        let mut seen = asking.attempt.place();
        loop {
            // Half of what is left, so that there is time for others after a place that hangs.
            let patience = (deadline.remaining() / 2).min(LONGEST_WAIT);
            let has_ended = match asking.done.recv_timeout(patience) {
                Ok(listed) => return Some(listed),
                Err(RecvTimeoutError::Timeout) => false,
                // It panicked, which is as bad as hanging; but it never comes back.
                Err(RecvTimeoutError::Disconnected) => true,
            };
            let place = asking.attempt.place();
            let is_at_work = !has_ended && place != seen && !deadline.is_over();
            if !is_at_work && self.leave(asking, place, !has_ended) {
                return None;
            }
            if has_ended {
                // Nobody is anywhere any more: it was through.
                return Some(Ok(()));
            }
            seen = place;
        }
    }

    /// Leaves the thread behind where it is; false when it is there no more.
    fn leave(&self, asking: &Asking, place: Place, comes_back: bool) -> bool {
        let is_left = self.prober.shared.leave(&asking.attempt, place, comes_back);
        if is_left {
            self.prober.lane().worker = None;
        }
        is_left
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        // A scrape that does not wait for the end must not keep the next one from finding where the thread hangs.
        if let Some(asking) = self.asking.take() {
            while matches!(asking.done.try_recv(), Err(TryRecvError::Empty))
                && !self.leave(&asking, asking.attempt.place(), true)
            {}
        }
        self.prober.lane().is_taken = false;
        self.prober.lane_is_free.notify_one();
    }
}

#[cfg(test)]
mod tests;
