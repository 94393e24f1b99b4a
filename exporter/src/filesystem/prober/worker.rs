//! What the thread does, and the marks on places where threads hang.

use std::sync::mpsc;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::attempt::{Answer, Attempt, Place, Round};
use super::{FileSystem, Statvfs};
use crate::filesystem::table::{Table, Watched};
use crate::options::FilesystemOptions;
use crate::roots::{ReadError, Roots};

/// What the thread says when it is through with an attempt.
pub(super) type Listed = Result<(), ReadError>;

/// One attempt, and whom to tell.
pub(super) struct Job {
    pub(super) attempt: Arc<Attempt>,
    pub(super) options: Arc<FilesystemOptions>,
    pub(super) tell: mpsc::Sender<Listed>,
}

/// Known to the prober and to all its threads.
pub(super) struct Shared {
    roots: Roots,
    statvfs: Box<Statvfs>,
    hung: Mutex<Hung>,
}

/// The places where threads hang.
#[derive(Default)]
struct Hung {
    list: bool,
    mounts: Vec<MountId>,
}

/// A mount, whatever becomes of its options: the kernel uses a number again only when the mount is gone.
struct MountId {
    id: u64,
    mountpoint: String,
}

impl MountId {
    fn of(file_system: &FileSystem) -> Self {
        Self {
            id: file_system.id,
            mountpoint: file_system.mountpoint.clone(),
        }
    }

    fn is(&self, file_system: &FileSystem) -> bool {
        self.id == file_system.id && self.mountpoint == file_system.mountpoint
    }
}

impl Shared {
    pub(super) fn new(roots: Roots, statvfs: Box<Statvfs>) -> Self {
        Self {
            roots,
            statvfs,
            hung: Mutex::default(),
        }
    }

    /// The thread: goes through attempts, until nobody can send one or it was left behind.
    pub(super) fn work(&self, jobs: &mpsc::Receiver<Job>) {
        let mut table = Table::new(&self.roots);
        while let Ok(job) = jobs.recv() {
            let Some(listed) = self.go_through(&job, &mut table) else {
                return;
            };
            // The scrape may have given up in this very moment.
            let _ = job.tell.send(listed);
        }
    }

    /// None when it was left behind: nobody waits for it any more.
    fn go_through(&self, job: &Job, table: &mut Table) -> Option<Listed> {
        let attempt = &*job.attempt;
        let mut place = Place::QUEUED;
        if !attempt.is_listed() {
            if !attempt.step(Place::QUEUED, Place::LIST) {
                return None;
            }
            place = Place::LIST;
            match table.read(&job.options) {
                Ok(Some(watched)) => attempt.list(self.round(watched)),
                absent_or_failed => {
                    self.step(attempt, place, Place::DONE)?;
                    return Some(absent_or_failed.map(|_| ()));
                }
            }
        }
        let round = attempt.round()?;
        while place != Place::DONE {
            let next = match place.mount() {
                Some(index) => {
                    self.ask(round, index);
                    round.place_from(index + 1)
                }
                None => round.place_from(attempt.first),
            };
            self.step(attempt, place, next)?;
            place = next;
        }
        Some(Ok(()))
    }

    fn round(&self, watched: Watched) -> Round {
        let hung = self.hung();
        Round::new(watched, |file_system| {
            hung.mounts.iter().any(|mount| mount.is(file_system))
        })
    }

    fn ask(&self, round: &Round, index: usize) {
        let Some((file_system, answer)) = round.at(index) else {
            return;
        };
        let asked = match (self.statvfs)(file_system) {
            Ok(space) => Answer::Space(space),
            Err(refusal) => {
                let (mountpoint, reason) = (&file_system.mountpoint, refusal.text());
                tracing::debug!(mountpoint, reason, "a file system refuses to tell its size");
                Answer::Refused(refusal)
            }
        };
        // Who left this thread behind may have answered in its place.
        let _ = answer.set(asked);
    }

    /// None when the thread was left behind: it is back now, and takes its mark away.
    fn step(&self, attempt: &Attempt, from: Place, to: Place) -> Option<()> {
        if attempt.step(from, to) {
            return Some(());
        }
        let mut hung = self.hung();
        if from == Place::LIST {
            hung.list = false;
            tracing::info!("the list of mounts answers again");
        }
        if let Some((file_system, _)) = from.mount().and_then(|index| attempt.round()?.at(index)) {
            hung.mounts.retain(|mount| !mount.is(file_system));
            let mountpoint = &file_system.mountpoint;
            tracing::info!(mountpoint, "answers again");
        }
        None
    }

    /// Leaves the thread behind at `place`, with a mark on it if the thread can ever come back to take it away.
    /// False when it is not there any more.
    pub(super) fn leave(&self, attempt: &Attempt, place: Place, comes_back: bool) -> bool {
        // Held until the mark is made: the thread must not come back in between.
        let mut hung = self.hung();
        if !attempt.leave(place) {
            return false;
        }
        if place == Place::LIST {
            tracing::warn!("the list of mounts does not answer, left alone until it does");
            hung.list = comes_back;
        }
        if let Some((file_system, answer)) =
            place.mount().and_then(|index| attempt.round()?.at(index))
        {
            let mountpoint = &file_system.mountpoint;
            tracing::warn!(mountpoint, "does not answer, left alone until it does");
            let _ = answer.set(Answer::Hangs);
            if comes_back {
                hung.mounts.push(MountId::of(file_system));
            }
        }
        true
    }

    /// Whether the list of mounts itself hangs.
    pub(super) fn list_hangs(&self) -> bool {
        self.hung().list
    }

    fn hung(&self) -> MutexGuard<'_, Hung> {
        self.hung.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
