//! The body of a webhook without a template, and what a template sees. Documented in `docs/notifications.md`; fields are
//! added to it, and never changed, as long as its version stays.

use serde_json::{Value, json};

use crate::notify::channel::Envelope;
use crate::notify::wording::{Tone, Wording};

const VERSION: &str = "1";

/// The message in words and as it is.
pub(in crate::notify) fn of(wording: &Wording, envelope: &Envelope<'_>) -> Value {
    let facts = wording.facts.iter();
    let facts: Vec<Value> = facts
        .map(|fact| json!({"label": fact.label, "value": fact.value}))
        .collect();
    let steps = wording.steps.iter();
    let steps: Vec<Value> = steps
        .map(|step| {
            json!({
                "at": step.at.to_string(),
                "at_text": step.at_text,
                "text": step.text,
                "tone": tone(step.tone),
            })
        })
        .collect();
    let items = wording.items.iter();
    let items: Vec<Value> = items
        .map(|item| json!({"at_text": item.at_text, "text": item.text, "tone": tone(item.tone)}))
        .collect();
    let links = wording.links.iter();
    let links: Vec<Value> = links
        .map(|link| json!({"label": link.label, "url": link.url}))
        .collect();
    json!({
        "version": VERSION,
        "id": envelope.id.0,
        "created": envelope.created.to_string(),
        "severity": envelope.severity.as_str(),
        "incident": envelope.thread.map(ToString::to_string),
        "sent_before": envelope.sent_before,
        "subject": wording.subject,
        "lead": wording.lead,
        "tone": tone(wording.tone),
        "facts": facts,
        "steps": steps,
        "items": items,
        "next": wording.next,
        "links": links,
        "footer": wording.footer,
        "content": envelope.message.content,
    })
}

const fn tone(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "critical",
        Tone::Warning => "warning",
        Tone::Good => "good",
        Tone::Neutral => "neutral",
    }
}
