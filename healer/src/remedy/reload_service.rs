//! `reload_service`: has a unit that is alive read its configuration again. The unit keeps running, in the same
//! invocation.
//!
//! A unit that has no way to reload is a clear failure, never restarted in its place.

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
pub struct ReloadService(Jobs);

impl ReloadService {
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(jobs)
    }
}

impl Remedy for ReloadService {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(std::future::ready(plan(planning)))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.0.run(Verb::Reload, &started.get().intent).await })
    }

    /// Nothing tells whether it happened, and twice does no harm.
    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(async move {
            match self.0.rest(intent).await {
                None => (Identified::Unknown, json!({})),
                Some((_, Some(job))) => (Identified::Happened, json!({"job": job})),
                Some((_, None)) => (Identified::RunAgain, json!({})),
            }
        })
    }
}

pub(super) fn plan(planning: &Planning) -> Result<Plan, Reason> {
    let (unit, state) = free_unit(planning)?;
    if state.active != ActiveState::Active {
        return Err(Reason::RungNotAllowed);
    }
    let before = describe(state);
    Ok(Plan {
        message: format!("reload `{unit}`, which is {before}"),
        details: json!({"state_before": before}),
    })
}
