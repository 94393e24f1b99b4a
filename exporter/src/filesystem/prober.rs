//! The thread that asks file systems how full they are, with a deadline.
//!
//! statvfs on a mount whose server is gone hangs for as long as the kernel likes, and no signal ends it. So it
//! runs in a thread of its own. A mount that does not answer in time is marked as hung and left to the thread
//! that hangs on it; a new thread goes on with the others. While the mark stands the mount is not asked again,
//! and the thread takes the mark away when it comes back: a hung mount costs one thread, once.

use std::collections::HashSet;
use std::fmt;
use std::io;
use std::path::Path;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prunelle_foundation::lifecycle::Tasks;

use super::{FileSystem, Space, list};
use crate::deadline::Deadline;
use crate::roots::{ReadError, Reading, Roots};

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

/// Told when the thread is through with all mounts.
type Job = mpsc::Sender<()>;

struct Shared {
    roots: Roots,
    statvfs: Box<Statvfs>,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    /// Counts threads: one of an earlier generation was left behind where it hung.
    generation: u64,
    /// How many places were entered, and the one that the thread is at.
    entered: u64,
    at: Option<Place>,
    listed: Option<Result<bool, ReadError>>,
    answers: Answers,
    hung: HashSet<Place>,
}

/// Where a thread can hang.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Place {
    List,
    Mount(FileSystem),
}

impl Prober {
    /// Starts no thread yet.
    pub fn new(roots: Roots, tasks: Tasks, statvfs: Box<Statvfs>) -> Self {
        Self {
            shared: Arc::new(Shared {
                roots,
                statvfs,
                state: Mutex::default(),
            }),
            tasks,
            lane: Mutex::default(),
            lane_is_free: Condvar::new(),
        }
    }

    /// Asks all watched file systems afresh; blocks until the deadline at most. None where there is no list of mounts.
    pub fn ask(&self, deadline: &Deadline) -> Result<Option<Answers>, ProbeError> {
        let mut turn = self.take_turn(deadline)?;
        loop {
            if self.shared.state().hung.contains(&Place::List) {
                return Err(ProbeError::ListHangs);
            }
            let done = turn.start()?;
            if self.wait(&done, deadline) || deadline.is_over() {
                return self.shared.state().take();
            }
            // A thread was left behind where it hangs: the others are asked again, without that place.
            turn.forget_worker();
        }
    }

    /// Whether the thread came through; when not, it is left behind.
    fn wait(&self, done: &mpsc::Receiver<()>, deadline: &Deadline) -> bool {
        let mut seen = None;
        loop {
            // Half of what is left, so that there is time for others after a place that hangs.
            let patience = (deadline.remaining() / 2).min(LONGEST_WAIT);
            match done.recv_timeout(patience) {
                Ok(()) => return true,
                // It panicked, which is as bad as hanging.
                Err(RecvTimeoutError::Disconnected) => return self.shared.state().abandon(),
                Err(RecvTimeoutError::Timeout) => {}
            }
            let mut state = self.shared.state();
            if seen == Some(state.entered) || deadline.is_over() {
                return state.abandon();
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

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: asks everything for each job, until nobody can send one or it was left behind.
    fn work(&self, generation: u64, jobs: &mpsc::Receiver<Job>) {
        while let Ok(done) = jobs.recv() {
            if self.ask_all(generation).is_none() {
                return;
            }
            // The scrape may have given up in this very moment.
            let _ = done.send(());
        }
    }

    /// None when it was left behind.
    fn ask_all(&self, generation: u64) -> Option<()> {
        let listed = self.at(generation, &Place::List, || list(&self.roots))?;
        // Not in the `for`: the lock would be held as long as it runs.
        let to_ask = self.state().listed(listed);
        for file_system in to_ask {
            let place = Place::Mount(file_system.clone());
            let answer = self.at(generation, &place, || (self.statvfs)(&file_system.path))?;
            let answer = match answer {
                Ok(Some(space)) => Answer::Space(space),
                Ok(None) => Answer::Sizeless,
                Err(error) => {
                    let mountpoint = &file_system.mountpoint;
                    tracing::debug!(mountpoint, %error, "a file system refuses to tell its size");
                    Answer::Failed
                }
            };
            self.state().answers.push((file_system, answer));
        }
        Some(())
    }

    /// Does what may hang. None when the thread was left behind meanwhile: nobody waits for it any more.
    fn at<T>(&self, generation: u64, place: &Place, work: impl FnOnce() -> T) -> Option<T> {
        {
            let mut state = self.state();
            state.entered += 1;
            state.at = Some(place.clone());
        }
        let result = work();
        let mut state = self.state();
        if state.generation == generation {
            state.at = None;
            return Some(result);
        }
        state.hung.remove(place);
        tracing::info!(%place, "answers again");
        None
    }
}

impl State {
    /// Forgets the answers of the scrape before; returns the generation of the thread.
    fn begin(&mut self) -> u64 {
        self.listed = None;
        self.answers.clear();
        self.generation
    }

    /// Notes the list; returns what to ask of it. What hangs has its answer already.
    fn listed(&mut self, listed: Reading<Vec<FileSystem>>) -> Vec<FileSystem> {
        let listed = match listed {
            Ok(listed) => {
                self.listed = Some(Ok(listed.is_some()));
                listed.unwrap_or_default()
            }
            Err(error) => {
                self.listed = Some(Err(error));
                return Vec::new();
            }
        };
        let (hung, to_ask): (Vec<_>, Vec<_>) = listed
            .into_iter()
            .partition(|it| self.hung.contains(&Place::Mount(it.clone())));
        let hung = hung.into_iter().map(|it| (it, Answer::Failed));
        self.answers.extend(hung);
        to_ask
    }

    /// Leaves the thread behind where it is; false, for the caller to return.
    fn abandon(&mut self) -> bool {
        self.generation += 1;
        if let Some(place) = self.at.take() {
            tracing::warn!(%place, "does not answer, left alone until it does");
            if let Place::Mount(file_system) = &place {
                self.answers.push((file_system.clone(), Answer::Failed));
            }
            self.hung.insert(place);
        }
        false
    }

    fn take(&mut self) -> Result<Option<Answers>, ProbeError> {
        match self.listed.take() {
            Some(Ok(true)) => Ok(Some(std::mem::take(&mut self.answers))),
            Some(Ok(false)) => Ok(None),
            Some(Err(error)) => Err(ProbeError::List(error)),
            None => Err(ProbeError::ListHangs),
        }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::List => f.write_str("the list of mounts"),
            Self::Mount(file_system) => f.write_str(&file_system.mountpoint),
        }
    }
}

#[cfg(test)]
mod tests;
