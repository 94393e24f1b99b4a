//! The state of one remediation: data only, changed by `machine::step` alone.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::deadline::Deadline;
use crate::journal::Phase;
use crate::policy::Rule;
use crate::reason::{Outcome, Reason};

/// How long gathering facts and asking guards may take.
pub const GUARDING_LIMIT: Duration = Duration::from_secs(10);
/// Waits between attempts (a busy unit, a fact that is unknown) that a remediation may spend over its ladder's own time.
pub const SLACK: Duration = Duration::from_secs(30);
/// The wait before a question is asked again that was refused at admission, or that the journal could not keep.
pub const RETRY: Duration = Duration::from_secs(1);

/// A rung as the state machine sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// How often it is tried, at most.
    pub attempts: u32,
    /// Time limit of one attempt, verification included.
    pub within: Duration,
    /// How long a person may take to agree to it; zero when nobody is asked.
    pub approval: Duration,
}

/// Where on the ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Index of the rung.
    pub rung: u32,
    /// Attempt on it, from 1.
    pub attempt: u32,
}

impl Position {
    /// The first attempt on the first rung.
    pub const FIRST: Self = Self {
        rung: 0,
        attempt: 1,
    };
}

/// Names one step that the engine carries out; the answer to any other step than the present one is ignored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// How an attempt failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Failure {
    /// As the action log says it.
    pub outcome: Outcome,
    /// Why.
    pub reason: Reason,
}

/// How a remediation ended: exactly one for each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct End {
    /// As the action log says it.
    pub outcome: Outcome,
    /// Why; none for success only.
    pub reason: Option<Reason>,
    /// Quarantine of the target from now, zero for none.
    pub quarantine: Duration,
}

/// What follows once the end of an attempt is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The guards are asked about this position.
    Guard(Position),
    /// Nothing: the remediation has ended.
    End(End),
}

/// Where a remediation stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Facts are gathered and the guards asked.
    Guarding {
        /// Until when that may take.
        until: Deadline,
        /// A fact changed meanwhile: ask once more unless the answer is to proceed.
        again: bool,
    },
    /// A guard said: not now.
    Deferred {
        /// Why.
        reason: Reason,
        /// Asked again then, at the latest.
        until: Deadline,
    },
    /// Fsync A is under way.
    Admitting {
        /// The attempt's end.
        until: Deadline,
    },
    /// The intent is on disk, fsync B under way.
    Starting {
        /// The attempt's end.
        until: Deadline,
    },
    /// The start mark is on disk, the remedy runs.
    Executing {
        /// The attempt's end.
        until: Deadline,
    },
    /// After a crash: it is looked up whether the remedy ran.
    Identifying {
        /// The attempt's end.
        until: Deadline,
    },
    /// The remedy returned; its effect is checked.
    Verifying {
        /// The attempt's end.
        until: Deadline,
    },
    /// The end of an attempt is being written.
    Settling(Next),
    /// Over.
    Ended(End),
}

/// One remediation: one alert episode's way through the ladder of one rule on one target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remediation {
    /// The rungs.
    pub ladder: Arc<[Limits]>,
    /// Quarantine after an exhausted ladder.
    pub quarantine: Duration,
    /// Where on the ladder.
    pub position: Position,
    /// Where in the attempt.
    pub stage: Stage,
    /// The step whose answer is waited for.
    pub step: StepId,
    /// False once the alert has resolved.
    pub is_alert_active: bool,
    /// When it must be over; set with the first intent. From then on it holds the target's slot, and its end is
    /// written to the journal.
    pub deadline: Option<Deadline>,
    /// How the last attempt failed.
    pub last: Option<Failure>,
    /// A crash interrupted the attempt, which may be run again and has not been: it may have acted.
    pub is_interrupted: bool,
}

impl Remediation {
    /// A new one, for a rule; its first effect is [`super::machine::Effect::Ask`].
    pub fn new(rule: &Rule, now: &Now) -> Self {
        let ladder = rule
            .ladder
            .iter()
            .map(|rung| Limits {
                attempts: rung.attempts,
                within: rung.within,
                approval: rung
                    .approval
                    .map_or(Duration::ZERO, |approval| approval.expires),
            })
            .collect();
        Self::with_ladder(ladder, rule.quarantine, now)
    }

    /// A new one, for a ladder.
    pub fn with_ladder(ladder: Arc<[Limits]>, quarantine: Duration, now: &Now) -> Self {
        Self {
            ladder,
            quarantine,
            position: Position::FIRST,
            stage: Stage::Guarding {
                until: Deadline::after(now, GUARDING_LIMIT),
                again: false,
            },
            step: StepId::default(),
            is_alert_active: true,
            deadline: None,
            last: None,
            is_interrupted: false,
        }
    }

    /// One that a crash interrupted, as the disk remembers it; `machine::resume` tells its first effect.
    ///
    /// Its time starts anew: an attempt that lay on disk while the program was down still gets its verification.
    #[must_use]
    pub fn recovered(mut self, position: Position, phase: Phase, now: &Now) -> Self {
        self.position = position;
        self.deadline = Some(Deadline::after(now, self.time_limit()));
        let until = Deadline::after(now, self.within());
        self.stage = match phase {
            Phase::Intent => Stage::Guarding {
                until: Deadline::after(now, GUARDING_LIMIT),
                again: false,
            },
            Phase::Started => Stage::Identifying { until },
            Phase::Acted | Phase::Verifying => Stage::Verifying { until },
        };
        self
    }

    /// Whether it has written an intent.
    pub fn is_admitted(&self) -> bool {
        self.deadline.is_some()
    }

    /// How it ended, once it has.
    pub fn end(&self) -> Option<End> {
        match self.stage {
            Stage::Ended(end) => Some(end),
            _ => None,
        }
    }

    /// How long until it wants [`super::machine::Event::Due`]; none while it waits for an answer that always comes.
    pub fn wake(&self, now: &Now) -> Option<Duration> {
        match &self.stage {
            Stage::Deferred { until, .. } | Stage::Guarding { until, .. } => {
                let overall = self.deadline.as_ref().map(|deadline| deadline.left(now));
                Some(overall.map_or(until.left(now), |left| left.min(until.left(now))))
            }
            Stage::Executing { until }
            | Stage::Identifying { until }
            | Stage::Verifying { until } => Some(until.left(now)),
            Stage::Admitting { .. }
            | Stage::Starting { .. }
            | Stage::Settling(_)
            | Stage::Ended(_) => None,
        }
    }

    /// The time limit of an attempt at the present position.
    pub fn within(&self) -> Duration {
        self.rung(self.position.rung)
            .map_or(Duration::ZERO, |limits| limits.within)
    }

    /// The longest that it may last from its first intent on.
    pub fn time_limit(&self) -> Duration {
        self.ladder
            .iter()
            .map(|limits| {
                limits
                    .within
                    .saturating_mul(limits.attempts)
                    .saturating_add(limits.approval)
            })
            .fold(SLACK, Duration::saturating_add)
    }

    /// The rung of an index.
    pub fn rung(&self, index: u32) -> Option<Limits> {
        usize::try_from(index)
            .ok()
            .and_then(|index| self.ladder.get(index))
            .copied()
    }
}
