//! Undoing: one try to give a unit its limits of before back, and the journal's line about it.

use std::collections::BTreeSet;

use prunelle_systemd::{Property, SystemdError, UnitName};

use super::Ports;
use crate::journal::{Undo, UndoTold, UndoTry};
use crate::reason::{Outcome, Reason};
use crate::remedy::job::refused;
use crate::resource_limits::ResourceLimits;

/// Why something is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::remediation) enum Why {
    /// Its alert is over.
    AlertOver,
    /// It was to last so long.
    TimeUp,
    /// The policy no longer has its rule.
    RuleGone,
    /// The machine was booted since: what was set until the next boot is gone.
    Booted,
    /// Its attempt failed: it is undone only when nothing was done.
    Doubt,
}

impl Why {
    const fn words(self) -> &'static str {
        match self {
            Self::AlertOver => "the alert is over",
            Self::TimeUp => "its time is up",
            Self::RuleGone => "the policy no longer has the rule",
            Self::Booted => "the machine was booted since",
            Self::Doubt => "it was not done",
        }
    }
}

/// What is to be undone, and how.
#[derive(Clone, Debug)]
pub(in crate::remediation) struct UndoStep {
    pub(in crate::remediation) undo: Undo,
    /// What others hold on the same unit: it stays until they are undone.
    pub(in crate::remediation) kept: BTreeSet<Property>,
    pub(in crate::remediation) why: Why,
}

/// How a try ended: whether it is over, or why it has to be tried again.
#[derive(Debug)]
pub(in crate::remediation) struct Tried {
    pub(in crate::remediation) number: i64,
    pub(in crate::remediation) unit: UnitName,
    pub(in crate::remediation) result: Result<bool, String>,
}

/// Tries once.
pub(in crate::remediation) async fn undo(ports: Ports, step: UndoStep) -> Tried {
    Tried {
        number: step.undo.number,
        unit: step.undo.unit.clone(),
        result: attempt(&ports, &step).await,
    }
}

async fn attempt(ports: &Ports, step: &UndoStep) -> Result<bool, String> {
    let UndoStep { undo, kept, why } = step;
    let unit = &undo.unit;
    let because = why.words();
    if *why == Why::Booted {
        let message = format!(
            "`{unit}` is no longer limited to {}: {because}",
            undo.limits
        );
        return over(ports, step, Some(message)).await;
    }
    let properties = undo.before.properties();
    let present: ResourceLimits = match ports.manager.properties(unit, &properties).await {
        Ok(present) => properties
            .into_iter()
            .zip(present)
            .filter_map(|(property, value)| Some((property, value?)))
            .collect(),
        Err(error) => return Err(error.to_string()),
    };
    let is_as_before = undo
        .before
        .iter()
        .all(|(property, before)| present.get(property).is_none_or(|value| value == before));
    if *why == Why::Doubt {
        return if is_as_before {
            over(ports, step, None).await
        } else {
            Ok(false)
        };
    }
    let (back, others) = sorted(undo, kept, &present);
    if back.is_empty() {
        let message = if is_as_before {
            format!("`{unit}` is not limited any more, there was nothing to undo: {because}")
        } else {
            format!("the limits of `{unit}` are left as they are, {others}: {because}")
        };
        return over(ports, step, Some(message)).await;
    }
    let values: Vec<(Property, u64)> = back.iter().collect();
    match ports.manager.set_properties(unit, &values).await {
        Ok(()) => {
            let rest = if others.is_empty() {
                String::new()
            } else {
                format!(" (the rest is left as it is, {others})")
            };
            let message = format!("`{unit}` is back at {back}{rest}: {because}");
            over(ports, step, Some(message)).await
        }
        Err(SystemdError::NoSuchUnit(_)) => {
            let message = format!("`{unit}` does not exist any more: {because}");
            over(ports, step, Some(message)).await
        }
        Err(error) => failed(ports, step, &error).await,
    }
}

/// What is to be set back, and why the rest is not.
fn sorted(
    undo: &Undo,
    kept: &BTreeSet<Property>,
    present: &ResourceLimits,
) -> (ResourceLimits, &'static str) {
    let mut back = ResourceLimits::default();
    let mut others = "";
    for (property, before) in undo.before.iter() {
        let Some(value) = present.get(property) else {
            continue;
        };
        let is_ours = undo
            .ours
            .get(&property)
            .is_some_and(|ours| ours.contains(&value));
        if value == before {
        } else if kept.contains(&property) {
            others = "another alert needs them";
        } else if is_ours {
            back.set(property, before);
        } else if others.is_empty() {
            others = "somebody else has changed them";
        }
    }
    (back, others)
}

async fn over(ports: &Ports, step: &UndoStep, message: Option<String>) -> Result<bool, String> {
    let told = message.map(|message| UndoTold {
        outcome: Outcome::Success,
        reason: None,
        message,
    });
    keep(ports, step, told, true).await.map(|()| true)
}

async fn failed(ports: &Ports, step: &UndoStep, error: &SystemdError) -> Result<bool, String> {
    let problem = error.to_string();
    // Nothing was asked: there is nothing to tell.
    if !matches!(error, SystemdError::NotConnected) {
        let failure = refused(error).result.err();
        let told = UndoTold {
            outcome: failure.map_or(Outcome::Failed, |failure| failure.outcome),
            reason: Some(failure.map_or(Reason::RemedyFailed, |failure| failure.reason)),
            message: format!(
                "`{}` is still limited to {}, and will be tried again: {problem}",
                step.undo.unit, step.undo.limits
            ),
        };
        keep(ports, step, Some(told), false).await?;
    }
    Err(problem)
}

async fn keep(
    ports: &Ports,
    step: &UndoStep,
    told: Option<UndoTold>,
    is_over: bool,
) -> Result<(), String> {
    let tried = UndoTry {
        undo: step.undo.clone(),
        told,
        is_over,
        at: ports.clock.now(),
    };
    ports
        .journal
        .record_undo(tried)
        .await
        .map_err(|error| error.to_string())
}
