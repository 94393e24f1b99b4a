use serde_json::{Value, json};

use super::*;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).unwrap()
}

fn event(event_type: EventType, status: &str, second: i64, details: Value) -> Event {
    Event {
        timestamp: at(second),
        event_type,
        action_type: (event_type == EventType::Action).then(|| "service_restart".to_owned()),
        status: status.to_owned(),
        service: Some("web.service".to_owned()),
        message: "as it is told".to_owned(),
        details,
        seq: u64::try_from(second + 1).unwrap(),
    }
}

fn alert(fingerprint: u8, severity: &str, status: &str, second: i64) -> Event {
    let details = json!({
        "alert": "ServiceDown",
        "fingerprint": format!("{fingerprint:016x}"),
        "starts_at": at(0).to_string(),
        "labels": {"alertname": "ServiceDown", "name": "web.service", "severity": severity},
        "annotations": {"summary": "web.service is down"},
    });
    event(EventType::Alert, status, second, details)
}

fn about(event_type: EventType, status: &str, second: i64, more: &Value) -> Event {
    let mut details = json!({
        "alert": "ServiceDown",
        "fingerprint": format!("{:016x}", 1),
        "starts_at": at(0).to_string(),
        "rule": "web",
        "target": "unit:web.service",
        "duration_ms": 1200,
    });
    details
        .as_object_mut()
        .unwrap()
        .extend(more.as_object().unwrap().clone());
    event(event_type, status, second, details)
}

fn changes(fold: &mut Fold, events: &[Event]) -> Vec<Option<Change>> {
    events
        .iter()
        .map(|event| fold.apply(event).map(|(_, change)| change))
        .collect()
}

fn only(fold: &Fold) -> &Incident {
    let mut incidents = fold.incidents();
    let only = incidents.next().unwrap();
    assert!(incidents.next().is_none());
    only
}

#[test]
fn a_fault_and_its_repair_are_one_incident() {
    let mut fold = Fold::default();
    let told = changes(
        &mut fold,
        &[
            alert(1, "critical", "FIRING", 1),
            about(
                EventType::Decision,
                "DEFERRED",
                1,
                &json!({"reason": "cooldown"}),
            ),
            about(
                EventType::Decision,
                "DEFERRED",
                2,
                &json!({"reason": "cooldown"}),
            ),
            about(EventType::Action, "SUCCESS", 3, &json!({})),
            about(EventType::Outcome, "SUCCESS", 4, &json!({})),
            alert(1, "critical", "RESOLVED", 9),
        ],
    );
    assert_eq!(
        told,
        [
            Some(Change::Began),
            Some(Change::Decided),
            None,
            Some(Change::Attempted),
            Some(Change::Concluded),
            Some(Change::Ended)
        ]
    );
    let incident = only(&fold);
    assert!(incident.is_repaired());
    assert_eq!(
        (incident.began, incident.noticed, incident.ended),
        (at(0), at(1), Some(at(9)))
    );
    assert_eq!(incident.service(), Some("web.service"));
    assert_eq!((incident.attempts.len(), incident.decisions.len()), (1, 1));
}

#[test]
fn a_warning_that_becomes_critical_is_the_same_incident() {
    let mut fold = Fold::default();
    let told = changes(
        &mut fold,
        &[
            alert(1, "warning", "FIRING", 1),
            alert(2, "critical", "FIRING", 20),
            alert(1, "warning", "RESOLVED", 21),
            alert(2, "critical", "RESOLVED", 40),
        ],
    );
    assert_eq!(
        told,
        [
            Some(Change::Began),
            Some(Change::Worsened),
            None,
            Some(Change::Ended)
        ]
    );
    assert_eq!(only(&fold).severity, Severity::Critical);
}

#[test]
fn what_comes_back_soon_goes_on_and_what_comes_back_late_is_new() {
    let again = i64::try_from(RELAPSE.as_secs()).unwrap();
    for (second, expected) in [(again, Change::Relapsed), (again + 1, Change::Began)] {
        let mut fold = Fold::default();
        let told = changes(
            &mut fold,
            &[
                alert(1, "critical", "FIRING", 0),
                alert(1, "critical", "RESOLVED", 0),
                alert(1, "critical", "FIRING", second),
            ],
        );
        assert_eq!(told.last(), Some(&Some(expected)), "{second}");
        assert_eq!(only(&fold).ended, None);
    }
}

#[test]
fn a_result_that_comes_after_the_end_still_counts_until_the_incident_is_settled() {
    let mut fold = Fold::default();
    changes(
        &mut fold,
        &[
            alert(1, "critical", "FIRING", 0),
            alert(1, "critical", "RESOLVED", 1),
            about(EventType::Outcome, "SUCCESS", 2, &json!({})),
        ],
    );
    assert!(only(&fold).is_repaired());
    assert!(fold.take_settled(at(60)).is_empty());
    let settled = fold.take_settled(at(3600));
    assert_eq!(settled.len(), 1);
    let late = about(EventType::Outcome, "SUCCESS", 3601, &json!({}));
    assert_eq!(fold.apply(&late), None);
}

#[test]
fn incidents_that_were_written_down_go_on() {
    let mut fold = Fold::default();
    changes(&mut fold, &[alert(1, "critical", "FIRING", 0)]);
    let written = serde_json::to_string(only(&fold)).unwrap();
    let mut fold = Fold::of([serde_json::from_str(&written).unwrap()]);
    let outcome = about(
        EventType::Outcome,
        "NOT_VERIFIED",
        2,
        &json!({"quarantine_seconds": 60}),
    );
    let (incident, change) = fold.apply(&outcome).unwrap();
    assert_eq!(change, Change::Concluded);
    assert_eq!(incident.outcome().unwrap().quarantine_seconds, Some(60));
}

#[test]
fn the_healers_own_alert_is_an_incident_too() {
    let mut fold = Fold::default();
    let own = |status, second| {
        event(
            EventType::Alert,
            status,
            second,
            json!({"alert": "HeartbeatMissing", "last_heartbeat": null}),
        )
    };
    assert_eq!(
        changes(&mut fold, &[own("FIRING", 0), own("RESOLVED", 5)]),
        [Some(Change::Began), Some(Change::Ended)]
    );
    let incident = only(&fold);
    assert_eq!(incident.severity, Severity::Critical);
    assert_eq!(incident.annotations.get("summary"), Some("as it is told"));
}

#[test]
fn whose_incident_an_event_is_about_is_known_without_it() {
    let began = alert(1, "critical", "FIRING", 0);
    let mut fold = Fold::default();
    changes(&mut fold, std::slice::from_ref(&began));
    let key = only(&fold).key.clone();
    assert_eq!(About::of(&began), Some(About::Key(key.clone())));
    assert_eq!(
        About::of(&alert(2, "warning", "FIRING", 0)),
        Some(About::Key(key))
    );
    let fingerprint = only(&fold).fingerprints.first().unwrap().clone();
    let acted = about(EventType::Action, "SUCCESS", 3, &json!({}));
    assert_eq!(About::of(&acted), Some(About::Alert(fingerprint)));
}

#[test]
fn events_about_no_alert_change_nothing() {
    let mut fold = Fold::default();
    let pause = event(EventType::Decision, "PAUSED", 0, json!({"by": "root"}));
    let unknown = about(EventType::Action, "SUCCESS", 3, &json!({}));
    assert_eq!(changes(&mut fold, &[pause, unknown]), [None, None]);
}

#[test]
fn a_question_keeps_its_number_and_what_would_be_done() {
    let mut fold = Fold::default();
    let question = json!({
        "reason": "awaiting_approval",
        "approval": 7,
        "expires_at": at(900).to_string(),
        "victim": "shop.service",
        "plan": {"message": "`shop.service` would be restarted", "remedy": "restart_service"},
    });
    changes(
        &mut fold,
        &[
            alert(1, "critical", "FIRING", 0),
            about(EventType::Decision, "DEFERRED", 1, &question),
        ],
    );
    let decision = only(&fold).decisions.last().unwrap();
    assert_eq!(
        decision.question,
        Some(Question {
            number: 7,
            expires: Some(at(900))
        })
    );
    assert_eq!(
        decision.plan,
        Some(Planned {
            remedy: Some("restart_service".to_owned()),
            target: Some("unit:shop.service".to_owned()),
            message: "`shop.service` would be restarted".to_owned(),
        })
    );
}
