//! Discord's webhooks: one embed. Mentions are switched off as a whole (`allowed_mentions`), and escaped besides.
//!
//! Limits by Discord's reference: a title has 256 characters, a description 4096, 25 fields of 256 and 1024, a footer
//! 2048, and all of them together 6000. A webhook cannot answer a message; it can write into a thread that exists, when
//! its address says so (`?thread_id=`).

use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use serde_json::{Value, json};

use super::channel::{Channel, Envelope};
use super::chat::{self, Layout};
use super::fitting::{self, Keep, Letter, Markup, Measure};
use super::post::{self, ChannelError, Post};
use super::wording::{Tone, Wording};
use crate::policy::PostAddress;

/// Together at most 5950 of the 6000 characters.
const TITLE: usize = 250;
const LEAD: usize = 900;
const LINES: usize = 1300;
const NEXT: usize = 500;
const LINKS: usize = 1100;
const FOOTER: usize = 200;
const ALL_FIELDS: usize = 1600;
const FIELD_NAME: usize = 100;
const FIELD_VALUE: usize = 400;
const MOST_FIELDS: usize = 25;
const MOST_LINKS: usize = 5;

const MARKDOWN: Markup = Markup {
    measure: Measure::Characters,
    escape: backslashed,
};

/// Footers are shown as they are.
const PLAIN: Markup = Markup {
    measure: Measure::Characters,
    escape: fitting::plain,
};

#[derive(Debug)]
struct Discord;

pub(super) fn channel(url_file: &Path) -> Result<Arc<dyn Channel>, ChannelError> {
    let to = PostAddress::InFile(url_file.to_owned());
    let url = answered(post::address(&to)?);
    Ok(chat::channel(Post::new(&to, url)?, Discord))
}

/// Asked to say what became of the message: without it, Discord answers before it has looked.
fn answered(mut url: Url) -> Url {
    let has_wait = url.query_pairs().any(|(key, _)| key == "wait");
    if !has_wait {
        url.query_pairs_mut().append_pair("wait", "true");
    }
    url
}

impl Layout for Discord {
    fn body(&self, wording: &Wording, envelope: &Envelope<'_>) -> Value {
        json!({
            "allowed_mentions": {"parse": []},
            "embeds": [{
                "title": some(MARKDOWN.fit(&wording.subject, TITLE)),
                "description": some(description(wording)),
                "color": color(wording.tone),
                "fields": fields(wording),
                "footer": {"text": some(PLAIN.fit(&wording.footer, FOOTER))},
                "timestamp": envelope.created.to_string(),
            }],
        })
    }
}

fn description(wording: &Wording) -> String {
    let steps = fitting::step_lines(wording);
    let items = fitting::item_lines(wording);
    let mut parts = vec![MARKDOWN.fit(&wording.lead, LEAD)];
    match (steps.is_empty(), items.is_empty()) {
        (true, _) => parts.push(MARKDOWN.lines(&items, LINES, Keep::First)),
        (false, true) => parts.push(MARKDOWN.lines(&steps, LINES, Keep::Last)),
        (false, false) => {
            parts.push(MARKDOWN.lines(&steps, LINES / 2, Keep::Last));
            parts.push(MARKDOWN.lines(&items, LINES / 2, Keep::First));
        }
    }
    if let Some(next) = &wording.next {
        parts.push(MARKDOWN.fit(next, NEXT));
    }
    let links = fitting::links(wording, MOST_LINKS);
    parts.push(fitting::link_line(links, LINKS, |link| {
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
        .take(MOST_FIELDS)
        .map(|fact| {
            let name = some(MARKDOWN.fit(&fact.label, FIELD_NAME));
            let value = some(MARKDOWN.fit(&fact.value, FIELD_VALUE));
            (name, value)
        })
        .take_while(|(name, value)| {
            size += Measure::Characters.of(name) + Measure::Characters.of(value);
            size <= ALL_FIELDS
        })
        .map(|(name, value)| json!({"name": name, "value": value, "inline": true}))
        .collect()
}

/// Empty texts are refused.
fn some(text: String) -> String {
    if text.trim().is_empty() {
        "–".to_owned()
    } else {
        text
    }
}

const fn color(tone: Tone) -> u32 {
    match tone {
        Tone::Critical => 0x00d9_3025,
        Tone::Warning => 0x00f2_9900,
        Tone::Good => 0x0018_8038,
        Tone::Neutral => 0x005f_6368,
    }
}

/// A backslash before everything that can begin markup, a mention or a link.
fn backslashed(out: &mut String, letter: Letter) {
    let is_special = match letter.this {
        '\\' | '*' | '_' | '~' | '`' | '|' | '<' | '>' | '[' | ']' | '(' | ')' | '#' => true,
        '@' => !letter.before.is_some_and(char::is_alphanumeric),
        '-' | '+' => letter
            .before
            .is_none_or(|before| before == '\n' || before == ' '),
        ':' => letter.after == Some('/'),
        _ => false,
    };
    if is_special {
        out.push('\\');
    }
    out.push(letter.this);
}
