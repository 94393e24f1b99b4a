//! `stop_service`: stops a unit that is alive. Nothing starts it again but a person, a timer, or another rule.

use futures_util::future::BoxFuture;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;
use serde_json::{Value, json};

use super::job::{Jobs, describe, free_unit};
use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::reason::Reason;
use crate::remediation::machine::Identified;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct StopService(Jobs);

impl StopService {
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(jobs)
    }

    /// A unit that is down was stopped; of one that is up it is told by its invocation whether it is the one from before.
    async fn look(&self, intent: &Intent) -> (Identified, Value) {
        let Some((state, job)) = self.0.rest(intent).await else {
            return (Identified::Unknown, json!({}));
        };
        let before = intent
            .plan
            .get("stopped_invocation")
            .and_then(Value::as_str);
        let is_up = matches!(state.active, ActiveState::Active | ActiveState::Reloading);
        match job {
            Some(job) => (Identified::Happened, json!({"job": job})),
            None if is_up && state.invocation_id.as_deref() == before => {
                (Identified::DidNot, json!({}))
            }
            None => (Identified::Happened, json!({})),
        }
    }
}

impl Remedy for StopService {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(std::future::ready(plan(planning)))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.0.run(Verb::Stop, &started.get().intent).await })
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
    if state.active != ActiveState::Active {
        return Err(Reason::RecoveredByItself);
    }
    let before = describe(state);
    Ok(Plan {
        message: format!("stop `{unit}`, which is {before}"),
        details: json!({"state_before": before, "stopped_invocation": state.invocation_id}),
    })
}
