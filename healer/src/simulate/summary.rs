//! From the course of a rehearsal to its report: counting.

use std::collections::{BTreeMap, HashMap, VecDeque};

use super::Assume;
use super::course::{Course, Done, Fate};
use super::episodes::Recorded;
use super::facts::{NOT_ASKED, NOT_KNOWN};
use super::reading::{Reading, timestamp};
use super::report::{
    Asked, AttemptShown, BudgetStop, EpisodeShown, HistoryShown, Hour, NotRehearsed, PolicyShown,
    ReasonCount, RemediationShown, RemediationsBy, Report, Totals,
};
use crate::policy::{Policy, Rule};
use crate::reason::{Outcome, Reason};

const HOUR: i64 = 3_600_000;

/// Counts what a course came to.
pub(super) fn report(policy: &Policy, reading: Reading, course: Course, assume: Assume) -> Report {
    let mut course = course;
    course.done.sort_by_key(|done| done.from);
    Report {
        version: 1,
        policy: PolicyShown {
            revision: policy.revision.clone(),
            mode: policy.mode.as_str(),
        },
        assumed: assume.as_str(),
        asked: Asked {
            from: reading.span.from,
            to: reading.span.to,
        },
        totals: totals(policy, &course),
        remediations_by: remediations_by(policy, &course),
        reasons: reasons(policy, &course),
        budgets: budgets(policy, &course),
        busiest_hour: busiest_hour(&course.done),
        not_rehearsed: NOT_ASKED
            .iter()
            .chain(&NOT_KNOWN)
            .map(|(what, why)| NotRehearsed { what, why })
            .collect(),
        remediations: course
            .done
            .iter()
            .map(|done| remediation(policy, &reading, done))
            .collect(),
        episodes: reading
            .episodes
            .iter()
            .enumerate()
            .map(|(index, episode)| shown(index, episode, &course))
            .collect(),
        history: HistoryShown {
            step_seconds: reading.step.as_secs_f64(),
            prometheus: reading.prometheus,
            coverage: reading.coverage,
        },
    }
}

fn totals(policy: &Policy, course: &Course) -> Totals {
    let fates = |wanted: fn(Fate) -> bool| course.fates.iter().filter(|it| wanted(**it)).count();
    let is_other_host = |fate| matches!(fate, Fate::Suppressed(Reason::OtherHost));
    let approvals = course.done.iter().flat_map(|done| {
        let ladder = policy.rules.get(done.rule).map(|rule| &rule.ladder);
        done.attempts.iter().filter(move |attempt| {
            ladder
                .and_then(|ladder| ladder.get(attempt.rung))
                .is_some_and(|rung| rung.approval.is_some())
        })
    });
    let episodes = course.fates.len();
    Totals {
        episodes,
        of_this_host: episodes - fates(is_other_host),
        remediations: course.done.len(),
        attempts: course.done.iter().map(|done| done.attempts.len()).sum(),
        succeeded: course
            .done
            .iter()
            .filter(|done| has_succeeded(done))
            .count(),
        repaired: fates(|fate| fate == Fate::Repaired),
        tried: fates(|fate| fate == Fate::Tried),
        waited: fates(|fate| matches!(fate, Fate::Waited(_))),
        suppressed: fates(
            |fate| matches!(fate, Fate::Suppressed(reason) if reason != Reason::OtherHost),
        ),
        approvals_assumed: approvals.count(),
    }
}

fn has_succeeded(done: &Done) -> bool {
    done.end.outcome == Outcome::Success
}

fn rule(policy: &Policy, index: usize) -> String {
    policy
        .rules
        .get(index)
        .map_or_else(String::new, |rule: &Rule| rule.name.clone())
}

fn remediations_by(policy: &Policy, course: &Course) -> Vec<RemediationsBy> {
    let mut counts: BTreeMap<(usize, String, &'static str), (usize, usize)> = BTreeMap::new();
    for done in &course.done {
        let remedy = done.attempts.last().map_or("", |last| last.remedy.as_str());
        let (all, good) = counts
            .entry((done.rule, done.target.to_string(), remedy))
            .or_default();
        *all += 1;
        *good += usize::from(has_succeeded(done));
    }
    let mut list: Vec<RemediationsBy> = counts
        .into_iter()
        .map(|((index, target, remedy), (remediations, succeeded))| {
            let own = policy.rules.get(index).and_then(|rule| rule.mode);
            RemediationsBy {
                rule: rule(policy, index),
                mode: own
                    .map_or(policy.mode, |mode| mode.min(policy.mode))
                    .as_str(),
                target,
                remedy,
                remediations,
                succeeded,
            }
        })
        .collect();
    list.sort_by_key(|row| std::cmp::Reverse(row.remediations));
    list
}

fn reasons(policy: &Policy, course: &Course) -> Vec<ReasonCount> {
    let mut counts: HashMap<(Reason, Option<usize>, bool), (usize, usize)> = HashMap::new();
    for (_, rule, reason) in &course.refused {
        let (episodes, decisions) = counts.entry((*reason, *rule, false)).or_default();
        *episodes += 1;
        *decisions += 1;
    }
    for decided in &course.decided {
        let key = (decided.reason, Some(decided.rule), decided.is_deferred);
        let (episodes, decisions) = counts.entry(key).or_default();
        *episodes += usize::from(decided.is_first);
        *decisions += 1;
    }
    let mut list: Vec<ReasonCount> = counts
        .into_iter()
        .map(
            |((reason, index, is_deferred), (episodes, decisions))| ReasonCount {
                reason: reason.as_str(),
                words: reason.words(),
                rule: index.map(|index| rule(policy, index)),
                kind: if is_deferred {
                    "deferred"
                } else {
                    "suppressed"
                },
                episodes,
                decisions,
            },
        )
        .collect();
    list.sort_by(|a, b| {
        b.episodes
            .cmp(&a.episodes)
            .then_with(|| (a.reason, &a.rule, a.kind).cmp(&(b.reason, &b.rule, b.kind)))
    });
    list
}

fn budgets(policy: &Policy, course: &Course) -> Vec<BudgetStop> {
    let is_budget = |reason| {
        matches!(
            reason,
            Reason::Budget
                | Reason::RuleBudget
                | Reason::TargetBudget
                | Reason::HostBudget
                | Reason::RungBudget
        )
    };
    course
        .decided
        .iter()
        .filter(|decided| is_budget(decided.reason))
        .map(|decided| BudgetStop {
            at: timestamp(decided.at),
            reason: decided.reason.as_str(),
            rule: rule(policy, decided.rule),
            target: decided.target.to_string(),
        })
        .collect()
}

/// Any sixty minutes, not those of the clock.
fn busiest_hour(done: &[Done]) -> Option<Hour> {
    let mut window: VecDeque<i64> = VecDeque::new();
    let mut busiest: Option<(i64, usize)> = None;
    for done in done {
        window.push_back(done.from);
        while window
            .front()
            .is_some_and(|first| done.from - first >= HOUR)
        {
            window.pop_front();
        }
        let first = *window.front()?;
        if busiest.is_none_or(|(_, most)| window.len() > most) {
            busiest = Some((first, window.len()));
        }
    }
    busiest.map(|(from, remediations)| Hour {
        from: timestamp(from),
        remediations,
    })
}

fn remediation(policy: &Policy, reading: &Reading, done: &Done) -> RemediationShown {
    let name = |episode: &Recorded| episode.labels.get("alertname").unwrap_or("").to_owned();
    RemediationShown {
        from: timestamp(done.from),
        to: timestamp(done.to),
        alert: reading
            .episodes
            .get(done.episode)
            .map(name)
            .unwrap_or_default(),
        rule: rule(policy, done.rule),
        target: done.target.to_string(),
        attempts: done
            .attempts
            .iter()
            .map(|attempt| AttemptShown {
                at: timestamp(attempt.at),
                rung: attempt.rung + 1,
                remedy: attempt.remedy.as_str(),
            })
            .collect(),
        status: done.end.outcome.as_str(),
        reason: done.end.reason.map(Reason::as_str),
    }
}

fn shown(index: usize, episode: &Recorded, course: &Course) -> EpisodeShown {
    let fate = course.fates.get(index).copied().unwrap_or(Fate::Open);
    let (fate, reason) = match fate {
        Fate::Open => ("open", None),
        Fate::Suppressed(reason) => ("suppressed", Some(reason.as_str())),
        Fate::Waited(reason) => ("waited", Some(reason.as_str())),
        Fate::Tried => ("tried", None),
        Fate::Repaired => ("repaired", None),
    };
    EpisodeShown {
        from: timestamp(episode.from),
        to: timestamp(episode.to),
        labels: episode
            .labels
            .iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        target: course
            .targets
            .get(index)
            .and_then(Option::as_ref)
            .map(ToString::to_string),
        fate,
        reason,
    }
}
