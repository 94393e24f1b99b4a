//! What a rehearsal came to: every decision, every remediation, and what became of every episode.

use crate::policy::RemedyKind;
use crate::reason::Reason;
use crate::remediation::state::End;
use crate::target::Target;

/// A decision not to act, or not yet.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Decided {
    pub(in crate::simulate) at: i64,
    pub(in crate::simulate) episode: usize,
    pub(in crate::simulate) rule: usize,
    pub(in crate::simulate) target: Target,
    pub(in crate::simulate) reason: Reason,
    pub(in crate::simulate) is_deferred: bool,
    /// The first for this reason in this episode.
    pub(in crate::simulate) is_first: bool,
}

/// One attempt of a remediation.
#[derive(Clone, Copy, Debug)]
pub(in crate::simulate) struct Attempt {
    pub(in crate::simulate) at: i64,
    pub(in crate::simulate) rung: usize,
    pub(in crate::simulate) remedy: RemedyKind,
}

/// One remediation.
#[derive(Clone, Debug)]
pub(in crate::simulate) struct Done {
    pub(in crate::simulate) episode: usize,
    pub(in crate::simulate) rule: usize,
    pub(in crate::simulate) target: Target,
    pub(in crate::simulate) from: i64,
    pub(in crate::simulate) to: i64,
    pub(in crate::simulate) attempts: Vec<Attempt>,
    pub(in crate::simulate) end: End,
}

/// What became of an episode; the better counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::simulate) enum Fate {
    /// Not said yet.
    Open,
    /// Refused, whatever the time.
    Suppressed(Reason),
    /// It waited, and ended meanwhile.
    Waited(Reason),
    /// Something was tried, in vain.
    Tried,
    /// It was repaired, alone or together with another.
    Repaired,
}

/// All of it.
#[derive(Debug)]
pub(in crate::simulate) struct Outcome {
    pub(in crate::simulate) fates: Vec<Fate>,
    pub(in crate::simulate) targets: Vec<Option<Target>>,
    /// Refused before there was a target: episode, rule, reason.
    pub(in crate::simulate) refused: Vec<(usize, Option<usize>, Reason)>,
    pub(in crate::simulate) decided: Vec<Decided>,
    pub(in crate::simulate) done: Vec<Done>,
}

impl Outcome {
    pub(super) fn new(episodes: usize) -> Self {
        Self {
            fates: vec![Fate::Open; episodes],
            targets: vec![None; episodes],
            refused: Vec::new(),
            decided: Vec::new(),
            done: Vec::new(),
        }
    }

    pub(super) fn refused(&mut self, episode: usize, rule: Option<usize>, reason: Reason) {
        self.refused.push((episode, rule, reason));
        self.fate(episode, Fate::Suppressed(reason));
    }

    pub(super) fn decided(&mut self, decided: Decided) {
        // What ended while it waited is told by what it waited for.
        if decided.reason == Reason::Resolved {
            return;
        }
        self.target(decided.episode, &decided.target);
        self.fate(
            decided.episode,
            if decided.is_deferred {
                Fate::Waited(decided.reason)
            } else {
                Fate::Suppressed(decided.reason)
            },
        );
        self.decided.push(decided);
    }

    pub(super) fn done(&mut self, done: Done) {
        self.target(done.episode, &done.target);
        let fate = if done.end.outcome == crate::reason::Outcome::Success {
            Fate::Repaired
        } else {
            Fate::Tried
        };
        self.fate(done.episode, fate);
        self.done.push(done);
    }

    /// What became of an episode, unless something better did.
    pub(super) fn fate(&mut self, episode: usize, fate: Fate) {
        if let Some(known) = self.fates.get_mut(episode)
            && rank(*known) <= rank(fate)
        {
            *known = fate;
        }
    }

    fn target(&mut self, episode: usize, target: &Target) {
        if let Some(place) = self.targets.get_mut(episode) {
            place.get_or_insert_with(|| target.clone());
        }
    }
}

const fn rank(fate: Fate) -> u8 {
    match fate {
        Fate::Open => 0,
        Fate::Suppressed(_) => 1,
        Fate::Waited(_) => 2,
        Fate::Tried => 3,
        Fate::Repaired => 4,
    }
}
