//! How near the limits are at which healing stops: how much of each budget is used, and which breakers are open.
//!
//! A gauge for people, read from the journal every few seconds. Nothing is decided by it: guards and admission read the
//! journal themselves. Spawned by `run`.

mod used;

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::policy::Policy;
use crate::remediation::alarm::Alarm;

pub use used::{BudgetUse, Headroom, Scope, headroom};

/// How often it is looked at: as often as Prometheus asks.
const EVERY: Duration = Duration::from_secs(5);

/// The task that keeps the gauges.
#[derive(Debug)]
pub struct Gauging {
    /// What was charged, and how remediations ended.
    pub journal: Journal,
    /// The limits.
    pub policies: watch::Receiver<Arc<Policy>>,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is told.
    pub metrics: Metrics,
}

impl Gauging {
    /// Keeps them until `stop`.
    pub async fn run(mut self, stop: Stop) {
        // Up to which event nothing was used: while there is no other one, nothing will be.
        let mut untouched = None;
        while !stop.is_stopping() {
            let policy = Arc::clone(&self.policies.borrow_and_update());
            let sequence = self.journal.stats().sequence();
            if untouched != Some(sequence) {
                match self.read(&policy).await {
                    Ok(is_untouched) => untouched = is_untouched.then_some(sequence),
                    Err(JournalError::Closed) => return,
                    // They keep what they showed last, and the journal tells that it is in trouble.
                    Err(error) => {
                        tracing::debug!(%error, "cannot read how much of the budgets is used");
                    }
                }
            }
            tokio::select! {
                () = stop.stopped() => {}
                () = self.alarm.after(EVERY) => {}
                changed = self.policies.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    untouched = None;
                }
            }
        }
    }

    /// Whether nothing of any limit is used.
    async fn read(&self, policy: &Policy) -> Result<bool, JournalError> {
        let rules = policy.rules.iter().map(|rule| rule.name.clone()).collect();
        let spent = self.journal.spent(rules).await?;
        let headroom = headroom(policy, &spent, &self.clock.now());
        let is_untouched = headroom.is_untouched();
        self.metrics.headroom(headroom);
        Ok(is_untouched)
    }
}

#[cfg(test)]
mod tests;
