//! Helper units: what needs root is done by small, fixed units of systemd, one act each, and polkit says which of them the
//! healer may start. The same way is taken as root, so that there is one way only.
//!
//! They are oneshots: the job ends with the act. What a helper did is judged by its remedy and by the rung's check.

use std::sync::Arc;
use std::time::Duration;

use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{JobResult, SystemdError, UnitName, UnitState, Verb};
use serde_json::json;

use super::{Finding, clean_package_cache, drop_caches, vacuum_journal};
use crate::policy::RemedySpec;
use crate::reason::{Outcome, Reason};
use crate::service_manager::{ServiceManager, unit_for_plan};

/// The helper unit of a remedy, if it has one.
pub fn of(remedy: &RemedySpec) -> Option<UnitName> {
    match remedy {
        RemedySpec::DropCaches => drop_caches::unit_name().ok(),
        RemedySpec::CleanPackageCache => clean_package_cache::unit_name().ok(),
        RemedySpec::VacuumJournal(settings) => vacuum_journal::unit_name(settings.keep).ok(),
        _ => None,
    }
}

/// Starts helper units.
#[derive(Clone, Debug)]
pub struct HelperUnits(Arc<dyn ServiceManager>);

impl HelperUnits {
    /// The helpers of a service manager.
    pub fn new(manager: Arc<dyn ServiceManager>) -> Self {
        Self(manager)
    }

    /// What a plan has to say about the helper, when it cannot be started as things are.
    pub(super) async fn obstacle(&self, unit: &UnitName) -> Result<Option<String>, Reason> {
        let state = unit_for_plan(&*self.0, unit).await?;
        let is_missing = state.is_some_and(|state| state.load != LoadState::Loaded);
        Ok(is_missing.then(|| not_installed(unit)))
    }

    /// Starts a helper and waits for its end.
    pub(super) async fn run(&self, unit: &UnitName, limit: Duration) -> Finding {
        if let Ok(Some(obstacle)) = self.obstacle(unit).await {
            return not_permitted(obstacle);
        }
        let job = match self.0.enqueue(Verb::Start, unit).await {
            Ok(job) => job,
            Err(error) => return refused(unit, &error),
        };
        let result = self.0.finished(&job, unit, limit).await;
        let evidence = json!({"helper": unit.as_str(), "job": job.id});
        let state = self.0.unit(unit).await.ok();
        match result {
            Err(SystemdError::TimedOut(_)) => Finding::bad(
                Outcome::Timeout,
                Reason::TimedOut,
                format!("`{unit}` did not end in time"),
                evidence,
            ),
            Ok(JobResult::Done) => Finding::good(format!("`{unit}` has run"), evidence),
            // The end was not seen: the unit tells how it went.
            Ok(JobResult::Vanished) | Err(_) if state.as_ref().is_some_and(has_succeeded) => {
                Finding::good(format!("`{unit}` has run"), evidence)
            }
            _ => Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                format!(
                    "`{unit}` failed{}: `journalctl -u {unit}` tells more",
                    state.as_ref().map(how).unwrap_or_default()
                ),
                evidence,
            ),
        }
    }
}

fn has_succeeded(state: &UnitState) -> bool {
    state.active == ActiveState::Inactive
        && state
            .service
            .as_ref()
            .is_some_and(|service| service.result == "success")
}

fn how(state: &UnitState) -> String {
    match &state.service {
        Some(service) if service.result != "success" => {
            format!(" ({} {})", service.result, service.exec_main_status)
        }
        _ => String::new(),
    }
}

fn refused(unit: &UnitName, error: &SystemdError) -> Finding {
    match error {
        SystemdError::NotPermitted { message, .. } => not_permitted(format!(
            "not permitted to start `{unit}`: {message}; `prunelle-healer polkit` prints the rules that permit it"
        )),
        SystemdError::NoSuchUnit(_) => not_permitted(not_installed(unit)),
        SystemdError::TimedOut(_) => Finding::bad(
            Outcome::Timeout,
            Reason::TimedOut,
            error.to_string(),
            json!({}),
        ),
        _ => Finding::bad(
            Outcome::Failed,
            Reason::RemedyFailed,
            error.to_string(),
            json!({}),
        ),
    }
}

fn not_installed(unit: &UnitName) -> String {
    format!("`{unit}` is not installed: install.sh puts it into /usr/lib/systemd/system")
}

fn not_permitted(message: String) -> Finding {
    Finding::bad(Outcome::Failed, Reason::NotPermitted, message, json!({}))
}
