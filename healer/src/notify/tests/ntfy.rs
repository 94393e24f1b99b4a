//! ntfy: publishing as JSON, by its documentation.

use regex::Regex;
use serde_json::Value;

use super::kit::{self, Service};
use super::shape::Shape;
use crate::policy::{Integration, PostAddress};

fn check(body: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    // What is published as JSON is read up to twice a message's size.
    if body.to_string().len() > 2 * 4096 {
        shape.wrong("", format!("{} bytes", body.to_string().len()));
    }
    let optional = [
        "message", "title", "tags", "priority", "actions", "click", "attach", "markdown", "icon",
    ];
    shape.object("", body, &["topic"], &optional);
    let topic = Regex::new("^[-_A-Za-z0-9]{1,64}$").unwrap();
    if !topic.is_match(body["topic"].as_str().unwrap_or_default()) {
        shape.wrong("topic", "not a topic");
    }
    let message = body["message"].as_str();
    if message.is_none_or(|message| message.len() > 4096) {
        shape.wrong("message", "more than 4096 bytes");
    }
    shape.text("title", body.get("title"), 0, 250);
    if !body["priority"]
        .as_u64()
        .is_some_and(|it| (1..=5).contains(&it))
    {
        shape.wrong("priority", "not 1 to 5");
    }
    for tag in shape.list("tags", body.get("tags"), 0, 20) {
        shape.text("tags", Some(tag), 1, 50);
    }
    for action in shape.list("actions", body.get("actions"), 0, 3) {
        shape.object("actions", action, &["action", "label", "url"], &["clear"]);
        shape.word("actions", action.get("action"), &["view"]);
        shape.text("actions", action.get("label"), 1, 200);
        shape.address("actions", action.get("url"), 2000);
    }
    if let click @ Some(_) = body.get("click") {
        shape.address("click", click, 2000);
    }
    shape.0
}

pub(super) fn service() -> Service {
    Service {
        check,
        status: 200,
        answer: r#"{"id":"Zk7q2","time":1764000000,"event":"message","topic":"alerts"}"#,
    }
}

async fn sent(prefix: &str, priority: Option<u8>) -> (Vec<Value>, Vec<wiremock::Request>) {
    let server = kit::serve(&format!("{prefix}/"), service()).await;
    let (_folder, token_file) = kit::file("tk_123");
    let channel = kit::made(Integration::Ntfy {
        to: PostAddress::Written(format!("{}{prefix}/alerts", server.uri())),
        token_file: Some(token_file),
        priority,
        tags: vec!["server".to_owned()],
    })
    .unwrap();
    for wording in [kit::wording(), kit::hostile(), kit::huge(), kit::empty()] {
        let sent = kit::send(&channel, &wording).await;
        assert!(sent.is_ok(), "{sent:?}");
    }
    let requests = server.received_requests().await.unwrap();
    (kit::bodies(&server).await, requests)
}

#[tokio::test]
async fn ntfy_takes_every_message() {
    let (bodies, requests) = sent("", None).await;
    let first = &bodies[0];
    assert_eq!(first["topic"], "alerts");
    assert_eq!(first["priority"], 2);
    assert_eq!(first["tags"], serde_json::json!(["server"]));
    assert_eq!(first["click"], "https://grafana.example.org/d/x?a=1&b=2");
    assert_eq!(first["actions"][1]["label"], "Runbook");
    assert_eq!(requests[0].headers["authorization"], "Bearer tk_123");
}

#[tokio::test]
async fn a_server_below_a_folder_and_a_fixed_priority_are_respected() {
    let (bodies, _) = sent("/push", Some(4)).await;
    assert!(bodies.iter().all(|body| body["priority"] == 4));
}

#[tokio::test]
async fn nothing_hostile_is_a_link_in_ntfy() {
    let (bodies, _) = sent("", None).await;
    for body in &bodies {
        for key in ["title", "message"] {
            let text = body[key].as_str().unwrap();
            assert!(!text.contains("://") && !text.contains("www."), "{text}");
            assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        }
    }
}
