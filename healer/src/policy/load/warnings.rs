//! What is allowed and probably not meant: parts that can never be used, and rules that can never act.
//!
//! Pure: only what the policy itself says is looked at. Each warning has its place and a way to mend it.

mod telling;

use std::collections::BTreeSet;

use globset::GlobMatcher;

use super::checker::{Checker, Problem};
use crate::policy::{
    Group, Matcher, MatcherTest, Policy, RemedyKind, RemedySpec, Rule, TargetRule, TimeInterval,
};

/// Looks at a policy that has no errors.
pub(super) fn look(checker: &mut Checker<'_>, policy: &Policy, time_intervals: &[TimeInterval]) {
    unused(checker, policy, time_intervals);
    telling::look(checker, policy);
    for (index, group) in policy.groups.iter().enumerate() {
        too_few_members(checker, &format!("groups[{index}]"), group);
    }
    for (index, rule) in policy.rules.iter().enumerate() {
        let at = format!("rules[{index}]");
        let earlier = policy.rules.get(..index).unwrap_or_default();
        shadowed(checker, &at, rule, earlier);
        never_critical(checker, &at, rule, policy);
        only_protected(checker, &at, rule, policy);
        rungs_for_nobody(checker, &at, rule);
    }
}

fn unused(checker: &mut Checker<'_>, policy: &Policy, time_intervals: &[TimeInterval]) {
    let times: BTreeSet<&str> = policy
        .rules
        .iter()
        .flat_map(|rule| [&rule.active_time_intervals, &rule.mute_time_intervals])
        .flatten()
        .chain(&policy.telling.quiet_hours)
        .map(|interval| interval.name.as_str())
        .collect();
    for (index, interval) in time_intervals.iter().enumerate() {
        if !times.contains(interval.name.as_str()) {
            checker.warn(
                &format!("time_intervals[{index}].name"),
                Problem::new(
                    format!("nothing uses the time interval `{}`", interval.name),
                    "name it in a rule's `active_time_intervals` or `mute_time_intervals`, or in `quiet_hours` of `notify`, or remove it",
                ),
            );
        }
    }
    for (index, group) in policy.groups.iter().enumerate() {
        let is_used = policy
            .rules
            .iter()
            .filter_map(|rule| rule.target.units())
            .any(|allow| {
                allow
                    .iter()
                    .any(|unit| group.units.iter().any(|member| may_meet(unit, member)))
            });
        if !is_used {
            checker.warn(
                &format!("groups[{index}].name"),
                Problem::new(
                    format!("no rule allows a unit of the group `{}`", group.name),
                    "compare its `units` with the allow-lists of the rules",
                ),
            );
        }
    }
}

/// Whether some name may fit both; two globs that begin differently do not meet.
fn may_meet(left: &GlobMatcher, right: &GlobMatcher) -> bool {
    let (left_text, right_text) = (left.glob().glob(), right.glob().glob());
    match (literal(left_text), literal(right_text)) {
        (None, _) => right.is_match(left_text),
        (_, None) => left.is_match(right_text),
        (Some(left), Some(right)) => left.starts_with(right) || right.starts_with(left),
    }
}

/// What a glob begins with; none for a plain name.
fn literal(glob: &str) -> Option<&str> {
    glob.find(['*', '?', '[', '{'])
        .and_then(|end| glob.get(..end))
}

fn too_few_members(checker: &mut Checker<'_>, at: &str, group: &Group) {
    let plain: BTreeSet<&str> = group
        .units
        .iter()
        .map(|unit| unit.glob().glob())
        .filter(|text| literal(text).is_none())
        .collect();
    let others = u32::try_from(plain.len().saturating_sub(1)).unwrap_or(u32::MAX);
    if plain.len() == group.units.len() && group.min_healthy > others {
        checker.warn(
            &format!("{at}.min_healthy"),
            Problem::new(
                format!(
                    "no unit of `{}` that is up is ever restarted: {} others must be up, and there are {others}",
                    group.name, group.min_healthy
                ),
                format!("write at most `min_healthy: {others}`, or add units"),
            ),
        );
    }
}

/// An earlier rule takes every alert that this one could match.
fn shadowed(checker: &mut Checker<'_>, at: &str, rule: &Rule, earlier: &[Rule]) {
    let own: BTreeSet<String> = rule.matchers.iter().map(ToString::to_string).collect();
    let first = earlier.iter().find(|other| {
        !other.continues
            && other
                .matchers
                .iter()
                .all(|matcher| own.contains(&matcher.to_string()))
    });
    if let Some(first) = first {
        checker.warn(
            &format!("{at}.matchers"),
            Problem::new(
                format!(
                    "`{}` never matches: `{}` stands before it and takes every such alert",
                    rule.name, first.name
                ),
                format!(
                    "put the narrower rule first, or write `continue: true` in `{}`",
                    first.name
                ),
            ),
        );
    }
}

/// What hits something that runs needs a critical alert, which this rule never matches.
fn never_critical(checker: &mut Checker<'_>, at: &str, rule: &Rule, policy: &Policy) {
    let excluded = policy.critical.iter().find(|critical| {
        rule.matchers
            .iter()
            .any(|matcher| matcher.name == critical.name && excludes(matcher, critical))
    });
    let Some(excluded) = excluded else {
        return;
    };
    for (index, rung) in rule.ladder.iter().enumerate() {
        if hits_what_runs(&rung.remedy, &rule.target) {
            checker.warn(
                &format!("{at}.ladder[{index}].remedy"),
                Problem::new(
                    format!(
                        "`{}` never acts here: it hits what runs, which needs an alert with `{excluded}`, and the rule's matchers exclude that",
                        rung.remedy.kind().as_str()
                    ),
                    "move it to a rule for critical alerts, or change `critical`",
                ),
            );
        }
    }
}

/// Whether no value fits both, as far as that can be told.
fn excludes(matcher: &Matcher, critical: &Matcher) -> bool {
    let accepts = |matcher: &Matcher, value: &str| {
        matcher.matches(&[(matcher.name.clone(), value.to_owned())].into())
    };
    match (&matcher.test, &critical.test) {
        (MatcherTest::Equal(value), _) => !accepts(critical, value),
        (_, MatcherTest::Equal(value)) => !accepts(matcher, value),
        _ => false,
    }
}

/// Whether the remedy interrupts something that is up.
const fn hits_what_runs(remedy: &RemedySpec, target: &TargetRule) -> bool {
    match remedy {
        RemedySpec::RestartService(restart) => {
            restart.restarts_live || matches!(target, TargetRule::ProcessGroup { .. })
        }
        other => matches!(
            other.kind(),
            RemedyKind::StopService
                | RemedyKind::ThrottleService
                | RemedyKind::EndProcess
                | RemedyKind::Reboot
        ),
    }
}

/// All that a rule may interrupt is protected from that.
fn only_protected(checker: &mut Checker<'_>, at: &str, rule: &Rule, policy: &Policy) {
    let (Some(allow), key) = (rule.target.units(), target_key(rule)) else {
        return;
    };
    let is_protected = |unit: &GlobMatcher| {
        let text = unit.glob().glob();
        policy
            .protected
            .units
            .iter()
            .any(|protected| protected.is_match(text))
    };
    if !allow.is_empty() && allow.iter().all(is_protected) {
        checker.warn(
            &format!("{at}.target.{key}.allow"),
            Problem::new(
                "the allow-list has only protected units: dead ones are started, and nothing else is done to them",
                "allow other units, or take them out of `protected`; what carries the machine stays protected",
            ),
        );
    }
}

const fn target_key(rule: &Rule) -> &'static str {
    match rule.target {
        TargetRule::ProcessGroup { .. } => "process_group",
        _ => "unit",
    }
}

/// Names in a rung's list that the rule itself does not allow.
fn rungs_for_nobody(checker: &mut Checker<'_>, at: &str, rule: &Rule) {
    let Some(allow) = rule.target.units() else {
        return;
    };
    for (index, rung) in rule.ladder.iter().enumerate() {
        for (place, unit) in rung.allow.iter().flatten().enumerate() {
            if !allow.iter().any(|allowed| may_meet(allowed, unit)) {
                checker.warn(
                    &format!("{at}.ladder[{index}].allow[{place}]"),
                    Problem::new(
                        format!("the rule does not allow `{}`", unit.glob().glob()),
                        "add it to the target's `allow`: a rung's list only narrows that one",
                    ),
                );
            }
        }
    }
}
