//! Regions as Grafana's HTTP API takes them, and what becomes of them when it fails.

use serde_json::{Value, json};
use wiremock::matchers::{header, method, path};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

use super::*;
use crate::journal::EventType;

fn event(message: &str) -> Event {
    Event {
        timestamp: "2026-11-24T10:00:02.5Z".parse().unwrap(),
        event_type: EventType::Outcome,
        action_type: Some("service_restart".to_owned()),
        status: "SUCCESS".to_owned(),
        service: Some("nginx.service".to_owned()),
        message: message.to_owned(),
        details: json!({
            "alert": "ServiceDown",
            "rule": "service-down",
            "target": "unit:nginx.service",
            "remediation": "0190-ab",
            "fingerprint": "0011223344556677",
            "starts_at": "2026-11-24T10:00:00.250Z",
            "remedy": "restart_service",
            "duration_ms": 900,
        }),
        seq: 7,
    }
}

/// What Grafana's reference says of a new annotation of the organisation.
fn problems(body: &Value) -> Vec<String> {
    let mut problems = Vec::new();
    for key in body.as_object().unwrap().keys() {
        let known = ["dashboardUID", "panelId", "time", "timeEnd", "tags", "text"];
        if !known.contains(&key.as_str()) {
            problems.push(format!("unknown key {key}"));
        }
    }
    // Milliseconds: seconds or nanoseconds would lie in another century.
    let is_near = |key: &str| {
        body[key]
            .as_i64()
            .is_some_and(|ms| (1_500_000_000_000..3_000_000_000_000).contains(&ms))
    };
    if !is_near("time") || !is_near("timeEnd") {
        problems.push("times are not in milliseconds".to_owned());
    }
    if body["timeEnd"].as_i64() < body["time"].as_i64() {
        problems.push("the region ends before it begins".to_owned());
    }
    if body["text"].as_str().is_none_or(str::is_empty) {
        problems.push("a text is required".to_owned());
    }
    let tags = body["tags"].as_array();
    if tags.is_none_or(|tags| tags.iter().any(|tag| !tag.is_string())) {
        problems.push("tags are texts".to_owned());
    }
    // `tags_length` of Grafana's configuration, and the columns of its database.
    let tags: Vec<&str> = tags
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    if 1 + tags.iter().map(|tag| tag.len() + 3).sum::<usize>() > 500 {
        problems.push("tags take more than 500 bytes".to_owned());
    }
    if tags.iter().any(|tag| tag.chars().count() > 100) {
        problems.push("a tag has more than 100 characters".to_owned());
    }
    problems
}

async fn server() -> MockServer {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/grafana/api/annotations"))
        .and(header("authorization", "Bearer glsa_token"))
        .and(header("content-type", "application/json"))
        .respond_with(|request: &Request| {
            let body = serde_json::from_slice(&request.body).unwrap();
            let problems = problems(&body);
            if problems.is_empty() {
                ResponseTemplate::new(200)
                    .set_body_json(json!({"message": "Annotation added", "id": 1}))
            } else {
                ResponseTemplate::new(400).set_body_json(json!({"message": problems.join("; ")}))
            }
        })
        .mount(&server)
        .await;
    server
}

fn access(server: &MockServer, token: &str) -> (tempfile::TempDir, Access) {
    let folder = tempfile::tempdir().unwrap();
    let token_file = folder.path().join("token");
    std::fs::write(&token_file, token).unwrap();
    let url = format!("{}/grafana/", server.uri()).parse().unwrap();
    (folder, Access { url, token_file })
}

#[tokio::test]
async fn a_remediation_is_a_region_that_grafana_takes() {
    let server = server().await;
    let (_folder, access) = access(&server, "glsa_token\n");
    let annotation = Annotation::of(&event("restarted, and stays up"), "web1").unwrap();
    Grafana::new(&access)
        .unwrap()
        .write(&annotation)
        .await
        .unwrap();
    let request = server.received_requests().await.unwrap().remove(0);
    let body: Value = serde_json::from_slice(&request.body).unwrap();
    assert_eq!(
        body,
        json!({
            "time": 1_795_514_400_250_i64,
            "timeEnd": 1_795_514_402_500_i64,
            "tags": [
                "prunelle", "host:web1", "alert:ServiceDown", "remedy:restart_service",
                "outcome:success", "remediation:0190-ab",
            ],
            "text": "ServiceDown on nginx.service: restarted, and stays up",
        })
    );
}

#[test]
fn what_is_hostile_is_only_text_and_what_is_long_is_cut() {
    let hostile = format!(
        "<img src=x onerror=\"alert('1')\">&\u{1b}[31m{}",
        "x&".repeat(3000)
    );
    let mut event = event(&hostile);
    event.details["alert"] = Value::from(format!("<b>\n{}", "a".repeat(500)));
    let annotation = Annotation::of(&event, "web1").unwrap();
    assert!(!annotation.text.contains(['<', '>', '"', '\'', '\u{1b}']));
    assert!(annotation.text.len() < 1100 && annotation.text.ends_with('…'));
    assert!(
        annotation
            .tags
            .iter()
            .all(|tag| tag.chars().count() <= 100 && !tag.contains('\n'))
    );
    assert_eq!(problems(&annotation.body()), Vec::<String>::new());
}

/// With `PRUNELLE_PAYLOADS` naming a folder, they are kept there, for `tests/services/check.sh` to hold against what
/// Grafana publishes.
#[tokio::test]
async fn grafana_takes_every_payload() {
    let server = server().await;
    let (_folder, access) = access(&server, "glsa_token");
    let grafana = Grafana::new(&access).unwrap();
    let messages = [
        "restarted, and stays up".to_owned(),
        "<a href=\"x\">&'\n\u{1b}[31m 🔥 é".to_owned(),
        "🔥<&\"".repeat(3000),
    ];
    let names = [
        "nginx.service".to_owned(),
        "a".repeat(250),
        "🔥<&\"\n".repeat(100),
    ];
    for message in &messages {
        for name in &names {
            let mut event = event(message);
            event.service = Some(name.clone());
            for key in ["alert", "remedy"] {
                event.details[key] = Value::from(name.as_str());
            }
            event.status.clone_from(name);
            let annotation = Annotation::of(&event, name).unwrap();
            grafana.write(&annotation).await.unwrap();
            assert_eq!(annotation.own_tag(), "remediation:0190-ab");
        }
    }
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests.len(), messages.len() * names.len());
    if let Some(folder) = std::env::var_os("PRUNELLE_PAYLOADS") {
        let folder = std::path::Path::new(&folder).join("grafana");
        std::fs::create_dir_all(&folder).unwrap();
        for (number, request) in requests.iter().enumerate() {
            std::fs::write(folder.join(format!("{number}.json")), &request.body).unwrap();
        }
    }
}

#[test]
fn a_clock_ahead_of_ours_makes_no_region_that_ends_before_it_begins() {
    let mut event = event("m");
    event.details["starts_at"] = Value::from("2026-11-24T11:00:00Z");
    let annotation = Annotation::of(&event, "web1").unwrap();
    assert_eq!(annotation.from.to_string(), "2026-11-24T10:00:01.6Z");
    event.event_type = EventType::Action;
    assert_eq!(Annotation::of(&event, "web1"), None);
}

#[tokio::test]
async fn grafana_is_asked_whether_it_has_a_region() {
    let server = MockServer::start().await;
    let annotation = Annotation::of(&event("m"), "web1").unwrap();
    let (_folder, access) = access(&server, "glsa_token");
    let grafana = Grafana::new(&access).unwrap();
    for (found, expected) in [(json!([]), false), (json!([{"id": 1}]), true)] {
        server.reset().await;
        Mock::given(method("GET"))
            .and(path("/grafana/api/annotations"))
            .and(wiremock::matchers::query_param(
                "tags",
                "remediation:0190-ab",
            ))
            .and(wiremock::matchers::query_param("from", "1795514400250"))
            .respond_with(ResponseTemplate::new(200).set_body_json(found))
            .mount(&server)
            .await;
        assert_eq!(grafana.has(&annotation).await, Ok(expected));
    }
}

#[tokio::test]
async fn what_can_be_mended_is_tried_again_and_what_grafana_cannot_take_is_not() {
    for (status, is_later) in [
        (401, true),
        (403, true),
        (404, true),
        (302, true),
        (429, true),
        (500, true),
        (400, false),
        (422, false),
    ] {
        let server = MockServer::start().await;
        Mock::given(method("POST"))
            .respond_with(ResponseTemplate::new(status).set_body_string("CANARYtokenCANARY"))
            .mount(&server)
            .await;
        let (_folder, access) = access(&server, "CANARYtokenCANARY");
        let annotation = Annotation::of(&event("m"), "web1").unwrap();
        let grafana = Grafana::new(&access).unwrap();
        let error = grafana.write(&annotation).await.unwrap_err();
        assert_eq!(
            matches!(error, AnnotationError::Later { .. }),
            is_later,
            "{error:?}"
        );
        let shown = format!("{error} {error:?} {grafana:?} {access:?}");
        assert!(!shown.contains("CANARY"), "{shown}");
    }
    let server = MockServer::start().await;
    let (folder, access) = access(&server, "x");
    std::fs::write(folder.path().join("token"), "").unwrap();
    let error = Grafana::new(&access).unwrap_err();
    assert!(
        matches!(&error, AnnotationError::Later { why, .. } if why.contains("is empty")),
        "{error}"
    );
}
