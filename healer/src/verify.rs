//! The checks that judge a remedy by its effect, one file each. The engine runs one after each remedy that returned.

pub mod free_space;
mod free_space_check;
pub mod unit_active;
mod unit_inactive;

use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::UnitName;
use serde_json::Value;

use crate::alert::Alert;
use crate::policy::Verify;
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
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
}

impl Checks {
    /// Checks once; ends when it holds, or when it is clear that it will not. The caller limits the time.
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
            _ => Box::pin(std::future::ready(Finding::bad(
                Outcome::NotVerified,
                Reason::NotVerified,
                "this check is not at hand",
                serde_json::json!({}),
            ))),
        }
    }
}
