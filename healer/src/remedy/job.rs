//! A job on a unit, from its request to its end: what the remedies that start, stop and reload units have in common.
//!
//! What systemd answers to a job says little (a job that is `done` may leave a dead unit behind), so this only tells
//! whether the job could be run; a check judges the unit afterwards. Nobody else's job is ever replaced: the plan keeps
//! away from a unit that has one.

use std::sync::Arc;
use std::time::Duration;

use prunelle_systemd::client::Job;
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{JobResult, Request, SystemdError, UnitName, UnitState, Verb};
use serde_json::{Value, json};

use super::{Finding, Planning};
use crate::facts::Fact;
use crate::journal::Intent;
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::service_manager::ServiceManager;

/// After a start, systemd may not be connected yet: how soon it is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);
/// How many of the units that a unit needs are looked at, to tell which of them is down.
const LOOKED_AT: usize = 32;

/// What systemd answers when a unit has no such job, as one without `ExecReload=` has none that reloads it.
const NOT_APPLICABLE: &str = "org.freedesktop.systemd1.JobTypeNotApplicable";

/// Where jobs are run.
#[derive(Clone, Debug)]
pub struct Jobs {
    manager: Arc<dyn ServiceManager>,
    alarm: Arc<dyn Alarm>,
}

impl Jobs {
    /// Jobs of `manager`.
    pub fn new(manager: Arc<dyn ServiceManager>, alarm: Arc<dyn Alarm>) -> Self {
        Self { manager, alarm }
    }

    /// The service manager.
    pub fn manager(&self) -> &dyn ServiceManager {
        &*self.manager
    }

    /// Runs a job on the intent's unit to its end.
    pub async fn run(&self, verb: Verb, intent: &Intent) -> Finding {
        let Some(unit) = intent.unit() else {
            return failed(Reason::NoTarget, "there is no unit to act on");
        };
        match self.manager.enqueue(verb, unit).await {
            Ok(job) => self.follow(verb, &job, unit, intent).await,
            Err(error) => refused(&error),
        }
    }

    /// The unit as it is now; systemd is asked until it answers, which the attempt's deadline ends.
    pub async fn state(&self, unit: &UnitName) -> UnitState {
        loop {
            match self.manager.unit(unit).await {
                Ok(state) => return state,
                Err(_) => self.alarm.after(ASK_AGAIN).await,
            }
        }
    }

    /// After a crash: waits for a job that still runs on the intent's unit, then gives the unit and that job's number.
    pub async fn rest(&self, intent: &Intent) -> Option<(UnitState, Option<u32>)> {
        let unit = intent.unit()?;
        let state = self.state(unit).await;
        let Some(queued) = &state.job else {
            return Some((state, None));
        };
        let job = Job {
            id: queued.id,
            path: format!("/org/freedesktop/systemd1/job/{}", queued.id),
        };
        // However it ended, the unit tells.
        let _ = self.manager.finished(&job, unit, intent.within).await;
        Some((self.state(unit).await, Some(job.id)))
    }

    /// After a crash: whether a job that starts the unit was run, told by its invocation.
    pub async fn identify_start(
        &self,
        intent: &Intent,
        invocation_before: Option<&str>,
    ) -> (Identified, Value) {
        match self.rest(intent).await {
            None => (Identified::Unknown, json!({})),
            Some((_, Some(job))) => (Identified::Happened, json!({"job": job})),
            Some((state, None)) => {
                let invocation = state.invocation_id.as_deref();
                if invocation.is_some() && invocation != invocation_before {
                    (Identified::Happened, json!({}))
                } else {
                    (Identified::DidNot, json!({}))
                }
            }
        }
    }

    async fn follow(&self, verb: Verb, job: &Job, unit: &UnitName, intent: &Intent) -> Finding {
        let evidence = |result: &str| json!({"job": job.id, "job_result": result});
        let result = match self.manager.finished(job, unit, intent.within).await {
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
            JobResult::Canceled => self.cancelled(verb, unit, evidence(word)).await,
            JobResult::Timeout => Finding::bad(
                Outcome::Timeout,
                Reason::TimedOut,
                format!("systemd's own time limit for the job on `{unit}` passed"),
                evidence(word),
            ),
            JobResult::Dependency => self.needs_another(unit, evidence(word)).await,
            JobResult::Failed | JobResult::Skipped | JobResult::Assert | JobResult::Other => {
                self.job_failed(unit, intent, word, evidence(word)).await
            }
        }
    }

    /// Another job took the place of ours: a stop ends the repair, a start goes on as if it were ours.
    async fn cancelled(&self, verb: Verb, unit: &UnitName, evidence: Value) -> Finding {
        let is_up = match self.manager.unit(unit).await {
            Ok(state) => is_up_or_starting(&state),
            Err(_) => false,
        };
        match (verb, is_up) {
            (Verb::Stop, true) => Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                format!("`{unit}` was started by somebody else while it was being stopped"),
                evidence,
            ),
            (Verb::Stop, false) => Finding::good(
                format!("the job on `{unit}` was replaced by another stop"),
                evidence,
            ),
            (_, true) => Finding::good(
                format!("the job on `{unit}` was replaced by another start"),
                evidence,
            ),
            (_, false) => Finding::bad(
                Outcome::Cancelled,
                Reason::StoppedByPerson,
                format!("`{unit}` was stopped while it was being repaired"),
                evidence,
            ),
        }
    }

    /// Tells which of the units that it needs is down.
    async fn needs_another(&self, unit: &UnitName, evidence: Value) -> Finding {
        let needed = self.manager.requirements(unit).await.unwrap_or_default();
        let mut down = Vec::new();
        for other in needed.iter().take(LOOKED_AT) {
            match self.manager.unit(other).await {
                Ok(state) if state.load != LoadState::Loaded => {
                    down.push(format!("`{other}`, which cannot be loaded"));
                }
                Ok(state) if !is_up_or_starting(&state) => {
                    down.push(format!("`{other}`, which is {}", describe(&state)));
                }
                Ok(_) | Err(_) => {}
            }
        }
        let what = if down.is_empty() {
            "another unit".to_owned()
        } else {
            down.join(" and ")
        };
        Finding::bad(
            Outcome::Failed,
            Reason::RemedyFailed,
            format!("the job on `{unit}` ended as dependency: it needs {what}"),
            evidence,
        )
    }

    async fn job_failed(
        &self,
        unit: &UnitName,
        intent: &Intent,
        word: &str,
        evidence: Value,
    ) -> Finding {
        let state = self.manager.unit(unit).await.ok();
        let result = state
            .as_ref()
            .and_then(|state| state.service.as_ref())
            .map_or_else(String::new, |service| service.result.clone());
        let is_refused = state.is_some_and(|state| is_start_refused(&state, intent));
        let (reason, why) = if is_refused || result == "start-limit-hit" {
            (Reason::StartLimit, ": start-limit-hit".to_owned())
        } else if result.is_empty() || result == "success" {
            (Reason::RemedyFailed, String::new())
        } else {
            (Reason::RemedyFailed, format!(": {result}"))
        };
        Finding::bad(
            Outcome::Failed,
            reason,
            format!("the job on `{unit}` ended as {word}{why}"),
            evidence,
        )
    }
}

/// Whether a start failed without an invocation of its own: systemd counted the starts, and refused one more. The unit
/// keeps the result that it had before.
fn is_start_refused(state: &UnitState, intent: &Intent) -> bool {
    let before = intent.plan.get("invocation_before");
    let has_limit = state
        .service
        .as_ref()
        .is_some_and(|service| service.start_limit_burst > 0);
    has_limit
        && state.active == ActiveState::Failed
        && before.is_some_and(|before| before.as_str() == state.invocation_id.as_deref())
}

/// The unit that a job would be run on, when it is loaded and nobody is at work on it.
pub fn free_unit(planning: &Planning) -> Result<(&UnitName, &UnitState), Reason> {
    let unit = planning.unit().ok_or(Reason::NoTarget)?;
    let Fact::Known { value: state, .. } = &planning.facts.unit else {
        return Err(Reason::FactUnknown);
    };
    if state.load != LoadState::Loaded {
        return Err(Reason::NotLoaded);
    }
    let is_settled = matches!(
        state.active,
        ActiveState::Active | ActiveState::Inactive | ActiveState::Failed
    );
    if state.job.is_some() || !is_settled {
        return Err(Reason::TargetBusy);
    }
    Ok((unit, state))
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

/// What systemd refused, as the end of an attempt.
pub fn refused(error: &SystemdError) -> Finding {
    let (outcome, reason) = match error {
        SystemdError::NotPermitted { .. } => (Outcome::Failed, Reason::NotPermitted),
        SystemdError::NoSuchUnit(_) => (Outcome::Failed, Reason::NotLoaded),
        SystemdError::TimedOut(_) => (Outcome::Timeout, Reason::TimedOut),
        SystemdError::NotConnected | SystemdError::Refused { .. } | SystemdError::Bus(_) => {
            (Outcome::Failed, Reason::RemedyFailed)
        }
    };
    let message = match error {
        SystemdError::Refused {
            asked: Request::Job(Verb::Reload),
            unit,
            name,
            ..
        } if name == NOT_APPLICABLE => {
            format!("`{unit}` cannot reload: its unit file has no ExecReload=")
        }
        _ => error.to_string(),
    };
    Finding::bad(outcome, reason, message, json!({}))
}

/// An attempt that could not begin.
pub fn failed(reason: Reason, message: &str) -> Finding {
    Finding::bad(Outcome::Failed, reason, message, json!({}))
}

/// Whether it runs or is about to.
pub fn is_up_or_starting(state: &UnitState) -> bool {
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

#[cfg(test)]
mod tests;
