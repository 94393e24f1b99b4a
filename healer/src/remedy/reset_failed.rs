//! `reset_failed`: makes systemd forget that a unit failed, and how often it was started of late. It starts nothing.
//!
//! Never a blind one: the plan says what will be forgotten (the result, the exit code, the automatic restarts), so that
//! it lies in the journal before it is gone; and a check tells whether that was of use. Nothing but a policy that names
//! this remedy ever resets a start limit.

use futures_util::future::BoxFuture;
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::ActiveState;
use serde_json::{Value, json};

use super::job::{Jobs, describe, failed, free_unit, refused};
use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::reason::Reason;
use crate::remediation::machine::Identified;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct ResetFailed(Jobs);

impl ResetFailed {
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(jobs)
    }

    async fn run(&self, intent: &Intent) -> Finding {
        let Some(unit) = intent.unit() else {
            return failed(Reason::NoTarget, "there is no unit to act on");
        };
        match self.0.manager().reset_failed(unit).await {
            Ok(()) => Finding::good(
                format!("systemd no longer remembers that `{unit}` failed"),
                json!({}),
            ),
            Err(error) => refused(&error),
        }
    }

    /// A unit that is still failed was not reset, or failed anew: the guards are asked again, about what it is now.
    async fn look(&self, intent: &Intent) -> (Identified, Value) {
        match self.0.rest(intent).await {
            None => (Identified::Unknown, json!({})),
            Some((state, _)) if state.active == ActiveState::Failed => {
                (Identified::RunAgain, json!({}))
            }
            Some(_) => (Identified::Happened, json!({})),
        }
    }
}

impl Remedy for ResetFailed {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(std::future::ready(plan(planning)))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.run(&started.get().intent).await })
    }

    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(self.look(intent))
    }
}

pub(super) fn plan(planning: &Planning) -> Result<Plan, Reason> {
    let (unit, state) = free_unit(planning)?;
    if state.active != ActiveState::Failed {
        return Err(Reason::RungNotAllowed);
    }
    let (what, forgets) = forgotten(state);
    Ok(Plan {
        message: format!("forget that `{unit}` failed: {what}"),
        details: json!({"state_before": describe(state), "forgets": forgets}),
    })
}

/// What will be gone afterwards, for people and for the journal.
fn forgotten(state: &UnitState) -> (String, Value) {
    let Some(service) = &state.service else {
        return (describe(state), json!({}));
    };
    let ended = match service.exec_main_code {
        0 => String::new(),
        1 => format!(", exit code {}", service.exec_main_status),
        _ => format!(", killed by signal {}", service.exec_main_status),
    };
    let limit = if service.result == "start-limit-hit" {
        format!(
            ", and its start limit of {} in {} s",
            service.start_limit_burst,
            service.start_limit_interval.as_secs_f64()
        )
    } else {
        String::new()
    };
    let what = format!(
        "result {}{ended}, {} automatic restarts{limit}",
        service.result, service.restarts
    );
    let forgets = json!({
        "result": service.result,
        "exec_main_code": service.exec_main_code,
        "exec_main_status": service.exec_main_status,
        "restarts": service.restarts,
        "start_limit_burst": service.start_limit_burst,
        "start_limit_interval_seconds": service.start_limit_interval.as_secs_f64(),
        "last_start": state.last_start,
    });
    (what, forgets)
}
