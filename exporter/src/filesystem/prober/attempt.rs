//! What one thread asks for one scrape: how far it is, and what was answered so far.
//!
//! Thread and scrape share this without a lock. The thread goes from place to place, and whoever leaves it behind
//! takes it out of the place where it is: both by a compare-and-exchange, so that only one of the two succeeds.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use super::super::table::Watched;
use super::{FileSystem, Refusal, Space};

/// What became of asking one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// How full it is.
    Space(Space),
    /// It refused.
    Refused(Refusal),
    /// It hangs.
    Hangs,
}

/// The file systems of one scrape with what they answered. Those that were not asked in time are not among them.
#[derive(Debug)]
pub struct Answers(Arc<Round>);

impl Answers {
    /// In the order of their labels; mount points differ from each other.
    pub fn iter(&self) -> impl Iterator<Item = (&FileSystem, &Answer)> {
        let answers = self.0.answers.iter().map(OnceLock::get);
        let pairs = self.0.watched.iter().zip(answers);
        pairs.filter_map(|(file_system, answer)| Some((file_system, answer?)))
    }
}

/// All that is asked for one scrape, by one thread or by several one after another.
#[derive(Debug)]
pub(super) struct Round {
    watched: Watched,
    answers: Box<[OnceLock<Answer>]>,
}

impl Round {
    /// `hangs` says which are not asked, because they hang already.
    pub(super) fn new(watched: Watched, hangs: impl Fn(&FileSystem) -> bool) -> Self {
        let answers = watched.iter().map(|file_system| {
            let hung = hangs(file_system).then_some(Answer::Hangs);
            hung.map_or_else(OnceLock::new, OnceLock::from)
        });
        Self {
            answers: answers.collect(),
            watched,
        }
    }

    /// The mount of this index, and where its answer goes.
    pub(super) fn at(&self, index: usize) -> Option<(&FileSystem, &OnceLock<Answer>)> {
        Some((self.watched.get(index)?, self.answers.get(index)?))
    }

    /// The place of the first mount from `index` on that has no answer yet.
    pub(super) fn place_from(&self, index: usize) -> Place {
        let mut rest = self.answers.iter().enumerate().skip(index);
        rest.find(|(_, answer)| answer.get().is_none())
            .map_or(Place::DONE, |(index, _)| Place(index))
    }
}

/// Where a thread is: at the mount of this index, or at one of the places below, which no index reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place(usize);

impl Place {
    /// It has not begun.
    pub(super) const QUEUED: Self = Self(usize::MAX);
    /// It reads the list of mounts.
    pub(super) const LIST: Self = Self(usize::MAX - 1);
    /// It is through, and about to say so.
    pub(super) const DONE: Self = Self(usize::MAX - 2);
    /// Nobody waits for it any more.
    const LEFT: Self = Self(usize::MAX - 3);

    /// The index of the mount that is asked there.
    pub(super) fn mount(self) -> Option<usize> {
        (self.0 < Self::LEFT.0).then_some(self.0)
    }
}

/// What one thread goes through.
#[derive(Debug)]
pub(super) struct Attempt {
    place: AtomicUsize,
    /// The index of the mount with which it begins.
    pub(super) first: usize,
    /// There once the list has been read.
    round: OnceLock<Arc<Round>>,
}

impl Default for Attempt {
    fn default() -> Self {
        Self {
            place: AtomicUsize::new(Place::QUEUED.0),
            first: 0,
            round: OnceLock::new(),
        }
    }
}

impl Attempt {
    pub(super) fn place(&self) -> Place {
        Place(self.place.load(Ordering::Acquire))
    }

    /// The thread goes on; false when it was left behind meanwhile.
    #[must_use]
    pub(super) fn step(&self, from: Place, to: Place) -> bool {
        self.place
            .compare_exchange(from.0, to.0, Ordering::AcqRel, Ordering::Acquire)
            .is_ok()
    }

    /// Leaves the thread behind at `place`; false when it is not there any more, or about to say that it is through.
    #[must_use]
    pub(super) fn leave(&self, place: Place) -> bool {
        place != Place::DONE && self.step(place, Place::LEFT)
    }

    /// The list has been read.
    pub(super) fn list(&self, round: Round) {
        let _ = self.round.set(Arc::new(round));
    }

    pub(super) fn round(&self) -> Option<&Round> {
        self.round.get().map(AsRef::as_ref)
    }

    pub(super) fn is_listed(&self) -> bool {
        self.round.get().is_some()
    }

    /// None where there is no list of mounts.
    pub(super) fn answers(&self) -> Option<Answers> {
        self.round.get().map(|round| Answers(Arc::clone(round)))
    }

    /// What another thread has to go through after this one was left behind; none when that is nothing.
    pub(super) fn rest(&self) -> Option<Self> {
        let round = self.round.get()?;
        let place = round.place_from(self.first);
        (place != Place::DONE).then(|| Self {
            first: place.0,
            round: OnceLock::from(Arc::clone(round)),
            ..Self::default()
        })
    }
}
