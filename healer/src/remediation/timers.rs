//! When which case wants to be woken: one time each, by the clock's boot time.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use super::case::CaseId;

/// The waits of all cases.
#[derive(Debug, Default)]
pub(super) struct Timers {
    order: BTreeSet<(Duration, CaseId)>,
    at: HashMap<CaseId, Duration>,
}

impl Timers {
    /// Sets, moves or (none) ends the wait of a case.
    pub(super) fn set(&mut self, case: CaseId, at: Option<Duration>) {
        if let Some(before) = self.at.remove(&case) {
            self.order.remove(&(before, case));
        }
        if let Some(at) = at {
            self.at.insert(case, at);
            self.order.insert((at, case));
        }
    }

    /// The earliest time that anyone waits for.
    pub(super) fn next(&self) -> Option<Duration> {
        self.order.first().map(|(at, _)| *at)
    }

    /// Takes out a case whose time has come.
    pub(super) fn pop_due(&mut self, now: Duration) -> Option<CaseId> {
        let (at, case) = *self.order.first()?;
        if at > now {
            return None;
        }
        self.set(case, None);
        Some(case)
    }
}
