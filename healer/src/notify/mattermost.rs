//! Mattermost's incoming webhooks: a message attachment in Mattermost's own Markdown.
//!
//! A message has at most 16383 characters. Mentions are found by the server in the text as it stands, escaped or not: a
//! character of no width behind the `@` keeps it from that. A webhook cannot answer in a thread.

use std::path::Path;
use std::sync::Arc;

use serde_json::{Value, json};

use super::channel::{Channel, Envelope};
use super::chat::{self, Layout};
use super::fitting::{self, APART, Keep, Letter, Markup, Measure, breaks_link};
use super::post::ChannelError;
use super::wording::{Tone, Wording};

/// Together at most 15400 of the 16383 characters.
const SUBJECT: usize = 400;
const LEAD: usize = 3000;
const LINES: usize = 3000;
const NEXT: usize = 1000;
const ALL_LINKS: usize = 1500;
const ALL_FIELDS: usize = 3000;
const FIELD_NAME: usize = 100;
const FIELD_VALUE: usize = 1000;
const FOOTER: usize = 300;
const MOST_LINKS: usize = 10;

const MARKDOWN: Markup = Markup {
    measure: Measure::Characters,
    escape: backslashed,
};

/// Where no Markdown is read: mentions are looked for all the same.
const PLAIN: Markup = Markup {
    measure: Measure::Characters,
    escape: apart,
};

#[derive(Debug)]
struct Mattermost {
    channel: Option<String>,
}

pub(super) fn channel(
    url_file: &Path,
    channel: Option<String>,
) -> Result<Arc<dyn Channel>, ChannelError> {
    chat::in_file(url_file, Mattermost { channel })
}

impl Layout for Mattermost {
    fn body(&self, wording: &Wording, _: &Envelope<'_>) -> Value {
        let mut body = json!({
            "text": MARKDOWN.fit(&wording.subject, SUBJECT),
            "attachments": [{
                "fallback": PLAIN.fit(&wording.subject, SUBJECT),
                "color": color(wording.tone),
                "text": text(wording),
                "fields": fields(wording),
                "footer": PLAIN.fit(&wording.footer, FOOTER),
            }],
        });
        if let (Some(channel), Some(body)) = (&self.channel, body.as_object_mut()) {
            // Mattermost knows channels by their names in addresses.
            let name = channel.strip_prefix('#').unwrap_or(channel);
            body.insert("channel".to_owned(), name.into());
        }
        body
    }
}

fn text(wording: &Wording) -> String {
    let steps = fitting::step_lines(wording);
    let items = fitting::item_lines(wording);
    let mut parts = vec![
        MARKDOWN.fit(&wording.lead, LEAD),
        MARKDOWN.lines(&steps, LINES, Keep::Last),
        MARKDOWN.lines(&items, LINES, Keep::First),
    ];
    if let Some(next) = &wording.next {
        parts.push(MARKDOWN.fit(next, NEXT));
    }
    let links = fitting::links(wording, MOST_LINKS);
    parts.push(fitting::link_line(links, ALL_LINKS, |link| {
        fitting::markdown_link(&MARKDOWN.fit(&link.label, FIELD_NAME), &link.url)
    }));
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n\n")
}

fn fields(wording: &Wording) -> Vec<Value> {
    let mut size = 0;
    wording
        .facts
        .iter()
        .map(|fact| {
            let title = PLAIN.fit(&fact.label, FIELD_NAME);
            let value = MARKDOWN.fit(&fact.value, FIELD_VALUE);
            (title, value)
        })
        .take_while(|(title, value)| {
            size += Measure::Characters.of(title) + Measure::Characters.of(value);
            size <= ALL_FIELDS
        })
        .map(|(title, value)| json!({"title": title, "value": value, "short": true}))
        .collect()
}

const fn color(tone: Tone) -> &'static str {
    match tone {
        Tone::Critical => "#d93025",
        Tone::Warning => "#f29900",
        Tone::Good => "#188038",
        Tone::Neutral => "#5f6368",
    }
}

/// A backslash before what can begin markup, and something between before what no backslash helps against.
fn backslashed(out: &mut String, letter: Letter) {
    let is_markup = matches!(
        letter.this,
        '\\' | '*'
            | '_'
            | '`'
            | '|'
            | '<'
            | '>'
            | '['
            | ']'
            | '('
            | ')'
            | '#'
            | '!'
            | '~'
            | '{'
            | '}'
    );
    let begins_line = letter.before.is_none_or(|before| before == '\n');
    if is_markup || (begins_line && matches!(letter.this, '-' | '+')) {
        out.push('\\');
    }
    apart(out, letter);
}

/// Keeps mentions (`@all`, `~channel`), hashtags and links from being found.
fn apart(out: &mut String, letter: Letter) {
    out.push(letter.this);
    let is_within_word = letter.before.is_some_and(char::is_alphanumeric);
    if breaks_link(letter) || (matches!(letter.this, '@' | '~' | '#') && !is_within_word) {
        out.push(APART);
    }
}
