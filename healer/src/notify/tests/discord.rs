//! Discord: Execute Webhook and its embeds, by the reference of its developers.

use serde_json::Value;

use super::kit::{self, Service, is_bare};
use super::shape::Shape;
use crate::policy::Integration;

pub(super) const PATH: &str = "/api/webhooks/123/abc";

fn check(body: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    shape.object(
        "",
        body,
        &["embeds"],
        &["content", "allowed_mentions", "username"],
    );
    let mentions = &body["allowed_mentions"];
    shape.object(
        "allowed_mentions",
        mentions,
        &["parse"],
        &["roles", "users"],
    );
    shape.list("allowed_mentions", mentions.get("parse"), 0, 3);
    let embeds = shape.list("embeds", body.get("embeds"), 1, 10);
    let mut size = 0;
    for (index, value) in embeds.iter().enumerate() {
        size += embed(&mut shape, &format!("embeds/{index}"), value);
    }
    if size > 6000 {
        shape.wrong("embeds", format!("{size} characters"));
    }
    shape.0
}

/// How many characters count.
fn embed(shape: &mut Shape, at: &str, value: &Value) -> usize {
    let optional = [
        "title",
        "description",
        "url",
        "timestamp",
        "color",
        "footer",
        "fields",
    ];
    shape.object(at, value, &[], &optional);
    shape.text(at, value.get("title"), 1, 256);
    shape.text(at, value.get("description"), 1, 4096);
    if value["color"]
        .as_u64()
        .is_none_or(|color| color > 0x00ff_ffff)
    {
        shape.wrong(at, "color");
    }
    let timestamp = value["timestamp"].as_str().unwrap_or_default();
    if timestamp.parse::<jiff::Timestamp>().is_err() {
        shape.wrong(at, "timestamp");
    }
    shape.object(at, &value["footer"], &["text"], &["icon_url"]);
    shape.text(at, value["footer"].get("text"), 1, 2048);
    let mut counted = vec![
        &value["title"],
        &value["description"],
        &value["footer"]["text"],
    ];
    for field in shape.list(at, value.get("fields"), 0, 25) {
        shape.object(at, field, &["name", "value"], &["inline"]);
        shape.text(at, field.get("name"), 1, 256);
        shape.text(at, field.get("value"), 1, 1024);
        shape.flag(at, field.get("inline"));
        counted.extend([&field["name"], &field["value"]]);
    }
    let texts = counted.into_iter().filter_map(Value::as_str);
    texts.map(|text| text.encode_utf16().count()).sum()
}

pub(super) fn service() -> Service {
    Service {
        check,
        status: 200,
        answer: r#"{"id": "1234", "type": 0}"#,
    }
}

pub(super) fn discord(file: &std::path::Path) -> Integration {
    Integration::Discord {
        url_file: file.to_owned(),
    }
}

#[tokio::test]
async fn discord_takes_every_message() {
    let bodies = kit::all_are_taken(PATH, service(), discord).await;
    let embed = &bodies[0]["embeds"][0];
    assert_eq!(embed["color"], 0x0018_8038);
    assert_eq!(embed["timestamp"], "2026-11-24T09:00:02Z");
    assert_eq!(embed["fields"][0]["value"], "web1");
    let description = embed["description"].as_str().unwrap();
    assert!(
        description.contains("[Dashboard](https://grafana.example.org/d/x?a=1&b=2)"),
        "{description}"
    );
}

#[tokio::test]
async fn nothing_hostile_is_markup_or_a_mention_in_discord() {
    let bodies = kit::all_are_taken(PATH, service(), discord).await;
    let links = regex::Regex::new(r" ?·? ?\[((?:[^\[\]\\]|\\.)*)\]\(https://[^()\s]*\)").unwrap();
    for body in &bodies {
        assert_eq!(body["allowed_mentions"]["parse"], serde_json::json!([]));
        let embed = &body["embeds"][0];
        for key in ["title", "description"] {
            let mut text = embed[key].as_str().unwrap().to_owned();
            // Our own links, whose addresses have nothing special in them.
            text = links.replace_all(&text, "$1").into_owned();
            for special in ['*', '_', '~', '`', '|', '<', '>', '[', ']', '(', ')', '#'] {
                assert!(!is_bare(&text, special), "{special} in {text}");
            }
            assert!(!is_bare(&text.replace("://", "\u{1}"), '\u{1}'), "{text}");
            assert!(!text.contains(" @"), "{text}");
        }
    }
}

#[tokio::test]
async fn discord_is_asked_to_say_what_became_of_it_and_a_thread_may_be_named() {
    let server = kit::serve(PATH, service()).await;
    let (_folder, file) = kit::file(&format!("{}{PATH}?thread_id=77", server.uri()));
    let channel = kit::made(discord(&file)).unwrap();
    let receipt = kit::send(&channel, &kit::wording()).await.unwrap();
    assert!(receipt.0.contains("200 OK"), "{receipt:?}");
    let requests = server.received_requests().await.unwrap();
    assert_eq!(requests[0].url.query(), Some("thread_id=77&wait=true"));
}
