//! `throttle_service`: limits what a unit may use, at once and until the next boot, and has it undone later.
//!
//! It only ever tightens: a unit that is limited as much by its own file is left as it is. What the unit was like before
//! lies in the journal before anything is set (`journal::undos`), and this remedy does nothing without that. The engine
//! undoes it (`remediation::engine::undoing`).

use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_foundation::duration::PromDuration;
use prunelle_systemd::Property;
use prunelle_systemd::unit::ActiveState;
use serde_json::{Value, json};

use super::job::{Jobs, describe, failed, free_unit, refused};
use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started, UndoPlan};
use crate::policy::{RemedySpec, ThrottleService};
use crate::reason::Reason;
use crate::remediation::machine::Identified;
use crate::resource_limits::ResourceLimits;

/// What systemd keeps of a quota: hundredths of a percent.
const QUOTA_STEP: u64 = 100;
/// Memory is limited in pages.
const PAGE: u64 = 4096;
/// The weight of a unit that has none of its own.
const DEFAULT_WEIGHT: u64 = 100;

/// The remedy, on a service manager.
#[derive(Clone, Debug)]
pub struct ThrottleRemedy(Arc<Jobs>);

impl ThrottleRemedy {
    /// The remedy, on a service manager.
    pub fn new(jobs: Jobs) -> Self {
        Self(Arc::new(jobs))
    }

    async fn plan(&self, planning: &Planning) -> Result<Plan, Reason> {
        let RemedySpec::ThrottleService(settings) = &planning.remedy else {
            return Err(Reason::RungNotAllowed);
        };
        let (unit, state) = free_unit(planning)?;
        if state.active != ActiveState::Active {
            return Err(Reason::RecoveredByItself);
        }
        let wanted = wanted(settings);
        let properties = wanted.properties();
        let present = self
            .0
            .manager()
            .properties(unit, &properties)
            .await
            .map_err(|_| Reason::FactUnknown)?;
        let present = properties
            .into_iter()
            .zip(present)
            .filter_map(|(property, value)| Some((property, value?)))
            .collect();
        let undo = tightened(&wanted, &present, settings).ok_or(Reason::RungNotAllowed)?;
        Ok(Plan {
            message: format!(
                "limit `{unit}` to {} for {} at most; before: {}",
                undo.limits,
                PromDuration::from(settings.lasts),
                undo.before
            ),
            details: json!({"state_before": describe(state), "undo": undo}),
        })
    }

    async fn run(&self, started: &Started) -> Finding {
        let Some(unit) = started.intent.unit() else {
            return failed(Reason::NoTarget, "there is no unit to act on");
        };
        let (Some(undo), Ok(Some(plan))) = (&started.undo, UndoPlan::of(&started.intent.plan))
        else {
            return failed(
                Reason::RemedyFailed,
                "how it is undone is not in the journal: nothing was limited",
            );
        };
        let values: Vec<(Property, u64)> = plan.limits.iter().collect();
        match self.0.manager().set_properties(unit, &values).await {
            Ok(()) => Finding::good(
                format!("`{unit}` is limited to {}", plan.limits),
                json!({"undo_number": undo.number}),
            ),
            Err(error) => refused(&error),
        }
    }

    /// Looks at the limits: all as planned, and it happened. Setting them again does no harm.
    async fn look(&self, intent: &Intent) -> (Identified, Value) {
        let (Some(unit), Ok(Some(plan))) = (intent.unit(), UndoPlan::of(&intent.plan)) else {
            return (Identified::Unknown, json!({}));
        };
        // Waits until systemd answers.
        self.0.state(unit).await;
        let Ok(present) = self
            .0
            .manager()
            .properties(unit, &plan.limits.properties())
            .await
        else {
            return (Identified::RunAgain, json!({}));
        };
        let wanted: Vec<Option<u64>> = plan.limits.iter().map(|(_, value)| Some(value)).collect();
        if present == wanted {
            (Identified::Happened, json!({}))
        } else {
            (Identified::RunAgain, json!({}))
        }
    }
}

impl Remedy for ThrottleRemedy {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.plan(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.run(started.get()).await })
    }

    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(self.look(intent))
    }
}

/// The limits that the policy asks for, as systemd keeps them.
fn wanted(settings: &ThrottleService) -> ResourceLimits {
    let mut wanted = ResourceLimits::default();
    if let Some(quota) = settings.cpu_quota {
        let micros = std::time::Duration::try_from_secs_f64(quota).unwrap_or_default();
        let micros = u64::try_from(micros.as_micros()).unwrap_or(u64::MAX - 1);
        let rounded = micros / QUOTA_STEP * QUOTA_STEP;
        wanted.set(Property::CpuQuota, rounded.max(QUOTA_STEP));
    }
    if let Some(weight) = settings.cpu_weight {
        wanted.set(Property::CpuWeight, weight);
    }
    if let Some(bytes) = settings.memory_high {
        wanted.set(Property::MemoryHigh, (bytes / PAGE * PAGE).max(PAGE));
    }
    wanted
}

/// What would be limited more than it is, with what it is; none when that is nothing.
fn tightened(
    wanted: &ResourceLimits,
    present: &ResourceLimits,
    settings: &ThrottleService,
) -> Option<UndoPlan> {
    let mut undo = UndoPlan {
        before: ResourceLimits::default(),
        limits: ResourceLimits::default(),
        lasts_seconds: settings.lasts.as_secs().max(1),
    };
    for (property, limit) in wanted.iter() {
        let Some(value) = present.get(property) else {
            continue;
        };
        let in_force = match property {
            Property::CpuWeight if value == u64::MAX => DEFAULT_WEIGHT,
            _ => value,
        };
        if limit < in_force {
            undo.limits.set(property, limit);
            undo.before.set(property, value);
        }
    }
    (!undo.limits.is_empty()).then_some(undo)
}

#[cfg(test)]
mod tests;
