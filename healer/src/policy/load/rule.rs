//! Rules: name, matchers, times, limits; targets and ladders are read in modules of their own.

use std::collections::BTreeSet;
use std::time::Duration;

use super::checker::{Checker, Problem, join};
use super::limits::{Limits, Written};
use super::rung::{Surroundings, ladder};
use super::target::{TargetKind, target};
use super::{mode, value};
use crate::policy::wire::{EscalateWire, RuleWire, Scalar};
use crate::policy::{Matcher, Protected, Receiver, Rule, TimeInterval, matcher};
use crate::settings::ENVIRONMENT_RECEIVER;

/// A ladder that was exhausted keeps its target in quarantine this long, unless the rule says otherwise.
const QUARANTINE: Duration = Duration::from_hours(1);

/// What a rule refers to; a part that has errors of its own is missing and not checked against.
pub(super) struct Context<'a> {
    pub(super) defaults: Option<&'a Limits>,
    pub(super) protected: Option<&'a Protected>,
    pub(super) receivers: Option<&'a [Receiver]>,
    pub(super) time_intervals: Option<&'a [TimeInterval]>,
}

pub(super) fn rules(
    checker: &mut Checker<'_>,
    wire: Option<Vec<RuleWire>>,
    context: &Context<'_>,
) -> Option<Vec<Rule>> {
    let wire = checker.present("", "rules", wire, "write `rules: []` for none")?;
    let mut names = BTreeSet::new();
    checker.each("rules", wire, |checker, at, wire| {
        rule(checker, at, wire, context, &mut names)
    })
}

fn rule(
    checker: &mut Checker<'_>,
    at: &str,
    wire: RuleWire,
    context: &Context<'_>,
    names: &mut BTreeSet<String>,
) -> Option<Rule> {
    let fallback = Limits::default();
    let defaults = context.defaults.unwrap_or(&fallback);
    let limits = Limits::check(checker, at, &Written::in_rule(&wire), defaults);
    let writes_evidence = wire.evidence.is_some();
    let name = checker.required(
        at,
        "name",
        wire.name,
        "as in `name: service-down`",
        |text| value::unique_name(text, "rule", names),
    );
    let example = "as in `matchers: ['alertname = \"ServiceDown\"']`";
    let matchers = matchers(checker, at, "matchers", wire.matchers, example);
    let continues = checker.or(at, "continue", wire.continues, false, value::boolean);
    let mode = checker.or(at, "mode", wire.mode, None, |text| mode(text).map(Some));
    let known = context.time_intervals;
    let (active, mute) = (wire.active_time_intervals, wire.mute_time_intervals);
    let active = intervals_by_name(checker, at, "active_time_intervals", active, known);
    let mute = intervals_by_name(checker, at, "mute_time_intervals", mute, known);
    let target = target(checker, at, wire.target, context.protected);
    let around = Surroundings {
        target: target.as_ref(),
        protected: context.protected,
    };
    let ladder = ladder(checker, at, wire.ladder, &around);
    let has_unit = target
        .as_ref()
        .map(|target| TargetKind::of(target).has_unit());
    if writes_evidence && has_unit == Some(false) {
        checker.report(
            &join(at, "evidence"),
            Problem::new(
                "only units have a log to keep lines of",
                "leave `evidence` out, or give the rule a target `unit` or `process_group`",
            ),
        );
    }
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
    let limits = limits?;
    Some(Rule {
        name: name?,
        matchers: matchers?,
        continues: continues?,
        mode: mode?,
        target: target?,
        ladder: ladder?,
        cooldown: limits.cooldown,
        budget: limits.budget,
        rule_budget: limits.rule_budget,
        target_budget: limits.target_budget,
        flapping: limits.flapping,
        breaker: limits.breaker,
        active_time_intervals: active?,
        mute_time_intervals: mute?,
        evidence_log_lines: if has_unit? { limits.log_lines } else { 0 },
        max_evidence_age: limits.max_evidence_age,
        respects_clean_stop: respects_clean_stop?,
        quarantine,
        receivers,
    })
}

/// Matchers that do not fit everything.
pub(super) fn matchers(
    checker: &mut Checker<'_>,
    parent: &str,
    key: &str,
    wire: Option<Vec<Scalar>>,
    example: &str,
) -> Option<Vec<Matcher>> {
    let wire = checker.present(parent, key, wire, example)?;
    let matchers = each_matcher(checker, parent, key, wire)?;
    if matchers.iter().all(Matcher::accepts_missing) {
        checker.report(
            &join(parent, key),
            Problem::new(
                "the matchers fit alerts that have none of the labels",
                format!("add one that a missing label does not fit, {example}"),
            ),
        );
        return None;
    }
    Some(matchers)
}

/// Matchers that may fit everything, as none do.
pub(super) fn each_matcher(
    checker: &mut Checker<'_>,
    parent: &str,
    key: &str,
    wire: Vec<Scalar>,
) -> Option<Vec<Matcher>> {
    let read = checker.list(parent, key, Some(wire), |text| {
        matcher::parse(text).map_err(|error| {
            Problem::new(
                error.to_string(),
                "a matcher is `label = \"value\"`, with `=`, `!=`, `=~` or `!~`",
            )
        })
    })?;
    Some(read.into_iter().flatten().collect())
}

/// Time intervals by their names.
pub(super) fn intervals_by_name(
    checker: &mut Checker<'_>,
    parent: &str,
    key: &str,
    wire: Option<Vec<Scalar>>,
    known: Option<&[TimeInterval]>,
) -> Option<Vec<TimeInterval>> {
    let found = checker.list_or_empty(parent, key, wire, |text| {
        let Some(known) = known else {
            return Ok(None);
        };
        known
            .iter()
            .find(|interval| interval.name == text)
            .map(|interval| Some(interval.clone()))
            .ok_or_else(|| {
                let names = known.iter().map(|interval| interval.name.as_str());
                unknown("time interval", text, names, "time_intervals")
            })
    })?;
    Some(found.into_iter().flatten().collect())
}

/// A name that is none of the known ones, which are under `section`.
pub(super) fn unknown<'n>(
    what: &str,
    name: &str,
    known: impl Iterator<Item = &'n str>,
    section: &str,
) -> Problem {
    let names: Vec<_> = known.map(|name| format!("`{name}`")).collect();
    let hint = if names.is_empty() {
        format!("there are none: add it under `{section}`")
    } else {
        format!("known: {}", names.join(", "))
    };
    Problem::new(format!("unknown {what} `{name}`"), hint)
}

/// A receiver of the policy, or the one that `EMAIL_TO` makes.
pub(super) fn named_receiver(text: &str, known: &[Receiver]) -> Result<String, Problem> {
    let names = || known.iter().map(|receiver| receiver.name.as_str());
    if text == ENVIRONMENT_RECEIVER || names().any(|name| name == text) {
        return Ok(text.to_owned());
    }
    let names = names().chain([ENVIRONMENT_RECEIVER]);
    Err(unknown("receiver", text, names, "receivers"))
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
        value::duration,
    );
    let receivers = checker.list_or_empty(at, "receivers", wire.receivers, |text| match known {
        Some(known) => named_receiver(text, known),
        None => Ok(text.to_owned()),
    });
    Some((quarantine?, receivers?))
}
