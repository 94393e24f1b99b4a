//! What the thread does, and what it and the scrape that waits for it both know.

use std::collections::HashSet;
use std::fmt;
use std::sync::mpsc;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::{Answer, Answers, ProbeError, Statvfs};
use crate::filesystem::{FileSystem, list};
use crate::roots::{ReadError, Reading, Roots};

/// Told when the thread is through with all mounts.
pub(super) type Job = mpsc::Sender<()>;

/// Known to the prober and to all its threads.
pub(super) struct Shared {
    roots: Roots,
    statvfs: Box<Statvfs>,
    state: Mutex<State>,
}

/// How far the thread is.
#[derive(Default)]
pub(super) struct State {
    /// Counts threads: one of an earlier generation was left behind where it hung.
    generation: u64,
    /// How many places were entered: when it does not grow, the thread hangs.
    pub(super) entered: u64,
    /// Where the thread is.
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

impl Shared {
    pub(super) fn new(roots: Roots, statvfs: Box<Statvfs>) -> Self {
        Self {
            roots,
            statvfs,
            state: Mutex::default(),
        }
    }

    pub(super) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The thread: asks everything for each job, until nobody can send one or it was left behind.
    pub(super) fn work(&self, generation: u64, jobs: &mpsc::Receiver<Job>) {
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
            let mut state = self.state();
            if state.generation != generation {
                return None;
            }
            state.answers.push((file_system, answer));
        }
        Some(())
    }

    /// Does what may hang. None when the thread was left behind meanwhile: nobody waits for it any more.
    fn at<T>(&self, generation: u64, place: &Place, work: impl FnOnce() -> T) -> Option<T> {
        {
            let mut state = self.state();
            if state.generation != generation {
                return None;
            }
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
    pub(super) fn begin(&mut self) -> u64 {
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

    /// Leaves the thread behind where it is.
    pub(super) fn abandon(&mut self) {
        self.generation += 1;
        if let Some(place) = self.at.take() {
            tracing::warn!(%place, "does not answer, left alone until it does");
            if let Place::Mount(file_system) = &place {
                self.answers.push((file_system.clone(), Answer::Failed));
            }
            self.hung.insert(place);
        }
    }

    /// Whether the list of mounts itself hangs.
    pub(super) fn list_hangs(&self) -> bool {
        self.hung.contains(&Place::List)
    }

    /// What was answered.
    pub(super) fn take(&mut self) -> Result<Option<Answers>, ProbeError> {
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
