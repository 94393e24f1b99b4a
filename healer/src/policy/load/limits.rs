//! Cooldowns, budgets, flapping, breaker and ages: the defaults, and the rules' own where they differ.

use std::time::Duration;

use super::checker::{Checker, Problem, join};
use super::value::{count, duration, factor, number, some_duration};
use crate::facts::{MOST_CHARGES, MOST_ENDS};
use crate::policy::wire::{
    BreakerWire, BudgetWire, CooldownWire, DefaultsWire, EvidenceWire, FlappingWire, OrNone,
    RuleWire, Scalar,
};
use crate::policy::{Breaker, Budget, Cooldown, Flapping};

/// The journal forgets older charges.
const LONGEST_WINDOW: Duration = Duration::from_hours(2160);

pub(super) const HOST_BUDGET: Budget = Budget {
    max: 20,
    per: Duration::from_hours(1),
};

const MOST_LOG_LINES: u32 = 1000;

/// What a rule has unless it says otherwise.
#[derive(Clone, Copy)]
pub(super) struct Limits {
    pub(super) cooldown: Cooldown,
    pub(super) budget: Budget,
    pub(super) rule_budget: Option<Budget>,
    pub(super) target_budget: Option<Budget>,
    pub(super) flapping: Option<Flapping>,
    pub(super) breaker: Option<Breaker>,
    pub(super) log_lines: u32,
    pub(super) max_evidence_age: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            cooldown: Cooldown {
                first: Duration::ZERO,
                step: Duration::from_secs(5),
                factor: 4.0,
                max: Duration::from_mins(5),
            },
            budget: Budget {
                max: 5,
                per: Duration::from_hours(1),
            },
            rule_budget: None,
            target_budget: None,
            flapping: Some(Flapping {
                repairs: 5,
                within: Duration::from_mins(30),
                hold: Duration::from_hours(1),
            }),
            breaker: Some(Breaker {
                failures: 3,
                open_for: Duration::from_hours(1),
            }),
            log_lines: 20,
            max_evidence_age: Duration::from_mins(2),
        }
    }
}

/// The limits that `defaults` and rules write alike.
pub(super) struct Written<'w> {
    cooldown: Option<&'w CooldownWire>,
    budget: Option<&'w BudgetWire>,
    rule_budget: Option<&'w OrNone<BudgetWire>>,
    target_budget: Option<&'w OrNone<BudgetWire>>,
    flapping: Option<&'w OrNone<FlappingWire>>,
    breaker: Option<&'w OrNone<BreakerWire>>,
    evidence: Option<&'w EvidenceWire>,
    max_evidence_age: Option<&'w Scalar>,
}

impl<'w> Written<'w> {
    pub(super) fn in_defaults(wire: &'w DefaultsWire) -> Self {
        Self {
            cooldown: wire.cooldown.as_ref(),
            budget: wire.budget.as_ref(),
            rule_budget: wire.rule_budget.as_ref(),
            target_budget: wire.target_budget.as_ref(),
            flapping: wire.flapping.as_ref(),
            breaker: wire.breaker.as_ref(),
            evidence: wire.evidence.as_ref(),
            max_evidence_age: wire.max_evidence_age.as_ref(),
        }
    }

    pub(super) fn in_rule(wire: &'w RuleWire) -> Self {
        Self {
            cooldown: wire.cooldown.as_ref(),
            budget: wire.budget.as_ref(),
            rule_budget: wire.rule_budget.as_ref(),
            target_budget: wire.target_budget.as_ref(),
            flapping: wire.flapping.as_ref(),
            breaker: wire.breaker.as_ref(),
            evidence: wire.evidence.as_ref(),
            max_evidence_age: wire.max_evidence_age.as_ref(),
        }
    }
}

impl Limits {
    /// What is written at `at`, and what it leaves out from `default`.
    pub(super) fn check(
        checker: &mut Checker<'_>,
        at: &str,
        written: &Written<'_>,
        default: &Self,
    ) -> Option<Self> {
        let cooldown = match written.cooldown {
            None => Some(default.cooldown),
            Some(wire) => cooldown(checker, &join(at, "cooldown"), wire, default.cooldown),
        };
        let own_budget = match written.budget {
            None => Some(default.budget),
            Some(wire) => budget(checker, &join(at, "budget"), wire),
        };
        let rule_budget = checker.or_none(
            at,
            "rule_budget",
            written.rule_budget,
            default.rule_budget,
            budget,
        );
        let target_budget = checker.or_none(
            at,
            "target_budget",
            written.target_budget,
            default.target_budget,
            budget,
        );
        let flapping =
            checker.or_none(at, "flapping", written.flapping, default.flapping, flapping);
        let breaker = checker.or_none(at, "breaker", written.breaker, default.breaker, breaker);
        let log_lines = checker.or(
            &join(at, "evidence"),
            "log_lines",
            written.evidence.and_then(|wire| wire.log_lines.clone()),
            default.log_lines,
            number(0, MOST_LOG_LINES),
        );
        let max_evidence_age = checker.or(
            at,
            "max_evidence_age",
            written.max_evidence_age.cloned(),
            default.max_evidence_age,
            some_duration,
        );
        Some(Self {
            cooldown: cooldown?,
            budget: own_budget?,
            rule_budget: rule_budget?,
            target_budget: target_budget?,
            flapping: flapping?,
            breaker: breaker?,
            log_lines: log_lines?,
            max_evidence_age: max_evidence_age?,
        })
    }
}

pub(super) fn budget(checker: &mut Checker<'_>, at: &str, wire: &BudgetWire) -> Option<Budget> {
    const EXAMPLE: &str = "a budget is whole: `{max: 5, per: 1h}`";
    let max = checker.required(at, "max", wire.max.clone(), EXAMPLE, count(MOST_CHARGES));
    let per = checker.required(at, "per", wire.per.clone(), EXAMPLE, window);
    Some(Budget {
        max: max?,
        per: per?,
    })
}

/// A time that the journal looks back.
fn window(text: &str) -> Result<Duration, Problem> {
    match some_duration(text)? {
        window if window > LONGEST_WINDOW => Err(Problem::new(
            format!("`{text}` is longer than the journal remembers"),
            "write at most `90d`",
        )),
        window => Ok(window),
    }
}

fn flapping(checker: &mut Checker<'_>, at: &str, wire: &FlappingWire) -> Option<Flapping> {
    const EXAMPLE: &str =
        "it is whole, `{repairs: 5, within: 30m, hold: 1h}`, or switched off, `none`";
    let repairs = checker.required(
        at,
        "repairs",
        wire.repairs.clone(),
        EXAMPLE,
        number(2, MOST_ENDS),
    );
    let within = checker.required(at, "within", wire.within.clone(), EXAMPLE, window);
    let hold = checker.required(at, "hold", wire.hold.clone(), EXAMPLE, window);
    Some(Flapping {
        repairs: repairs?,
        within: within?,
        hold: hold?,
    })
}

fn breaker(checker: &mut Checker<'_>, at: &str, wire: &BreakerWire) -> Option<Breaker> {
    const EXAMPLE: &str = "it is whole, `{failures: 3, open_for: 1h}`, or switched off, `none`";
    let failures = checker.required(
        at,
        "failures",
        wire.failures.clone(),
        EXAMPLE,
        count(MOST_ENDS),
    );
    let open_for = checker.required(at, "open_for", wire.open_for.clone(), EXAMPLE, window);
    Some(Breaker {
        failures: failures?,
        open_for: open_for?,
    })
}

/// A cooldown; what it leaves out is taken from `default`.
fn cooldown(
    checker: &mut Checker<'_>,
    at: &str,
    wire: &CooldownWire,
    default: Cooldown,
) -> Option<Cooldown> {
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
