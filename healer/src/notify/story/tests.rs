use std::collections::BTreeSet;

use super::*;
use crate::alert::Labels;
use crate::incident::{Attempt, Decision, End, IncidentId};

const HOLDS: Holds = Holds {
    critical: Duration::from_secs(5),
    warning: Duration::from_secs(30),
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + second).unwrap()
}

fn incident(severity: Severity) -> Incident {
    Incident {
        id: IncidentId("0123456789abcdef-1".to_owned()),
        key: "0123456789abcdef".to_owned(),
        alert: "ServiceDown".to_owned(),
        labels: Labels::new(),
        annotations: Labels::new(),
        severity,
        began: at(0),
        noticed: at(0),
        ended: None,
        fingerprints: BTreeSet::new(),
        firing: BTreeSet::new(),
        relapses: 0,
        decisions: Vec::new(),
        attempts: Vec::<Attempt>::new(),
        ends: Vec::new(),
    }
}

/// What happens to an incident, as the fold would say it.
#[derive(Clone, Copy)]
enum Step {
    Begins,
    Worsens,
    Decides(Reason, bool),
    Concludes(Outcome),
    Ends,
    ComesAgain,
    Silenced,
}

use Step::{Begins, ComesAgain, Concludes, Decides, Ends, Silenced, Worsens};

/// Plays steps at their seconds, then waits; what was told, and at which second.
fn told(severity: Severity, steps: &[(i64, Step)]) -> Vec<(i64, News)> {
    let mut incident = incident(severity);
    let mut story = Story::default();
    let mut told = Vec::new();
    let last = steps.last().unwrap().0;
    for second in 0..=last + 120 {
        if story.is_due(at(second)) {
            let news = story.expire(&incident);
            told.extend(news.map(|news| (second, news)));
        }
        for (_, step) in steps.iter().filter(|(when, _)| *when == second) {
            let Some(change) = take(&mut incident, *step, at(second)) else {
                story.silence(at(second), Duration::from_mins(1));
                continue;
            };
            let news = story.on(&incident, change, at(second), HOLDS);
            told.extend(news.map(|news| (second, news)));
        }
    }
    told
}

fn take(incident: &mut Incident, step: Step, at: Timestamp) -> Option<Change> {
    Some(match step {
        Begins => Change::Began,
        Worsens => {
            incident.severity = Severity::Critical;
            Change::Worsened
        }
        Decides(reason, is_deferred) => {
            let decision = Decision {
                at,
                rule: Some("web".to_owned()),
                reason,
                is_deferred,
                ..serde_json::from_value(serde_json::json!({
                    "at": at, "rule": null, "reason": reason, "is_deferred": is_deferred, "message": "",
                }))
                .unwrap()
            };
            incident.decisions.push(decision);
            Change::Decided
        }
        Concludes(outcome) => {
            incident.ends.push(End {
                at,
                rule: "web".to_owned(),
                outcome,
                reason: None,
                message: String::new(),
                duration_ms: 1,
                quarantine_seconds: None,
                target: "unit:web.service".to_owned(),
            });
            Change::Concluded
        }
        Ends => {
            incident.ended = Some(at);
            Change::Ended
        }
        ComesAgain => {
            incident.ended = None;
            Change::Relapsed
        }
        Silenced => return None,
    })
}

fn critical(steps: &[(i64, Step)]) -> Vec<(i64, News)> {
    told(Severity::Critical, steps)
}

fn warning(steps: &[(i64, Step)]) -> Vec<(i64, News)> {
    told(Severity::Warning, steps)
}

#[test]
fn a_quick_repair_is_one_message_and_its_end_is_silent() {
    let steps = [(0, Begins), (3, Concludes(Outcome::Success)), (20, Ends)];
    assert_eq!(critical(&steps), [(3, News::BeganAndRepaired)]);
}

#[test]
fn a_slow_repair_is_two_and_its_end_is_silent() {
    let steps = [(0, Begins), (9, Concludes(Outcome::Success)), (20, Ends)];
    assert_eq!(critical(&steps), [(5, News::Began), (9, News::Repaired)]);
}

#[test]
fn an_end_waits_for_the_repair_that_is_being_checked() {
    let steps = [(0, Begins), (8, Ends), (10, Concludes(Outcome::Success))];
    assert_eq!(critical(&steps), [(5, News::Began), (10, News::Repaired)]);
    let steps = [(0, Begins), (2, Ends), (4, Concludes(Outcome::Success))];
    assert_eq!(critical(&steps), [(4, News::BeganAndRepaired)]);
}

#[test]
fn what_ends_without_a_repair_is_told_to_have_ended() {
    let steps = [(0, Begins), (100, Ends)];
    assert_eq!(warning(&steps), [(30, News::Began), (130, News::Ended)]);
    // Within the hold: one message about both.
    assert_eq!(warning(&[(0, Begins), (10, Ends)]), [(40, News::Ended)]);
}

#[test]
fn a_warning_that_becomes_critical_within_the_hold_is_one_message() {
    assert_eq!(warning(&[(0, Begins), (20, Worsens)]), [(25, News::Began)]);
    // The hold of the warning is over before.
    assert_eq!(warning(&[(0, Begins), (28, Worsens)]), [(30, News::Began)]);
    assert_eq!(
        warning(&[(0, Begins), (40, Worsens)]),
        [(30, News::Began), (40, News::Worsened)]
    );
}

#[test]
fn what_a_person_must_act_on_waits_for_nothing() {
    let question = Decides(Reason::AwaitingApproval, true);
    assert_eq!(
        warning(&[(0, Begins), (1, question)]),
        [(1, News::AwaitingApproval)]
    );
    let failed = Concludes(Outcome::NotVerified);
    assert_eq!(
        warning(&[(0, Begins), (1, failed)]),
        [(1, News::NotRepaired)]
    );
    let expired = Decides(Reason::ApprovalExpired, false);
    assert_eq!(
        warning(&[(0, Begins), (1, question), (90, expired)]),
        [(1, News::AwaitingApproval), (90, News::NotRepaired)]
    );
}

#[test]
fn what_only_waits_is_no_news() {
    let waits = Decides(Reason::Cooldown, true);
    let cancelled = Concludes(Outcome::Cancelled);
    assert_eq!(
        critical(&[(0, Begins), (1, waits), (9, waits), (12, cancelled)]),
        [(5, News::Began)]
    );
}

#[test]
fn in_observe_mode_the_first_word_says_what_would_have_been_done() {
    let observed = Decides(Reason::Observed, false);
    assert_eq!(
        warning(&[(0, Begins), (1, observed), (50, Ends)]),
        [(30, News::Observed), (80, News::Ended)]
    );
    assert_eq!(
        warning(&[(0, Begins), (40, observed)]),
        [(30, News::Began), (40, News::Observed)]
    );
}

#[test]
fn what_comes_again_is_told_unless_nobody_knew_that_it_had_ended() {
    let repaired = Concludes(Outcome::Success);
    assert_eq!(
        critical(&[
            (0, Begins),
            (1, repaired),
            (10, Ends),
            (20, ComesAgain),
            (40, repaired)
        ]),
        [
            (1, News::BeganAndRepaired),
            (25, News::Relapsed),
            (40, News::Repaired)
        ]
    );
    assert_eq!(
        critical(&[(0, Begins), (10, Ends), (20, ComesAgain)]),
        [(5, News::Began)]
    );
    // It came back worse than it was told.
    let worse = [(0, Begins), (40, Ends), (45, ComesAgain), (46, Worsens)];
    assert_eq!(warning(&worse), [(30, News::Began), (46, News::Worsened)]);
}

#[test]
fn what_is_silenced_is_not_told_while_it_is() {
    assert_eq!(warning(&[(0, Begins), (10, Silenced), (40, Ends)]), []);
    // The silence ended before the incident did.
    assert_eq!(warning(&[(0, Begins), (29, Silenced)]), [(89, News::Began)]);
}

#[test]
fn a_clock_that_is_put_back_does_not_prolong_the_hold() {
    let mut story = Story::default();
    let incident = incident(Severity::Warning);
    story.on(&incident, Change::Began, at(0), HOLDS);
    assert!(!story.is_due(at(29)));
    assert!(story.is_due(at(30)));
    assert!(story.is_due(at(-3600)));
}
