//! Cooldowns, budgets and ages: the defaults, and the rules' own where they differ.

use std::time::Duration;

use super::checker::{Checker, Problem, count, duration, factor, some_duration};
use crate::policy::wire::{BudgetWire, CooldownWire, DefaultsWire};
use crate::policy::{Budget, Cooldown};

/// The journal forgets older charges.
const LONGEST_WINDOW: Duration = Duration::from_hours(2160);

const COOLDOWN: Cooldown = Cooldown {
    first: Duration::ZERO,
    step: Duration::from_secs(5),
    factor: 4.0,
    max: Duration::from_mins(5),
};

const BUDGET: Budget = Budget {
    max: 5,
    per: Duration::from_hours(1),
};

pub(super) const HOST_BUDGET: Budget = Budget {
    max: 20,
    per: Duration::from_hours(1),
};

const MAX_EVIDENCE_AGE: Duration = Duration::from_mins(2);

/// What a rule has unless it says otherwise.
pub(super) struct Defaults {
    pub(super) cooldown: Cooldown,
    pub(super) budget: Budget,
    pub(super) max_evidence_age: Duration,
}

impl Defaults {
    pub(super) fn check(checker: &mut Checker<'_>, wire: &DefaultsWire) -> Option<Self> {
        let cooldown = cooldown(
            checker,
            "defaults.cooldown",
            wire.cooldown.as_ref(),
            COOLDOWN,
        );
        let budget = budget(checker, "defaults.budget", wire.budget.as_ref(), BUDGET);
        let max_evidence_age = checker.or(
            "defaults",
            "max_evidence_age",
            wire.max_evidence_age.clone(),
            MAX_EVIDENCE_AGE,
            some_duration,
        );
        Some(Self {
            cooldown: cooldown?,
            budget: budget?,
            max_evidence_age: max_evidence_age?,
        })
    }
}

impl Default for Defaults {
    fn default() -> Self {
        Self {
            cooldown: COOLDOWN,
            budget: BUDGET,
            max_evidence_age: MAX_EVIDENCE_AGE,
        }
    }
}

pub(super) fn budget(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<&BudgetWire>,
    default: Budget,
) -> Option<Budget> {
    const EXAMPLE: &str = "a budget is whole: `{max: 5, per: 1h}`";
    let Some(wire) = wire else {
        return Some(default);
    };
    let max = checker.required(at, "max", wire.max.clone(), EXAMPLE, count(10_000));
    let per = checker.required(
        at,
        "per",
        wire.per.clone(),
        EXAMPLE,
        |text| match some_duration(text)? {
            per if per > LONGEST_WINDOW => Err(Problem::new(
                format!("`{text}` is longer than the journal remembers"),
                "write at most `90d`",
            )),
            per => Ok(per),
        },
    );
    Some(Budget {
        max: max?,
        per: per?,
    })
}

/// A cooldown; what it leaves out is taken from `default`.
pub(super) fn cooldown(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<&CooldownWire>,
    default: Cooldown,
) -> Option<Cooldown> {
    let Some(wire) = wire else {
        return Some(default);
    };
    let first = checker.or(at, "first", wire.first.clone(), default.first, duration);
    let factor = checker.or(at, "factor", wire.factor.clone(), default.factor, factor);
    let max = checker.or(at, "max", wire.max.clone(), default.max, duration);
    // A short `max` cuts a step that nobody wrote; one that somebody wrote must fit.
    let step_default = default.step.min(max.unwrap_or(default.step));
    let step = checker.or(at, "step", wire.step.clone(), step_default, some_duration);
    let cooldown = Cooldown {
        first: first?,
        step: step?,
        factor: factor?,
        max: max?,
    };
    for (key, value) in [("first", cooldown.first), ("step", cooldown.step)] {
        if value > cooldown.max {
            checker.report(
                &format!("{at}.{key}"),
                Problem::new(
                    format!("`{key}` is longer than `max`"),
                    "raise `max`, or shorten it",
                ),
            );
        }
    }
    Some(cooldown)
}
