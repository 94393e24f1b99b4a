//! Teams: a message with an Adaptive Card, by the cards' schema 1.4 and the limits of Teams' webhooks.

use serde_json::Value;

use super::kit::{self, Service};
use super::shape::Shape;
use crate::policy::Integration;

pub(super) const PATH: &str = "/workflows/0123abcd/triggers/manual/paths/invoke";
const SPACINGS: [&str; 7] = [
    "None",
    "Small",
    "Default",
    "Medium",
    "Large",
    "ExtraLarge",
    "Padding",
];

fn check(body: &Value) -> Vec<String> {
    let mut shape = Shape::default();
    if body.to_string().len() > 28 * 1024 {
        shape.wrong("", "more than 28 KB");
    }
    shape.object("", body, &["type", "attachments"], &["summary"]);
    shape.word("type", body.get("type"), &["message"]);
    for attachment in shape.list("attachments", body.get("attachments"), 1, 1) {
        shape.object(
            "attachments",
            attachment,
            &["contentType", "content"],
            &["contentUrl"],
        );
        shape.word(
            "contentType",
            attachment.get("contentType"),
            &["application/vnd.microsoft.card.adaptive"],
        );
        card(&mut shape, &attachment["content"]);
    }
    shape.0
}

fn card(shape: &mut Shape, card: &Value) {
    let optional = ["$schema", "actions", "fallbackText", "msteams", "lang"];
    shape.object("card", card, &["type", "version", "body"], &optional);
    shape.word("type", card.get("type"), &["AdaptiveCard"]);
    shape.word(
        "version",
        card.get("version"),
        &["1.2", "1.3", "1.4", "1.5"],
    );
    shape.object("msteams", &card["msteams"], &[], &["width"]);
    for (index, value) in shape
        .list("body", card.get("body"), 1, 200)
        .iter()
        .enumerate()
    {
        element(shape, &format!("body/{index}"), value);
    }
    for action in shape.list("actions", card.get("actions"), 0, 6) {
        shape.object("actions", action, &["type", "url"], &["title"]);
        shape.word("actions", action.get("type"), &["Action.OpenUrl"]);
        shape.address("actions", action.get("url"), 2000);
        shape.text("actions", action.get("title"), 1, 200);
    }
}

fn element(shape: &mut Shape, at: &str, value: &Value) {
    if let spacing @ Some(_) = value.get("spacing") {
        shape.word(at, spacing, &SPACINGS);
    }
    match value["type"].as_str() {
        Some("Container") => {
            shape.object(
                at,
                value,
                &["type", "items"],
                &["style", "bleed", "spacing"],
            );
            let styles = [
                "default",
                "emphasis",
                "good",
                "attention",
                "warning",
                "accent",
            ];
            shape.word(at, value.get("style"), &styles);
            shape.flag(at, value.get("bleed"));
            for item in shape.list(at, value.get("items"), 1, 50) {
                element(shape, at, item);
            }
        }
        Some("RichTextBlock") => {
            shape.object(at, value, &["type", "inlines"], &["spacing", "separator"]);
            for run in shape.list(at, value.get("inlines"), 1, 50) {
                shape.object(
                    at,
                    run,
                    &["type", "text"],
                    &["weight", "size", "isSubtle", "color"],
                );
                shape.word(at, run.get("type"), &["TextRun"]);
                shape.text(at, run.get("text"), 1, 10_000);
                shape.flag(at, run.get("isSubtle"));
                if let weight @ Some(_) = run.get("weight") {
                    shape.word(at, weight, &["Default", "Lighter", "Bolder"]);
                }
                if let size @ Some(_) = run.get("size") {
                    let sizes = ["Default", "Small", "Medium", "Large", "ExtraLarge"];
                    shape.word(at, size, &sizes);
                }
            }
        }
        other => shape.wrong(at, format!("an element of type {other:?}")),
    }
}

pub(super) fn service() -> Service {
    Service {
        check,
        status: 202,
        answer: "",
    }
}

pub(super) fn teams(file: &std::path::Path) -> Integration {
    Integration::Teams {
        url_file: file.to_owned(),
    }
}

#[tokio::test]
async fn teams_takes_every_message() {
    let bodies = kit::all_are_taken(PATH, service(), teams).await;
    let card = &bodies[0]["attachments"][0]["content"];
    assert_eq!(card["body"][0]["style"], "good");
    let subject = &card["body"][0]["items"][0]["inlines"][0]["text"];
    assert_eq!(*subject, Value::from(kit::wording().subject));
    assert_eq!(card["actions"][1]["title"], "Runbook");
    // Lines are left out of what is too long, and their number is told.
    let huge = bodies[2].to_string();
    assert!(huge.contains("… +"), "{huge}");
}

/// Everything stands in runs, which have no markup at all: only links and what clients may replace is left to keep apart.
#[tokio::test]
async fn nothing_hostile_is_markup_or_a_mention_in_teams() {
    let bodies = kit::all_are_taken(PATH, service(), teams).await;
    for body in &bodies {
        let mut texts = Vec::new();
        kit::texts(body, "", &mut texts);
        for (at, text) in texts {
            assert!(
                !text.contains("{{") && !text.contains("<at>"),
                "{at}: {text}"
            );
            let is_address = at.ends_with("/url") || at.ends_with("/$schema");
            assert!(is_address || !text.contains("://"), "{at}: {text}");
        }
        assert!(!body.to_string().contains("\"entities\""));
    }
}
