//! `restart_service`: starts a unit that is dead, restarts one that is alive.
//!
//! It never resets a start limit, and keeps away from a unit that somebody else is starting or stopping. A live unit is
//! restarted only where the policy says `live: restart`, or when it is the victim of a process group: for an alert that
//! says that a unit is down, one that is up has recovered by itself (`guard::still_needed`).

use futures_util::future::BoxFuture;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::job::{Jobs, describe, failed, free_unit};
use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::reason::Reason;
use crate::remediation::machine::Identified;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct RestartService(Jobs);

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
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(jobs)
    }

    async fn run(&self, intent: &Intent) -> Finding {
        let Ok(details) = Details::deserialize(&intent.plan) else {
            return failed(
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
            );
        };
        if details.verb == PlannedVerb::Restart
            && let Some(finding) = self.already_restarted(intent, &details).await
        {
            return finding;
        }
        let verb = match details.verb {
            PlannedVerb::Start => Verb::Start,
            PlannedVerb::Restart => Verb::Restart,
        };
        self.0.run(verb, intent).await
    }

    /// A live unit is not restarted twice: somebody may have done it since the plan was made.
    async fn already_restarted(&self, intent: &Intent, details: &Details) -> Option<Finding> {
        let unit = intent.unit()?;
        let state = self.0.manager().unit(unit).await.ok()?;
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
        Box::pin(async move {
            match Details::deserialize(&intent.plan) {
                Ok(details) => {
                    let before = details.invocation_before.as_deref();
                    self.0.identify_start(intent, before).await
                }
                Err(_) => (Identified::Unknown, json!({})),
            }
        })
    }
}

pub(super) fn plan(planning: &Planning) -> Result<Plan, Reason> {
    let (unit, state) = free_unit(planning)?;
    let (verb, word) = match state.active {
        ActiveState::Active => (PlannedVerb::Restart, "restart"),
        _ => (PlannedVerb::Start, "start"),
    };
    let details = Details {
        verb,
        state_before: describe(state),
        invocation_before: state.invocation_id.clone(),
    };
    Ok(Plan {
        message: format!("{word} `{unit}`, which is {}", details.state_before),
        details: serde_json::to_value(&details).unwrap_or_default(),
    })
}
