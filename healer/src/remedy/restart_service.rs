//! `restart_service`: starts a unit that is dead, restarts one that is alive.
//!
//! What systemd answers to a job says little (a job that is `done` may leave a dead unit behind), so this only tells
//! whether the job could be run; `verify::unit_active` judges the unit afterwards. It never resets a start limit, and
//! keeps away from a unit that somebody else is starting or stopping.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_systemd::client::Job;
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{JobResult, SystemdError, UnitName, UnitState, Verb};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Finding, Plan, Planning, Remedy};
use crate::facts::Fact;
use crate::journal::{Committed, Intent, Started};
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::service_manager::ServiceManager;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct RestartService {
    manager: Arc<dyn ServiceManager>,
    alarm: Arc<dyn Alarm>,
}

/// After a start, systemd may not be connected yet: how soon it is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// What the intent keeps: the verb and the unit before.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    verb: PlannedVerb,
    state_before: String,
    invocation_before: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum PlannedVerb {
    Start,
    Restart,
}

impl RestartService {
    /// The remedy, on `manager`.
    pub fn new(manager: Arc<dyn ServiceManager>, alarm: Arc<dyn Alarm>) -> Self {
        Self { manager, alarm }
    }

    async fn run(&self, intent: &Intent) -> Finding {
        let Some(unit) = intent.unit() else {
            return failed(Reason::NoTarget, "there is no unit to act on");
        };
        let Ok(details) = Details::deserialize(&intent.plan) else {
            return failed(
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
            );
        };
        if details.verb == PlannedVerb::Restart
            && let Some(finding) = self.already_restarted(unit, &details).await
        {
            return finding;
        }
        let verb = match details.verb {
            PlannedVerb::Start => Verb::Start,
            PlannedVerb::Restart => Verb::Restart,
        };
        match self.manager.enqueue(verb, unit).await {
            Ok(job) => self.follow(&job, unit, intent.within).await,
            Err(error) => refused(&error),
        }
    }

    /// A live unit is not restarted twice: somebody may have done it since the plan was made.
    async fn already_restarted(&self, unit: &UnitName, details: &Details) -> Option<Finding> {
        let state = self.manager.unit(unit).await.ok()?;
        (state.active == ActiveState::Active
            && state.invocation_id.is_some()
            && state.invocation_id != details.invocation_before)
            .then(|| {
                Finding::good(
                    format!("`{unit}` was started anew by somebody else meanwhile"),
                    json!({}),
                )
            })
    }

    async fn follow(&self, job: &Job, unit: &UnitName, limit: Duration) -> Finding {
        let evidence = |result: &str| json!({"job": job.id, "job_result": result});
        let result = match self.manager.finished(job, unit, limit).await {
            Ok(result) => result,
            Err(SystemdError::TimedOut(_)) => {
                return Finding::bad(
                    Outcome::Timeout,
                    Reason::TimedOut,
                    format!("the job on `{unit}` did not end in time"),
                    evidence("none"),
                );
            }
            // The connection went while the job ran: the unit tells how it went.
            Err(error) => {
                return Finding::good(
                    format!("the end of the job on `{unit}` was not seen: {error}"),
                    evidence("unseen"),
                );
            }
        };
        let word = job_result(result);
        match result {
            JobResult::Done | JobResult::Vanished => {
                Finding::good(format!("the job on `{unit}` is {word}"), evidence(word))
            }
            JobResult::Canceled => self.cancelled(unit, evidence(word)).await,
            JobResult::Timeout => Finding::bad(
                Outcome::Timeout,
                Reason::TimedOut,
                format!("systemd's own time limit for the job on `{unit}` passed"),
                evidence(word),
            ),
            JobResult::Failed
            | JobResult::Dependency
            | JobResult::Skipped
            | JobResult::Assert
            | JobResult::Other => self.job_failed(unit, word, evidence(word)).await,
        }
    }

    /// Another job took the place of ours: a stop ends the repair, a start goes on as if it were ours.
    async fn cancelled(&self, unit: &UnitName, evidence: Value) -> Finding {
        match self.manager.unit(unit).await {
            Ok(state) if is_up_or_starting(&state) => Finding::good(
                format!("the job on `{unit}` was replaced by another start"),
                evidence,
            ),
            Ok(_) | Err(_) => Finding::bad(
                Outcome::Cancelled,
                Reason::StoppedByPerson,
                format!("`{unit}` was stopped while it was being repaired"),
                evidence,
            ),
        }
    }

    async fn job_failed(&self, unit: &UnitName, word: &str, evidence: Value) -> Finding {
        let result = match self.manager.unit(unit).await {
            Ok(UnitState {
                service: Some(service),
                ..
            }) => service.result,
            Ok(_) | Err(_) => String::new(),
        };
        let reason = if result == "start-limit-hit" {
            Reason::StartLimit
        } else {
            Reason::RemedyFailed
        };
        let why = if result.is_empty() || result == "success" {
            String::new()
        } else {
            format!(": {result}")
        };
        Finding::bad(
            Outcome::Failed,
            reason,
            format!("the job on `{unit}` ended as {word}{why}"),
            evidence,
        )
    }

    async fn look_after_crash(&self, intent: &Intent) -> (Identified, Value) {
        let (Some(unit), Ok(details)) = (intent.unit(), Details::deserialize(&intent.plan)) else {
            return (Identified::Unknown, json!({}));
        };
        let state = loop {
            match self.manager.unit(unit).await {
                Ok(state) => break state,
                // The attempt's deadline ends this.
                Err(_) => self.alarm.after(ASK_AGAIN).await,
            }
        };
        if let Some(queued) = &state.job {
            let job = Job {
                id: queued.id,
                path: format!("/org/freedesktop/systemd1/job/{}", queued.id),
            };
            // However it ended, the unit tells.
            let _ = self.manager.finished(&job, unit, intent.within).await;
            return (Identified::Happened, json!({"job": queued.id}));
        }
        if state.invocation_id.is_some() && state.invocation_id != details.invocation_before {
            (Identified::Happened, json!({}))
        } else {
            (Identified::DidNot, json!({}))
        }
    }
}

impl Remedy for RestartService {
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
        Box::pin(self.look_after_crash(intent))
    }
}

fn plan(planning: &Planning) -> Result<Plan, Reason> {
    let unit = planning.unit().ok_or(Reason::NoTarget)?;
    let Fact::Known { value: state, .. } = &planning.facts.unit else {
        return Err(Reason::FactUnknown);
    };
    if state.load != LoadState::Loaded {
        return Err(Reason::NotLoaded);
    }
    if state.job.is_some() {
        return Err(Reason::TargetBusy);
    }
    let verb = match state.active {
        ActiveState::Inactive | ActiveState::Failed => PlannedVerb::Start,
        ActiveState::Active => PlannedVerb::Restart,
        ActiveState::Reloading
        | ActiveState::Activating
        | ActiveState::Deactivating
        | ActiveState::Maintenance
        | ActiveState::Other => return Err(Reason::TargetBusy),
    };
    let details = Details {
        verb,
        state_before: describe(state),
        invocation_before: state.invocation_id.clone(),
    };
    let word = match verb {
        PlannedVerb::Start => "start",
        PlannedVerb::Restart => "restart",
    };
    Ok(Plan {
        message: format!("{word} `{unit}`, which is {}", details.state_before),
        details: serde_json::to_value(&details).unwrap_or_default(),
    })
}

/// `failed (exit-code)`, `active (running)`: the state and what tells most about it.
pub fn describe(state: &UnitState) -> String {
    let active = match state.active {
        ActiveState::Active => "active",
        ActiveState::Reloading => "reloading",
        ActiveState::Inactive => "inactive",
        ActiveState::Failed => "failed",
        ActiveState::Activating => "activating",
        ActiveState::Deactivating => "deactivating",
        ActiveState::Maintenance => "maintenance",
        ActiveState::Other => "in an unknown state",
    };
    let detail = match (&state.active, &state.service) {
        (ActiveState::Failed, Some(service)) => &service.result,
        _ => &state.sub,
    };
    format!("{active} ({detail})")
}

fn is_up_or_starting(state: &UnitState) -> bool {
    let is_stopping = state
        .job
        .as_ref()
        .is_some_and(|job| job.kind.as_str() == "stop");
    !is_stopping
        && matches!(
            state.active,
            ActiveState::Active | ActiveState::Reloading | ActiveState::Activating
        )
}

fn job_result(result: JobResult) -> &'static str {
    match result {
        JobResult::Done => "done",
        JobResult::Canceled => "canceled",
        JobResult::Timeout => "timeout",
        JobResult::Failed => "failed",
        JobResult::Dependency => "dependency",
        JobResult::Skipped => "skipped",
        JobResult::Assert => "assert",
        JobResult::Other => "other",
        JobResult::Vanished => "vanished",
    }
}

fn refused(error: &SystemdError) -> Finding {
    let (outcome, reason) = match error {
        SystemdError::NotPermitted { .. } => (Outcome::Failed, Reason::NotPermitted),
        SystemdError::NoSuchUnit(_) => (Outcome::Failed, Reason::NotLoaded),
        SystemdError::TimedOut(_) => (Outcome::Timeout, Reason::TimedOut),
        SystemdError::NotConnected | SystemdError::Refused { .. } | SystemdError::Bus(_) => {
            (Outcome::Failed, Reason::RemedyFailed)
        }
    };
    Finding::bad(outcome, reason, error.to_string(), json!({}))
}

fn failed(reason: Reason, message: &str) -> Finding {
    Finding::bad(Outcome::Failed, reason, message, json!({}))
}

#[cfg(test)]
mod tests;
