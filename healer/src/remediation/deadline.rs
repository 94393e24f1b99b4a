//! A limit in time that a step of the wall clock cannot move: it counts as `Now::since` does.

use std::time::Duration;

use prunelle_foundation::clock::Now;

/// A point in time, given as a wait from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deadline {
    from: Now,
    within: Duration,
}

impl Deadline {
    /// So long after `from`.
    pub fn after(from: &Now, within: Duration) -> Self {
        Self {
            from: from.clone(),
            within,
        }
    }

    /// What is left at `now`; zero once it has passed.
    pub fn left(&self, now: &Now) -> Duration {
        self.within.saturating_sub(now.since(&self.from))
    }

    /// Whether nothing is left at `now`.
    pub fn has_passed(&self, now: &Now) -> bool {
        self.left(now).is_zero()
    }
}
