//! How long it took until a fault was known here: from its start to the alert.
//!
//! An alert begins when Prometheus has decided on it, which leaves out the time until it was scraped and evaluated. Of a
//! unit that is down, systemd knows since when.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use prunelle_foundation::clock::Now;
use prunelle_systemd::{Sync, UnitState, service_up};

use super::Engine;
use crate::alert::Alert;
use crate::target::Target;

/// A unit that has been down for longer before its alert began is another story: Prometheus has only just been started, or
/// the unit only just been put on a list.
const LONGEST_LEAD: SignedDuration = SignedDuration::from_mins(5);

impl Engine {
    /// An alert about this host began, and this is the first that is heard of it.
    pub(super) fn notice(&self, alert: &Alert, heard: &Now) {
        if !self.policy.is_about_this_host(&alert.labels) {
            return;
        }
        let unit = self
            .policy
            .matches(&alert.labels)
            .into_iter()
            .find_map(|found| match found.target {
                Ok(Target::Unit(unit)) if self.seen.sync == Sync::Synchronised => {
                    self.seen.units.get(&unit).map(AsRef::as_ref)
                }
                _ => None,
            });
        let took = heard
            .wall
            .duration_since(fault_began(alert.episode.starts_at, unit));
        // A clock elsewhere may be ahead of this one.
        let took = Duration::try_from(took).unwrap_or_default();
        self.ports.metrics.noticed_after(took);
    }
}

/// When the fault behind an alert began.
fn fault_began(starts_at: Timestamp, unit: Option<&UnitState>) -> Timestamp {
    let down_since = unit
        .filter(|unit| !service_up(unit).up)
        .and_then(|unit| unit.state_change);
    match down_since {
        Some(since) if since < starts_at && starts_at.duration_since(since) <= LONGEST_LEAD => {
            since
        }
        _ => starts_at,
    }
}

#[cfg(test)]
mod tests;
