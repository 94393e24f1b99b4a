//! Rules: name, matchers, target, limits; their ladders are read in `rung`.

use std::collections::BTreeSet;
use std::time::Duration;

use super::checker::{self, Checker, Problem, join};
use super::limits::{self, Defaults};
use super::{mode, paths, rung};
use crate::policy::wire::{EscalateWire, RuleWire, Scalar, TargetWire, UnitTargetWire};
use crate::policy::{Matcher, Protected, Receiver, Rule, TargetRule, matcher};

/// A ladder that was exhausted keeps its target in quarantine this long, unless the rule says otherwise.
const QUARANTINE: Duration = Duration::from_hours(1);

/// What a rule refers to; a part that has errors of its own is missing and not checked against.
struct Context<'a> {
    defaults: Option<&'a Defaults>,
    protected: Option<&'a Protected>,
    receivers: Option<&'a [Receiver]>,
}

pub(super) fn rules(
    checker: &mut Checker<'_>,
    wire: Option<Vec<RuleWire>>,
    defaults: Option<&Defaults>,
    protected: Option<&Protected>,
    receivers: Option<&[Receiver]>,
) -> Option<Vec<Rule>> {
    let context = Context {
        defaults,
        protected,
        receivers,
    };
    let wire = checker.present("", "rules", wire, "write `rules: []` for none")?;
    let mut names = BTreeSet::new();
    let rules: Vec<Option<Rule>> = wire
        .into_iter()
        .enumerate()
        .map(|(index, wire)| {
            rule(
                checker,
                &format!("rules[{index}]"),
                wire,
                &context,
                &mut names,
            )
        })
        .collect();
    rules.into_iter().collect()
}

fn rule(
    checker: &mut Checker<'_>,
    at: &str,
    wire: RuleWire,
    context: &Context<'_>,
    names: &mut BTreeSet<String>,
) -> Option<Rule> {
    let name = checker.required(
        at,
        "name",
        wire.name,
        "as in `name: service-down`",
        |text| rule_name(text, names),
    );
    let matchers = matchers(checker, at, wire.matchers);
    let continues = checker.or(at, "continue", wire.continues, false, checker::boolean);
    let mode = checker.or(at, "mode", wire.mode, None, |text| mode(text).map(Some));
    let target = target(checker, at, wire.target, context.protected);
    let ladder = rung::ladder(checker, at, wire.ladder, target.as_ref());
    let fallback = Defaults::default();
    let defaults = context.defaults.unwrap_or(&fallback);
    let cooldown = limits::cooldown(
        checker,
        &join(at, "cooldown"),
        wire.cooldown.as_ref(),
        defaults.cooldown,
    );
    let budget = limits::budget(
        checker,
        &join(at, "budget"),
        wire.budget.as_ref(),
        defaults.budget,
    );
    let max_evidence_age = checker.or(
        at,
        "max_evidence_age",
        wire.max_evidence_age,
        defaults.max_evidence_age,
        checker::some_duration,
    );
    let respects_clean_stop = checker.or(
        at,
        "after_clean_stop",
        wire.after_clean_stop,
        false,
        respects_clean_stop,
    );
    let escalate = escalate(
        checker,
        &join(at, "escalate"),
        wire.escalate,
        context.receivers,
    );
    let (quarantine, receivers) = escalate?;
    Some(Rule {
        name: name?,
        matchers: matchers?,
        continues: continues?,
        mode: mode?,
        target: target?,
        ladder: ladder?,
        cooldown: cooldown?,
        budget: budget?,
        rule_budget: None,
        target_budget: None,
        flapping: None,
        breaker: None,
        active_time_intervals: Vec::new(),
        mute_time_intervals: Vec::new(),
        evidence_log_lines: 0,
        max_evidence_age: max_evidence_age?,
        respects_clean_stop: respects_clean_stop?,
        quarantine,
        receivers,
    })
}

fn rule_name(text: &str, names: &mut BTreeSet<String>) -> Result<String, Problem> {
    let is_valid = (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !is_valid {
        return Err(Problem::new(
            format!("`{text}` is not a rule's name"),
            "1 to 100 letters, digits, `-`, `_` and `.`",
        ));
    }
    if !names.insert(text.to_owned()) {
        return Err(Problem::new(
            format!("two rules are named `{text}`"),
            "give each rule a name of its own: budgets and the log go by it",
        ));
    }
    Ok(text.to_owned())
}

fn matchers(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Vec<Scalar>>,
) -> Option<Vec<Matcher>> {
    const EXAMPLE: &str = "as in `matchers: ['alertname = \"ServiceDown\"']`";
    let wire = checker.present(at, "matchers", wire, EXAMPLE)?;
    let matchers: Vec<Matcher> = checker
        .list(at, "matchers", Some(wire), |text| {
            matcher::parse(text).map_err(|error| {
                Problem::new(
                    error.to_string(),
                    "a matcher is `label = \"value\"`, with `=`, `!=`, `=~` or `!~`",
                )
            })
        })?
        .into_iter()
        .flatten()
        .collect();
    if matchers.iter().all(Matcher::accepts_missing) {
        checker.report(
            &join(at, "matchers"),
            Problem::new(
                "the matchers fit alerts that have none of the labels",
                "add one that a missing label does not fit, such as `alertname = \"ServiceDown\"`",
            ),
        );
        return None;
    }
    Some(matchers)
}

fn respects_clean_stop(text: &str) -> Result<bool, Problem> {
    match text {
        "respect" => Ok(true),
        "repair" => Ok(false),
        _ => Err(Problem::new(
            format!("unknown answer `{text}` to a clean stop"),
            "`respect` leaves a unit alone that was stopped by hand, `repair` starts it (the default)",
        )),
    }
}

fn target(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<TargetWire>,
    protected: Option<&Protected>,
) -> Option<TargetRule> {
    const EXAMPLES: &str = "either `{unit: {label: name, allow: ['nginx.service']}}` or `{path: /var/tmp, when: same_file_system}`";
    let wire = checker.present(at, "target", wire, EXAMPLES)?;
    let at = join(at, "target");
    match (wire.unit, wire.path) {
        (Some(unit), None) => {
            if wire.when.is_some() {
                checker.report(
                    &join(&at, "when"),
                    Problem::new("`when` is for paths only", "leave it out"),
                );
            }
            unit_target(checker, &join(&at, "unit"), unit)
        }
        (None, Some(path)) => {
            let protected = protected.map_or(&[][..], |protected| &protected.paths);
            let path = checker.required(&at, "path", Some(path), EXAMPLES, |text| {
                paths::cleanable(text, protected)
            });
            let same_file_system = checker.or(&at, "when", wire.when, false, when);
            Some(TargetRule::Path {
                path: path?,
                same_file_system: same_file_system?,
            })
        }
        (Some(_), Some(_)) => {
            checker.report(&at, Problem::new("a rule has one target", EXAMPLES));
            None
        }
        (None, None) => {
            checker.report(&at, Problem::new("the target names nothing", EXAMPLES));
            None
        }
    }
}

fn unit_target(checker: &mut Checker<'_>, at: &str, wire: UnitTargetWire) -> Option<TargetRule> {
    let label = checker.required(
        at,
        "label",
        wire.label,
        "the label that names the unit: `label: name`",
        checker::name,
    );
    let allow = checker.list(at, "allow", wire.allow, checker::unit_glob);
    Some(TargetRule::Unit {
        label: label?,
        allow: allow?,
    })
}

fn when(text: &str) -> Result<bool, Problem> {
    match text {
        "same_file_system" => Ok(true),
        "always" => Ok(false),
        _ => Err(Problem::new(
            format!("unknown condition `{text}`"),
            "`same_file_system`: only when the alert's `mountpoint` is the mount that holds the path; or `always`",
        )),
    }
}

fn escalate(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<EscalateWire>,
    known: Option<&[Receiver]>,
) -> Option<(Duration, Vec<String>)> {
    let Some(wire) = wire else {
        return Some((QUARANTINE, Vec::new()));
    };
    let quarantine = checker.or(
        at,
        "quarantine",
        wire.quarantine,
        QUARANTINE,
        checker::duration,
    );
    let receivers = checker.list(
        at,
        "receivers",
        Some(wire.receivers.unwrap_or_default()),
        |text| match known {
            Some(known) if !known.iter().any(|receiver| receiver.name == text) => {
                let names: Vec<_> = known.iter().map(|r| format!("`{}`", r.name)).collect();
                let hint = if names.is_empty() {
                    "there are none: add it under `receivers`".to_owned()
                } else {
                    format!("known: {}", names.join(", "))
                };
                Err(Problem::new(format!("unknown receiver `{text}`"), hint))
            }
            _ => Ok(text.to_owned()),
        },
    );
    Some((quarantine?, receivers?))
}
