//! Limits: how often, how many at once, after how long, after which failures.

use std::time::Duration;

use globset::GlobMatcher;

use crate::facts::MOST_ENDS;

/// At most `max` intents in any window of `per`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// How many.
    pub max: u32,
    /// In how long.
    pub per: Duration,
}

/// The wait after a repair, growing while faults keep coming: `first`, then `step`, `step × factor` … up to `max`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cooldown {
    /// After the first repair.
    pub first: Duration,
    /// After the second.
    pub step: Duration,
    /// Growth from then on.
    pub factor: f64,
    /// Never longer; a quiet time of twice this starts anew.
    pub max: Duration,
}

/// A target that is repaired again and again is left alone for a while: restarting it is no cure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Flapping {
    /// So many repairs of the target, by any rule …
    pub repairs: u32,
    /// … within so long …
    pub within: Duration,
    /// … and it is left alone for so long since the last one.
    pub hold: Duration,
}

/// A rule whose remediations keep failing is not used for a while, whatever the target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Breaker {
    /// So many remediations of the rule in a row that did not succeed open it.
    pub failures: u32,
    /// For so long; then one trial runs alone: success closes it, failure opens it again.
    pub open_for: Duration,
}

impl Breaker {
    /// Whether so many in a row did not succeed; `ends` says of each whether it did, the oldest first.
    pub fn has_tripped(&self, ends: impl DoubleEndedIterator<Item = bool>) -> bool {
        let failures = ends.rev().take_while(|has_succeeded| !has_succeeded);
        let limit = usize::try_from(self.failures.min(MOST_ENDS)).unwrap_or(usize::MAX);
        failures.count() >= limit
    }
}

/// A person has to agree first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Approval {
    /// Nobody having answered by then means no.
    pub expires: Duration,
}

/// Units that serve one purpose together.
#[derive(Clone, Debug)]
pub struct Group {
    /// Unique.
    pub name: String,
    /// Globs of full unit names.
    pub units: Vec<GlobMatcher>,
    /// How many of them may be under repair at once.
    pub max_at_once: u32,
    /// How many others must be up before one that is up is restarted, stopped or throttled.
    pub min_healthy: u32,
}

impl Group {
    /// Whether the unit is a member.
    pub fn has(&self, unit: &str) -> bool {
        self.units.iter().any(|glob| glob.is_match(unit))
    }
}
