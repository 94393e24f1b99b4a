//! The right to act on a target, taken before admission, kept in the intent, checked before the start mark. On one
//! host the journal's slot is enough, so the local lease is always granted; a fleet puts its own engine here.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{Now, SharedClock};

use crate::remediation::deadline::Deadline;
use crate::target::Target;

/// The right to act on a target for a while.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Grows with every lease of a target: who holds an older one has lost it.
    pub fencing_token: u64,
    /// Until when; expired means that nothing is executed.
    pub expires: Deadline,
}

impl Lease {
    /// Whether it still holds at `now`.
    pub fn holds(&self, now: &Now) -> bool {
        !self.expires.has_passed(now)
    }
}

/// Another holds the target, or the leases cannot be reached: nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no lease on {target}: {why}")]
pub struct LeaseError {
    /// The target.
    pub target: Target,
    /// Why, for people.
    pub why: String,
}

/// Where leases are had.
pub trait Leases: Send + Sync + fmt::Debug {
    /// A lease on `target` for `ttl`.
    fn acquire<'a>(
        &'a self,
        target: &'a Target,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Lease, LeaseError>>;
}

/// Leases of a host that stands alone: always granted, with tokens that grow across restarts of the program.
#[derive(Debug)]
pub struct LocalLeases {
    clock: SharedClock,
    last_token: AtomicU64,
}

impl LocalLeases {
    /// Tokens start at the wall clock's microseconds, which an earlier run has not reached.
    pub fn new(clock: SharedClock) -> Self {
        let start = u64::try_from(clock.now().wall.as_microsecond()).unwrap_or_default();
        Self {
            clock,
            last_token: AtomicU64::new(start),
        }
    }
}

impl Leases for LocalLeases {
    fn acquire<'a>(
        &'a self,
        _target: &'a Target,
        ttl: Duration,
    ) -> BoxFuture<'a, Result<Lease, LeaseError>> {
        let lease = Lease {
            fencing_token: self.last_token.fetch_add(1, Ordering::Relaxed) + 1,
            expires: Deadline::after(&self.clock.now(), ttl),
        };
        Box::pin(std::future::ready(Ok(lease)))
    }
}

#[cfg(test)]
mod tests;
