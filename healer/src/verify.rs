//! The checks that judge a remedy by its effect, one file each. The engine runs one after each remedy that returned.
//!
//! What must hold: a check that cannot look never says that all is well. Each ends when what is expected holds, when it
//! is clear that it will not, or when its patience is over; what was seen stands in its message.

mod alert_inactive;
mod all_any;
pub mod free_space;
mod free_space_check;
mod http;
mod pressure_below;
mod promql;
mod tcp;
pub mod unit_active;
mod unit_inactive;
mod until;
mod usage_below;

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::UnitName;
use serde_json::Value;

use crate::alert::Alert;
use crate::intake::reconcile::ActiveAlerts;
use crate::policy::Verify;
use crate::prometheus::Prometheus;
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::steps::Roots;
use crate::remedy::Finding;
use crate::service_manager::ServiceManager;
use crate::target::Target;

/// What is to be checked.
#[derive(Clone, Debug)]
pub struct Verification {
    /// What the remedy acted on.
    pub target: Target,
    /// The unit that it acted on: the target, or the victim of a process group.
    pub unit: Option<UnitName>,
    /// The alert that is to be over.
    pub alert: Arc<Alert>,
    /// What must hold.
    pub expected: Verify,
    /// The plan with the state before, and what was seen since: a JSON object.
    pub evidence: Value,
    /// For how long it may be looked at: a little less than the attempt has left.
    pub patience: Duration,
}

/// What the checks look at.
#[derive(Clone, Debug)]
pub struct Checks {
    /// The service manager.
    pub manager: Arc<dyn ServiceManager>,
    /// The clock by which a state has to hold for a while.
    pub clock: SharedClock,
    /// What wakes a check by that clock.
    pub alarm: Arc<dyn Alarm>,
    /// What spawns blocking reads.
    pub tasks: Tasks,
    /// What answers PromQL.
    pub prometheus: Prometheus,
    /// What knows which alerts fire.
    pub alertmanager: ActiveAlerts,
    /// Where the kernel tells what is used.
    pub roots: Roots,
}

impl Checks {
    /// Checks until it holds, or until it is clear that it will not. The caller limits the time.
    pub fn check<'a>(&'a self, verification: &'a Verification) -> BoxFuture<'a, Finding> {
        match &verification.expected {
            Verify::UnitActive { stable_for } => {
                Box::pin(unit_active::check(self, verification, *stable_for))
            }
            Verify::UnitInactive { stable_for } => {
                Box::pin(unit_inactive::check(self, verification, *stable_for))
            }
            Verify::FreeSpace { at_least } => {
                Box::pin(free_space_check::check(self, verification, *at_least))
            }
            Verify::UsageBelow { resource, ratio } => {
                Box::pin(usage_below::check(self, verification, *resource, *ratio))
            }
            Verify::PressureBelow { resource, ratio } => {
                Box::pin(pressure_below::check(self, verification, *resource, *ratio))
            }
            Verify::Promql { expr } => Box::pin(promql::check(self, verification, expr)),
            Verify::Http { url, status } => Box::pin(http::check(self, verification, url, status)),
            Verify::Tcp { address } => Box::pin(tcp::check(self, verification, address)),
            Verify::AlertInactive => Box::pin(alert_inactive::check(self, verification)),
            Verify::All(parts) => Box::pin(all_any::all(self, verification, parts)),
            Verify::Any(parts) => Box::pin(all_any::any(self, verification, parts)),
        }
    }
}

fn not_verified(message: impl Into<String>, evidence: Value) -> Finding {
    Finding::bad(Outcome::NotVerified, Reason::NotVerified, message, evidence)
}
