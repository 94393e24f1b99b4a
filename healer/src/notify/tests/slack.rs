//! Slack: Block Kit by its reference (docs.slack.dev, blocks and composition objects; incoming webhooks).

use regex::Regex;
use serde_json::Value;

use super::kit::{self, Service};
use super::shape::Shape;
use crate::policy::Integration;

pub(super) const PATH: &str = "/services/T000/B000/XXXX";

fn check(body: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    let optional = [
        "blocks",
        "channel",
        "mrkdwn",
        "unfurl_links",
        "unfurl_media",
    ];
    if let Some(body) = shape.object("", body, &["text"], &optional) {
        shape.text("text", body.get("text"), 0, 40_000);
        for flag in ["mrkdwn", "unfurl_links", "unfurl_media"] {
            shape.flag(flag, body.get(flag));
        }
        let blocks = shape.list("blocks", body.get("blocks"), 1, 50);
        for (index, value) in blocks.iter().enumerate() {
            block(&mut shape, &format!("blocks/{index}"), value);
        }
    }
    shape.0
}

fn block(shape: &mut Shape, at: &str, value: &Value) {
    match value["type"].as_str() {
        Some("header") => {
            shape.object(at, value, &["type", "text"], &["block_id", "level"]);
            text(shape, at, &value["text"], &["plain_text"], 150);
        }
        Some("section") => {
            shape.object(
                at,
                value,
                &["type"],
                &["text", "fields", "block_id", "expand"],
            );
            let (words, fields) = (value.get("text"), value.get("fields"));
            if words.is_none() && fields.is_none() {
                shape.wrong(at, "neither text nor fields");
            }
            if let Some(words) = words {
                text(shape, at, words, &["plain_text", "mrkdwn"], 3000);
            }
            if fields.is_some() {
                for field in shape.list(at, fields, 1, 10) {
                    text(shape, at, field, &["plain_text", "mrkdwn"], 2000);
                }
            }
        }
        Some("context") => {
            shape.object(at, value, &["type", "elements"], &["block_id"]);
            for element in shape.list(at, value.get("elements"), 1, 10) {
                text(shape, at, element, &["plain_text", "mrkdwn"], 3000);
            }
        }
        other => shape.wrong(at, format!("a block of type {other:?}")),
    }
}

fn text(shape: &mut Shape, at: &str, value: &Value, kinds: &[&str], most: usize) {
    shape.word(at, value.get("type"), kinds);
    let optional: &[&str] = match value["type"].as_str() {
        Some("plain_text") => &["emoji"],
        _ => &["verbatim"],
    };
    shape.object(at, value, &["type", "text"], optional);
    shape.text(at, value.get("text"), 1, most);
}

pub(super) fn service() -> Service {
    Service {
        check,
        status: 200,
        answer: "ok",
    }
}

pub(super) fn slack(channel: Option<&str>) -> impl FnOnce(&std::path::Path) -> Integration {
    let channel = channel.map(ToOwned::to_owned);
    move |file| Integration::Slack {
        url_file: file.to_owned(),
        channel,
    }
}

#[tokio::test]
async fn slack_takes_every_message() {
    let bodies = kit::all_are_taken(PATH, service(), slack(None)).await;
    assert_eq!(bodies.len(), 4);
    let first = &bodies[0];
    assert_eq!(first["blocks"][0]["text"]["text"], kit::wording().subject);
    assert_eq!(first["blocks"][2]["fields"][0]["text"], "Host\nweb1");
    assert!(first.get("channel").is_none());
    assert_eq!(first["blocks"][5]["text"]["type"], "mrkdwn");
    assert_eq!(
        first["blocks"][5]["text"]["text"],
        "<https://grafana.example.org/d/x?a=1&amp;b=2|Dashboard> · \
         <https://docs.example.org/runbooks/ServiceDown|Runbook>"
    );
}

#[tokio::test]
async fn nothing_hostile_is_markup_or_a_mention_in_slack() {
    let bodies = kit::all_are_taken(PATH, service(), slack(None)).await;
    let link = r"<https?://[^|<>\s]+\|[^<>|]*>";
    let only_links = Regex::new(&format!("^{link}( · {link})*$")).unwrap();
    for body in &bodies {
        assert_eq!(body["mrkdwn"], false);
        let text = body["text"].as_str().unwrap();
        assert!(
            !text.contains(['<', '>']) && !text.contains("://"),
            "{text}"
        );
        for block in body["blocks"].as_array().unwrap() {
            let mut texts = vec![&block["text"]];
            texts.extend(block["fields"].as_array().into_iter().flatten());
            texts.extend(block["elements"].as_array().into_iter().flatten());
            for text in texts {
                if text["type"] == "mrkdwn" {
                    assert_eq!(text["verbatim"], true);
                    let text = text["text"].as_str().unwrap();
                    assert!(only_links.is_match(text), "{text}");
                    assert!(!text.contains("evil.example\\|"), "{text}");
                }
            }
        }
    }
}

#[tokio::test]
async fn the_channel_of_an_old_webhook_can_be_another() {
    let bodies = kit::all_are_taken(PATH, service(), slack(Some("#ops"))).await;
    assert_eq!(bodies[0]["channel"], "#ops");
}
