//! Microsoft Teams, by the webhook of a workflow: an Adaptive Card in a message.
//!
//! All that comes from alerts stands in `RichTextBlock`s, whose runs know no markup and no mentions. A message has at
//! most 28 KB: lines are left out until it fits. A workflow cannot answer in a thread that it is not told of.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::channel::{Channel, Envelope};
use super::chat::{self, Layout};
use super::fitting::{self, APART, CUT, Letter, Markup, Measure, breaks_link};
use super::post::ChannelError;
use super::wording::{Tone, Wording};

/// Somewhat less than what Teams takes: the workflow wraps it once more.
const MESSAGE_BYTES: usize = 26_000;
const SUBJECT: usize = 500;
const LEAD: usize = 3000;
const LINE: usize = 400;
const NEXT: usize = 1000;
const FACT_LABEL: usize = 100;
const FACT_VALUE: usize = 500;
const FOOTER: usize = 300;
const MOST_FACTS: usize = 15;
/// More buttons are hidden behind another.
const MOST_BUTTONS: usize = 4;
const BUTTON: usize = 100;
/// How many lines are tried, until it fits.
const LINES: [usize; 6] = [40, 25, 12, 6, 3, 0];

const RUN: Markup = Markup {
    measure: Measure::JsonBytes,
    escape: run_text,
};

#[derive(Debug)]
struct Teams;

pub(super) fn channel(url_file: &Path) -> Result<Arc<dyn Channel>, ChannelError> {
    chat::in_file(url_file, Teams)
}

impl Layout for Teams {
    fn body(&self, wording: &Wording, _: &Envelope<'_>) -> Value {
        let mut last = Value::Null;
        for lines in LINES {
            last = message(wording, lines);
            if last.to_string().len() <= MESSAGE_BYTES {
                break;
            }
        }
        last
    }
}

fn message(wording: &Wording, lines: usize) -> Value {
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card(wording, lines),
        }],
    })
}

fn card(wording: &Wording, lines: usize) -> Value {
    let subject = RUN.fit(&wording.subject, SUBJECT);
    let title =
        json!({"type": "TextRun", "text": some(&subject), "weight": "Bolder", "size": "Large"});
    let mut body = vec![json!({
        "type": "Container",
        "style": style(wording.tone),
        "bleed": true,
        "items": [block(&[title])],
    })];
    if !wording.lead.trim().is_empty() {
        body.push(block(&[run(&RUN.fit(&wording.lead, LEAD))]));
    }
    for fact in wording.facts.iter().take(MOST_FACTS) {
        let label = RUN.fit(&format!("{}: ", fact.label), FACT_LABEL);
        let label = json!({"type": "TextRun", "text": label, "weight": "Bolder"});
        let mut fact = block(&[label, run(&RUN.fit(&fact.value, FACT_VALUE))]);
        set(&mut fact, "spacing", "Small");
        body.push(fact);
    }
    let steps = fitting::step_lines(wording);
    let left_out = steps.len().saturating_sub(lines);
    body.extend(left_out_note(left_out));
    body.extend(steps.iter().skip(left_out).map(|line| line_block(line)));
    let items = fitting::item_lines(wording);
    body.extend(items.iter().take(lines).map(|line| line_block(line)));
    body.extend(left_out_note(items.len().saturating_sub(lines)));
    if let Some(next) = &wording.next {
        body.push(block(&[run(&RUN.fit(next, NEXT))]));
    }
    if !wording.footer.trim().is_empty() {
        let footer = RUN.fit(&wording.footer, FOOTER);
        let footer = json!({"type": "TextRun", "text": footer, "size": "Small", "isSubtle": true});
        body.push(block(&[footer]));
    }
    let actions: Vec<Value> = fitting::links(wording, MOST_BUTTONS)
        .into_iter()
        .map(|link| {
            let title = RUN.fit(&link.label, BUTTON);
            json!({"type": "Action.OpenUrl", "title": some(&title), "url": link.url})
        })
        .collect();
    json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": subject,
        "msteams": {"width": "Full"},
        "body": body,
        "actions": actions,
    })
}

fn block(runs: &[Value]) -> Value {
    json!({"type": "RichTextBlock", "inlines": runs})
}

fn run(text: &str) -> Value {
    json!({"type": "TextRun", "text": some(text)})
}

fn line_block(line: &str) -> Value {
    let mut block = block(&[run(&RUN.fit(line, LINE))]);
    set(&mut block, "spacing", "Small");
    block
}

fn left_out_note(left_out: usize) -> Option<Value> {
    (left_out > 0).then(|| block(&[run(&format!("{CUT} +{left_out}"))]))
}

fn set(object: &mut Value, key: &str, value: &str) {
    if let Some(object) = object.as_object_mut() {
        object.insert(key.to_owned(), value.into());
    }
}

/// An empty run is refused by some clients.
fn some(text: &str) -> &str {
    if text.is_empty() { "–" } else { text }
}

const fn style(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "attention",
        Tone::Warning => "warning",
        Tone::Good => "good",
        Tone::Neutral => "emphasis",
    }
}

/// A run has no markup. What looks like a function of cards (`{{DATE(…)}}`) or a mention (`<at>`) is kept apart.
fn run_text(out: &mut String, letter: Letter) {
    out.push(letter.this);
    if breaks_link(letter)
        || matches!(
            (letter.this, letter.after),
            ('{', Some('{')) | ('<', Some(_))
        )
    {
        out.push(APART);
    }
}
