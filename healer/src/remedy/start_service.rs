//! `start_service`: starts a unit that is dead, and never touches one that is alive.
//!
//! Bounded as `restart_service` is: no start limit is reset, no job of somebody else is replaced.

use futures_util::future::BoxFuture;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::job::{Jobs, describe, free_unit};
use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::reason::Reason;
use crate::remediation::machine::Identified;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct StartService(Jobs);

/// What the intent keeps: the unit before.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    state_before: String,
    invocation_before: Option<String>,
}

impl StartService {
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(jobs)
    }
}

impl Remedy for StartService {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(std::future::ready(plan(planning)))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        // To a unit that is up by now, systemd's start does nothing.
        Box::pin(async move { self.0.run(Verb::Start, &started.get().intent).await })
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
    if state.active == ActiveState::Active {
        return Err(Reason::RecoveredByItself);
    }
    let details = Details {
        state_before: describe(state),
        invocation_before: state.invocation_id.clone(),
    };
    Ok(Plan {
        message: format!("start `{unit}`, which is {}", details.state_before),
        details: serde_json::to_value(&details).unwrap_or_default(),
    })
}
