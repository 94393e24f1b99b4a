use serde_json::{Value, json};

use super::*;
use crate::report::summary::Need;

/// 2026-11-20T00:00:00Z
const DAY: i64 = 1_795_132_800;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(DAY + seconds).unwrap()
}

/// Tells events of one service after another.
struct Story {
    gathering: Gathering,
    seq: u64,
}

impl Story {
    /// A report of the three days from `DAY` on, made a day later.
    fn new() -> Self {
        let period = Period {
            since: at(0),
            until: at(3 * 86_400),
        };
        let subject = Subject {
            period,
            zone: TimeZone::UTC,
            host: "web1".to_owned(),
            made: at(4 * 86_400),
        };
        Self {
            gathering: Gathering::new(subject),
            seq: 0,
        }
    }

    fn tell(&mut self, second: i64, kind: EventType, status: &str, service: u32, more: &Value) {
        self.seq += 1;
        let name = format!("s{service}.service");
        let mut details = json!({
            "alert": "ServiceDown",
            "fingerprint": format!("{service:016x}"),
            "starts_at": at(second).to_string(),
        });
        details
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.gathering.take(&Event {
            timestamp: at(second),
            event_type: kind,
            action_type: (kind == EventType::Action).then(|| "service_restart".to_owned()),
            status: status.to_owned(),
            service: Some(name),
            message: "as it was".to_owned(),
            details,
            seq: self.seq,
        });
    }

    /// It begins, and is noticed so much later.
    fn fires(&mut self, second: i64, service: u32, noticed_after: i64) {
        let labels = json!({"alertname": "ServiceDown", "name": format!("s{service}.service"), "severity": "critical"});
        let starts = at(second).to_string();
        self.tell(
            second + noticed_after,
            EventType::Alert,
            "FIRING",
            service,
            &json!({"labels": labels, "starts_at": starts}),
        );
    }

    fn resolves(&mut self, second: i64, service: u32) {
        let labels = json!({"alertname": "ServiceDown", "name": format!("s{service}.service"), "severity": "critical"});
        self.tell(
            second,
            EventType::Alert,
            "RESOLVED",
            service,
            &json!({"labels": labels}),
        );
    }

    fn attempts(&mut self, second: i64, service: u32, status: &str) {
        let more = json!({"rule": "web", "target": format!("unit:s{service}.service"), "duration_ms": 1500});
        self.tell(second, EventType::Action, status, service, &more);
    }

    fn ends(&mut self, second: i64, service: u32, status: &str, more: &Value) {
        let mut details = json!({"rule": "web", "target": format!("unit:s{service}.service"), "duration_ms": 1500});
        details
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.tell(second, EventType::Outcome, status, service, &details);
    }

    fn decides(&mut self, second: i64, service: u32, status: &str, reason: &str) {
        let more = json!({"rule": "web", "reason": reason});
        self.tell(second, EventType::Decision, status, service, &more);
    }

    fn report(self) -> Report {
        self.gathering.finish(90 * 86_400, false)
    }
}

#[test]
fn times_are_from_the_begin_of_the_fault() {
    let mut story = Story::new();
    for (service, noticed, repaired) in [(1, 1, 5), (2, 2, 60), (3, 3, 20)] {
        let second = i64::from(service) * 100;
        story.fires(second, service, noticed);
        story.attempts(second + repaired, service, "SUCCESS");
        story.ends(second + repaired, service, "SUCCESS", &json!({}));
        story.resolves(second + repaired + 10, service);
    }
    let report = story.report();
    assert_eq!(report.totals.fates.repaired, 3);
    let notice = report.time_to_notice;
    assert_eq!(
        (notice.median_seconds, notice.worst_seconds),
        (Some(2.0), Some(3.0))
    );
    let repair = report.time_to_repair;
    assert_eq!(
        (repair.count, repair.median_seconds, repair.p90_seconds),
        (3, Some(20.0), Some(60.0))
    );
    let [remedy] = report.remedies.as_slice() else {
        panic!("{:?}", report.remedies);
    };
    assert_eq!(
        (remedy.attempts, remedy.succeeded, remedy.median_seconds),
        (3, 3, Some(1.5))
    );
    let newest: Vec<_> = report.incidents.iter().map(|row| row.noticed).collect();
    assert_eq!(newest, [at(303), at(202), at(101)]);
    assert_eq!(report.longest[0].service.as_deref(), Some("s2.service"));
}

#[test]
fn an_incident_counts_where_it_was_noticed_and_as_it_stands_in_the_end() {
    let mut story = Story::new();
    // Before the period, over before it.
    story.fires(-9000, 1, 1);
    story.resolves(-8000, 1);
    // Before the period, into it.
    story.fires(-100, 2, 1);
    story.resolves(50, 2);
    // In the period, repaired after it.
    story.fires(3 * 86_400 - 2, 3, 1);
    story.ends(3 * 86_400 + 5, 3, "SUCCESS", &json!({}));
    story.resolves(3 * 86_400 + 9, 3);
    // After it.
    story.fires(3 * 86_400 + 60, 4, 1);
    let report = story.report();
    assert_eq!((report.totals.incidents, report.totals.open_before), (1, 1));
    assert_eq!(report.totals.fates.repaired, 1);
    assert_eq!(report.time_to_repair.worst_seconds, Some(7.0));
}

#[test]
fn what_came_again_is_measured_from_then() {
    let mut story = Story::new();
    for second in [0, 300] {
        story.fires(second, 1, 1);
        let started = json!({"starts_at": at(second).to_string()});
        story.ends(second + 4, 1, "SUCCESS", &started);
        story.resolves(second + 5, 1);
    }
    let report = story.report();
    assert_eq!((report.totals.incidents, report.totals.relapses), (1, 1));
    let repair = report.time_to_repair;
    assert_eq!((repair.count, repair.worst_seconds), (2, Some(4.0)));
    assert_eq!(report.incidents[0].relapses, 1);
}

#[test]
fn the_same_alert_again_later_is_another_incident() {
    let mut story = Story::new();
    for round in 0..50 {
        story.fires(round * 1200, 7, 1);
        story.resolves(round * 1200 + 5, 7);
    }
    let report = story.report();
    assert_eq!(report.totals.incidents, 50);
    assert_eq!(report.totals.fates.ended_by_itself, 50);
    assert_eq!(report.noisy[0].firings, 50);
    assert_eq!(report.noisy[0].service.as_deref(), Some("s7.service"));
}

#[test]
fn each_fate_has_its_place_and_they_add_up() {
    let mut story = Story::new();
    for service in 1..=5 {
        story.fires(i64::from(service), service, 0);
    }
    story.ends(10, 1, "SUCCESS", &json!({}));
    story.ends(
        10,
        2,
        "NOT_VERIFIED",
        &json!({"reason": "ladder_exhausted"}),
    );
    story.decides(10, 3, "OBSERVED", "observed");
    story.decides(10, 4, "DEFERRED", "cooldown");
    story.ends(11, 4, "CANCELLED", &json!({"reason": "resolved"}));
    story.resolves(20, 4);
    story.decides(10, 5, "SUPPRESSED", "budget");
    let report = story.report();
    let fates = report.totals.fates;
    for fate in Fate::ALL {
        assert_eq!(fates.of(fate), 1, "{fate:?}");
    }
    assert_eq!(fates.total(), report.totals.incidents);
    let in_stretches: u64 = report.over_time.iter().map(|day| day.fates.total()).sum();
    let in_alerts: u64 = report.alerts.iter().map(|row| row.incidents).sum();
    assert_eq!((in_stretches, in_alerts), (5, 5));
    let [budget] = report.budgets.as_slice() else {
        panic!("{:?}", report.budgets);
    };
    assert_eq!(
        (budget.reason, budget.rule.as_str()),
        (Reason::Budget, "web")
    );
    let reasons: Vec<Reason> = report.reasons.iter().map(|row| row.reason).collect();
    assert_eq!(
        reasons,
        [Reason::Observed, Reason::Cooldown, Reason::Budget]
    );
}

#[test]
fn a_quarantine_needs_a_person_until_it_ends_or_is_released() {
    let needs = |released: bool, seconds: u64| {
        let mut story = Story::new();
        story.fires(0, 1, 1);
        story.ends(
            9,
            1,
            "FAILED",
            &json!({"reason": "ladder_exhausted", "quarantine_seconds": seconds}),
        );
        if released {
            let target = json!({"target": "unit:s1.service", "by": "ada"});
            story.tell(20, EventType::Decision, "RELEASED", 1, &target);
        }
        story.report().needs_person
    };
    let held = needs(false, 5 * 86_400);
    assert_eq!((held.len(), held[0].why), (1, Need::Quarantined));
    assert_eq!(
        held[0].command.as_deref(),
        Some("prunelle-healer release unit:s1.service")
    );
    // Over or released: what still fires is still there.
    for (released, seconds) in [(true, 5 * 86_400), (false, 3600)] {
        let left = needs(released, seconds);
        assert_eq!((left.len(), left[0].why), (1, Need::NotRepaired));
    }
}

#[test]
fn a_question_needs_a_person_until_it_is_answered_or_over() {
    let needs = |answer: Option<&str>, resolves: bool, expires: i64| {
        let mut story = Story::new();
        story.fires(0, 1, 1);
        let question = json!({
            "rule": "web", "target": "unit:s1.service", "reason": "awaiting_approval",
            "approval": 7, "expires_at": at(expires).to_string(),
        });
        story.tell(5, EventType::Decision, "DEFERRED", 1, &question);
        if let Some(answer) = answer {
            story.tell(6, EventType::Decision, answer, 1, &json!({"approval": 7}));
        }
        if resolves {
            story.resolves(9, 1);
        }
        story.report().needs_person
    };
    let late = 5 * 86_400;
    let asked = needs(None, false, late);
    assert_eq!((asked.len(), asked[0].why), (1, Need::AwaitingApproval));
    assert_eq!(
        asked[0].command.as_deref(),
        Some("prunelle-healer approve 7")
    );
    assert_eq!(needs(Some("DENIED"), false, late), []);
    assert_eq!(needs(None, true, late), []);
    assert_eq!(needs(None, false, 60), []);
}

#[test]
fn it_says_whether_the_past_is_still_there() {
    let covered = |first: Option<i64>, kept_days: u64, is_cut: bool| {
        let period = Period {
            since: at(0),
            until: at(86_400),
        };
        is_covered(
            period,
            first.map(at),
            kept_days * 86_400,
            is_cut,
            at(2 * 86_400),
        )
    };
    assert!(covered(Some(-1), 1, true));
    assert!(covered(Some(50), 90, false));
    assert!(covered(None, 90, false));
    assert!(!covered(Some(50), 90, true));
    assert!(!covered(Some(50), 1, false));
}

#[test]
fn a_report_is_the_same_after_a_journey_as_json() {
    let mut story = Story::new();
    story.fires(0, 1, 1);
    story.ends(3, 1, "SUCCESS", &json!({}));
    let report = story.report();
    let json = serde_json::to_string(&report).unwrap();
    let read: Report = serde_json::from_str(&json).unwrap();
    assert_eq!(read, report);
}
