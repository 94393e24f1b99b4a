//! Mattermost: incoming webhooks and message attachments, by its developers' documentation.

use regex::Regex;
use serde_json::Value;

use super::kit::{self, Service, is_bare};
use super::shape::Shape;
use crate::policy::Integration;

pub(super) const PATH: &str = "/hooks/xxx-generatedkey-xxx";

fn check(body: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    let optional = [
        "channel",
        "username",
        "icon_url",
        "icon_emoji",
        "attachments",
        "type",
        "props",
        "priority",
    ];
    shape.object("", body, &["text"], &optional);
    shape.text("text", body.get("text"), 0, 16_383);
    let color = Regex::new("^#[0-9a-f]{6}$").unwrap();
    for attachment in shape.list("attachments", body.get("attachments"), 1, 10) {
        let at = "attachments";
        let optional = [
            "color",
            "pretext",
            "text",
            "author_name",
            "title",
            "title_link",
            "fields",
            "footer",
        ];
        shape.object(at, attachment, &["fallback"], &optional);
        shape.text(at, attachment.get("fallback"), 0, 16_383);
        shape.text(at, attachment.get("text"), 0, 16_383);
        shape.text(at, attachment.get("footer"), 0, 300);
        if !color.is_match(attachment["color"].as_str().unwrap_or_default()) {
            shape.wrong(at, "color");
        }
        for field in shape.list(at, attachment.get("fields"), 0, 100) {
            shape.object(at, field, &["title", "value"], &["short"]);
            shape.flag(at, field.get("short"));
        }
    }
    let mut texts = Vec::new();
    kit::texts(body, "", &mut texts);
    let size: usize = texts
        .iter()
        .map(|(_, text)| text.encode_utf16().count())
        .sum();
    if size > 16_383 {
        shape.wrong("", format!("{size} characters in all"));
    }
    shape.0
}

pub(super) fn service() -> Service {
    Service {
        check,
        status: 200,
        answer: "ok",
    }
}

pub(super) fn mattermost(channel: Option<&str>) -> impl FnOnce(&std::path::Path) -> Integration {
    let channel = channel.map(ToOwned::to_owned);
    move |file| Integration::Mattermost {
        url_file: file.to_owned(),
        channel,
    }
}

#[tokio::test]
async fn mattermost_takes_every_message() {
    let bodies = kit::all_are_taken(PATH, service(), mattermost(Some("#town-square"))).await;
    let first = &bodies[0];
    assert_eq!(first["channel"], "town-square");
    assert_eq!(first["text"], kit::wording().subject);
    assert_eq!(first["attachments"][0]["color"], "#188038");
    assert_eq!(first["attachments"][0]["fields"][0]["title"], "Host");
}

#[tokio::test]
async fn nothing_hostile_is_markup_or_a_mention_in_mattermost() {
    let bodies = kit::all_are_taken(PATH, service(), mattermost(None)).await;
    let links = Regex::new(r"\[((?:[^\[\]\\]|\\.)*)\]\(https://[^()\s]*\)").unwrap();
    let mention = Regex::new(r"(^|[^\pL\pN])[@~][a-z0-9]").unwrap();
    for body in &bodies {
        let attachment = &body["attachments"][0];
        let mut texts = vec![&body["text"], &attachment["text"]];
        texts.extend(
            attachment["fields"]
                .as_array()
                .unwrap()
                .iter()
                .map(|field| &field["value"]),
        );
        for text in texts {
            let text = links.replace_all(text.as_str().unwrap(), "$1");
            for special in [
                '*', '_', '~', '`', '|', '<', '>', '[', ']', '(', ')', '#', '!',
            ] {
                assert!(!is_bare(&text, special), "{special} in {text}");
            }
            assert!(!text.contains("://") && !text.contains("www."), "{text}");
        }
        let mut all = Vec::new();
        kit::texts(body, "", &mut all);
        for (at, text) in all {
            assert!(
                !mention.is_match(&links.replace_all(&text, "$1")),
                "{at}: {text}"
            );
        }
    }
}
