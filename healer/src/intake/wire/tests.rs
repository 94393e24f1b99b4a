use serde_json::{Value, json};

use super::super::tests::{alert, our_alert, payload};
use super::*;
use crate::alert::AlertStatus;

fn read(body: &Value) -> Result<Read, Unreadable> {
    notification(body.to_string().as_bytes(), &Limits::default())
}

/// Reads a notification of one alert: the problem with it, or nothing.
#[track_caller]
fn check(alert: &Value, expected: &str) {
    let read = read(&payload(std::slice::from_ref(alert))).unwrap();
    let problem = read.invalid.first().map_or("", |invalid| &invalid.problem);
    assert!(
        problem.starts_with(expected) && problem.is_empty() == expected.is_empty(),
        "expected `{expected}`, got `{problem}`"
    );
    assert_eq!(read.alerts.len(), usize::from(expected.is_empty()));
}

fn with(key: &str, value: Value) -> Value {
    let mut alert = our_alert();
    alert[key] = value;
    alert
}

fn without(key: &str) -> Value {
    let mut alert = our_alert();
    alert.as_object_mut().unwrap().remove(key);
    alert
}

#[test]
fn a_notification_is_read_in_full() {
    let mut body = payload(&[our_alert()]);
    body["truncatedAlerts"] = json!(3);
    let read = read(&body).unwrap();
    assert_eq!(read.receiver, "web\\.hook");
    assert_eq!(read.truncated, 3);
    let alert = &read.alerts[0];
    assert_eq!(alert.name(), "ServiceDown");
    assert_eq!(alert.status, AlertStatus::Firing);
    assert_eq!(alert.ends_at, None);
    assert_eq!(alert.annotations.get("summary"), Some("nginx is down"));
    assert_eq!(
        alert.episode.starts_at.to_string(),
        "2026-11-24T05:00:00.123Z"
    );
}

#[test]
fn an_episode_begins_at_the_same_time_in_a_webhook_and_in_the_api() {
    let told = read(&payload(&[with(
        "startsAt",
        json!("2026-11-24T05:00:00.123999999Z"),
    )]));
    let mut listed = with("startsAt", json!("2026-11-24T05:00:00.123Z"));
    listed["status"] = json!({"state": "active", "silencedBy": [], "inhibitedBy": []});
    let listed = json!([listed]).to_string();
    let listed = active_alerts(listed.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(told.unwrap().alerts[0].episode, listed.alerts[0].episode);
}

#[test]
fn times_are_read_with_any_offset_and_year_one_means_not_yet() {
    let mut resolved = with("status", json!("resolved"));
    resolved["endsAt"] = json!("2026-11-24T07:00:05+02:00");
    let read = read(&payload(&[resolved, with("endsAt", Value::Null)])).unwrap();
    assert_eq!(read.alerts[0].status, AlertStatus::Resolved);
    assert_eq!(
        read.alerts[0].ends_at.unwrap().to_string(),
        "2026-11-24T05:00:05Z"
    );
    assert_eq!(read.alerts[1].ends_at, None);
}

#[test]
fn what_is_wrong_with_one_alert_is_told() {
    check(&our_alert(), "");
    check(&without("annotations"), "");
    check(&without("endsAt"), "");
    check(&without("generatorURL"), "");
    check(&without("status"), "no `status`");
    check(&with("status", json!("pending")), "no `status`");
    check(&with("status", json!({"state": "active"})), "no `status`");
    check(&with("status", json!([1, 2])), "invalid type: sequence");
    check(&without("labels"), "no `labels`");
    check(&with("labels", json!({})), "it has no labels");
    check(
        &with("labels", json!({"": "x"})),
        "it has no labels, or one without a name",
    );
    check(
        &with("labels", json!({"a": 1})),
        "invalid type: integer `1`, expected a text",
    );
    check(&with("labels", json!("x")), "invalid type: string");
    check(&without("startsAt"), "no `startsAt`");
    check(&with("startsAt", json!("yesterday")), "failed to parse");
    check(&without("fingerprint"), "no `fingerprint`");
    check(
        &with("fingerprint", json!("xyz")),
        "a fingerprint is 16 hex digits",
    );
    check(&json!("not an object"), "invalid type: string");
    check(&json!([]), "invalid type: sequence");
}

#[test]
fn labels_over_the_limits_make_an_alert_invalid() {
    let many: serde_json::Map<String, Value> =
        (0..65).map(|i| (format!("l{i}"), json!("x"))).collect();
    check(&alert(&Value::Object(many)), "more than 64 labels");
    check(
        &alert(&json!({"a": "x".repeat(4097)})),
        "one of its labels is longer",
    );
    check(
        &alert(&json!({"x".repeat(257): "a"})),
        "one of its labels is longer",
    );
    check(&alert(&json!({"a": "x".repeat(4096)})), "");
}

#[test]
fn annotations_over_the_limits_are_cut() {
    let long = "é".repeat(20_000);
    let many: serde_json::Map<String, Value> = (0..100)
        .map(|i| (format!("a{i:03}"), json!(long)))
        .collect();
    let read = read(&payload(&[with("annotations", Value::Object(many))])).unwrap();
    let annotations = &read.alerts[0].annotations;
    assert_eq!(annotations.len(), 64);
    assert!(annotations.values().all(|text| text.len() == 16 << 10));
}

#[test]
fn one_bad_alert_does_not_cost_its_group() {
    let bad = with(
        "labels",
        json!({"alertname": "é".repeat(300), "x": "y".repeat(5000)}),
    );
    let named = with("fingerprint", json!("?"));
    let read = read(&payload(&[bad, our_alert(), named, json!(7)])).unwrap();
    assert_eq!(read.alerts.len(), 1);
    assert_eq!(read.invalid.len(), 3);
    assert_eq!(read.invalid[1].name, "ServiceDown");
}

#[test]
fn bodies_that_are_no_notification() {
    #[track_caller]
    fn check(body: &str, expected: &str) {
        match notification(body.as_bytes(), &Limits::default()) {
            Err(Unreadable::Malformed(problem)) => {
                assert!(
                    problem.starts_with(expected),
                    "`{problem}`, not `{expected}`"
                );
                assert!(problem.len() <= 300);
            }
            other => panic!("{other:?}, not `{expected}`"),
        }
    }
    check("", "EOF while parsing");
    check("{", "EOF while parsing");
    check("[]", "invalid type: sequence");
    check("null", "invalid type: null");
    check(
        &format!("\"{}\"", "x".repeat(10_000)),
        "invalid type: string",
    );
    check("{}", "no `version`");
    check(r#"{"version":"3","alerts":[]}"#, "version `3`");
    check(r#"{"version":4}"#, "invalid type: integer");
    check(r#"{"version":"4"}"#, "no alerts in it");
    check(r#"{"version":"4","alerts":[]}"#, "no alerts in it");
    check(r#"{"version":"4","alerts":null}"#, "invalid type: null");
    check(
        &format!("{} x", payload(&[our_alert()])),
        "trailing characters",
    );
    check(
        &format!("{{\"x\":{}", "[".repeat(100_000)),
        "EOF while parsing a list",
    );
    check(
        &format!("{{\"alerts\":{}", "[".repeat(100_000)),
        "EOF while parsing a list",
    );
}

#[test]
fn a_body_that_would_take_up_too_much_is_refused_early() {
    let limits = Limits {
        parsed_bytes: 100_000,
        ..Limits::default()
    };
    // Three bytes each, and a record of what is wrong with each would be forty times that.
    let body = format!(
        r#"{{"version":"4","alerts":[{}{{}}]}}"#,
        "{},".repeat(100_000)
    );
    assert_eq!(
        notification(body.as_bytes(), &limits).unwrap_err(),
        Unreadable::TooLarge
    );
    let alerts = vec![our_alert(); 1000];
    assert_eq!(
        notification(payload(&alerts).to_string().as_bytes(), &limits).unwrap_err(),
        Unreadable::TooLarge
    );
}

#[test]
fn ten_thousand_alerts_are_well_within_the_limits() {
    let alerts = vec![our_alert(); 10_000];
    let read = read(&payload(&alerts)).unwrap();
    assert_eq!(read.alerts.len(), 10_000);
}

#[test]
fn the_api_lists_firing_alerts_whatever_else_they_say() {
    let body = json!([
        {
            "annotations": {"summary": "s"},
            "endsAt": "2026-11-24T05:09:00.000Z",
            "fingerprint": "0123456789ABCDEF",
            "receivers": [{"name": "healer"}],
            "startsAt": "2026-11-24T05:00:00.000Z",
            "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
            "updatedAt": "2026-11-24T05:05:00.000Z",
            "generatorURL": "http://prometheus/graph",
            "labels": {"alertname": "DiskFull", "instance": "web1:9750"}
        },
        {"labels": {"alertname": "Broken"}}
    ]);
    let listed = active_alerts(body.to_string().as_bytes(), &Limits::default()).unwrap();
    let (alerts, invalid) = (listed.alerts, listed.invalid);
    assert!(listed.muted.is_empty());
    assert_eq!(alerts.len(), 1);
    assert_eq!(alerts[0].status, AlertStatus::Firing);
    assert_eq!(alerts[0].ends_at, None);
    assert_eq!(alerts[0].episode.fingerprint.as_str(), "0123456789abcdef");
    assert_eq!(invalid.len(), 1);
    assert_eq!(active_alerts(b"[]", &Limits::default()).unwrap().alerts, []);
}

#[test]
fn the_api_tells_what_holds_an_alert_back() {
    let muted = |status: Value| {
        let mut alert = with("startsAt", json!("2026-11-24T05:00:00Z"));
        alert["status"] = status;
        let body = json!([alert]).to_string();
        let listed = active_alerts(body.as_bytes(), &Limits::default()).unwrap();
        assert_eq!(listed.alerts[0].status, AlertStatus::Firing);
        listed.muted.into_values().next()
    };
    let none: [&str; 0] = [];
    assert_eq!(muted(json!({"state": "active", "silencedBy": none})), None);
    assert_eq!(muted(json!({"state": "active", "silencedBy": null})), None);
    let by = |key: &str| {
        muted(json!({
            "state": "suppressed",
            key: ["4711".repeat(40), "0815"],
            "other": [none],
        }))
    };
    let id = "4711".repeat(20);
    assert_eq!(by("silencedBy"), Some(format!("silence {id}")));
    assert_eq!(by("inhibitedBy"), Some(format!("inhibited by {id}")));
    assert_eq!(by("mutedBy"), Some(format!("muted time {id}")));
}
