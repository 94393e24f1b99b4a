//! Slack's incoming webhooks: Block Kit, in which everything that comes from alerts is `plain_text`, where nothing is
//! markup, a mention or a link.
//!
//! Limits by Slack's reference: a header has 150 characters, a text in a section 3000, a section ten fields of 2000, a
//! message 50 blocks. An incoming webhook cannot answer in a thread: it is never told which message it wrote.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::channel::{Channel, Envelope};
use super::chat::{self, Layout};
use super::fitting::{self, Keep, Letter, Markup, Measure, breaks_link, plain};
use super::post::ChannelError;
use super::wording::Wording;

const HEADER: usize = 150;
const TEXT: usize = 3000;
const FIELD: usize = 2000;
const FIELDS_IN_SECTION: usize = 10;
const MOST_FIELDS: usize = 20;
const MOST_LINKS: usize = 10;

/// In `plain_text`, nothing is looked for but emoji, and those are switched off.
const PLAIN: Markup = Markup {
    measure: Measure::Characters,
    escape: plain,
};

/// In `mrkdwn` and in the notification's own text.
const MRKDWN: Markup = Markup {
    measure: Measure::Characters,
    escape: entities,
};

#[derive(Debug)]
struct Slack {
    channel: Option<String>,
}

pub(super) fn channel(
    url_file: &Path,
    channel: Option<String>,
) -> Result<Arc<dyn Channel>, ChannelError> {
    chat::in_file(url_file, Slack { channel })
}

impl Layout for Slack {
    fn body(&self, wording: &Wording, _: &Envelope<'_>) -> Value {
        let mut body = json!({
            "text": MRKDWN.fit(&wording.subject, TEXT),
            "mrkdwn": false,
            "unfurl_links": false,
            "unfurl_media": false,
            "blocks": blocks(wording),
        });
        if let (Some(channel), Some(body)) = (&self.channel, body.as_object_mut()) {
            body.insert("channel".to_owned(), channel.as_str().into());
        }
        body
    }
}

fn blocks(wording: &Wording) -> Vec<Value> {
    let mut blocks = vec![json!({
        "type": "header",
        "text": text(&PLAIN.fit(&wording.subject, HEADER)),
    })];
    blocks.extend(section(&PLAIN.fit(&wording.lead, TEXT)));
    let facts: Vec<Value> = wording
        .facts
        .iter()
        .take(MOST_FIELDS)
        .map(|fact| text(&PLAIN.fit(&format!("{}\n{}", fact.label, fact.value), FIELD)))
        .collect();
    for fields in facts.chunks(FIELDS_IN_SECTION) {
        blocks.push(json!({"type": "section", "fields": fields}));
    }
    let steps = fitting::step_lines(wording);
    blocks.extend(section(&PLAIN.lines(&steps, TEXT, Keep::Last)));
    let items = fitting::item_lines(wording);
    blocks.extend(section(&PLAIN.lines(&items, TEXT, Keep::First)));
    if let Some(next) = &wording.next {
        blocks.extend(section(&PLAIN.fit(next, TEXT)));
    }
    blocks.extend(links(wording));
    if !wording.footer.trim().is_empty() {
        let footer = text(&PLAIN.fit(&wording.footer, FIELD));
        blocks.push(json!({"type": "context", "elements": [footer]}));
    }
    blocks
}

fn text(text: &str) -> Value {
    // An empty text is refused.
    let text = if text.trim().is_empty() { "–" } else { text };
    json!({"type": "plain_text", "text": text, "emoji": false})
}

fn section(words: &str) -> Option<Value> {
    (!words.trim().is_empty()).then(|| json!({"type": "section", "text": text(words)}))
}

/// The one place with markup: links of our own making. `verbatim` keeps Slack from finding more of them.
fn links(wording: &Wording) -> Option<Value> {
    let whole = fitting::link_line(fitting::links(wording, MOST_LINKS), TEXT, |link| {
        let label = MRKDWN.fit(&link.label, HEADER);
        format!("<{}|{label}>", link.url.replace('&', "&amp;"))
    });
    (!whole.is_empty()).then(|| {
        json!({
            "type": "section",
            "text": {"type": "mrkdwn", "text": whole, "verbatim": true},
        })
    })
}

/// The three characters that begin everything special, and those that make text bold, struck or code.
fn entities(out: &mut String, letter: Letter) {
    match letter.this {
        '&' => out.push_str("&amp;"),
        '<' => out.push_str("&lt;"),
        '>' => out.push_str("&gt;"),
        '|' => out.push('¦'),
        this => {
            out.push(this);
            if breaks_link(letter) || matches!(this, '*' | '_' | '~' | '`' | '@') {
                out.push(fitting::APART);
            }
        }
    }
}
