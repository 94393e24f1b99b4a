//! ntfy: a message for phones, published as JSON.
//!
//! A message has at most 4096 bytes; what is longer would come as a file. The JSON around it has at most twice as many:
//! texts are measured as JSON writes them, and buttons that do not fit are left out. Markdown is off. Later messages of
//! an incident cannot replace earlier ones.

use std::path::Path;
use std::sync::Arc;

use reqwest::Url;
use serde_json::{Value, json};

use super::channel::{Channel, Envelope};
use super::chat::{self, Layout};
use super::fitting::{self, Keep, Markup, Measure};
use super::post::{self, ChannelError, Post};
use super::wording::{Tone, Wording};
use crate::policy::PostAddress;

/// Together at most 4050 of the 4096 bytes.
const LEAD: usize = 1200;
const FACTS: usize = 900;
const LINES: usize = 1400;
const NEXT: usize = 500;
const TITLE: usize = 250;
const LABEL: usize = 60;
/// ntfy shows no more.
const MOST_BUTTONS: usize = 3;
/// Somewhat less than what ntfy reads.
const BODY: usize = 8000;

const PLAIN: Markup = Markup {
    measure: Measure::JsonBytes,
    escape: fitting::plain,
};

#[derive(Debug)]
struct Ntfy {
    topic: Topic,
    priority: Option<u8>,
    tags: Vec<String>,
}

/// Often the only secret that there is.
struct Topic(String);

impl std::fmt::Debug for Topic {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[redacted]")
    }
}

pub(super) fn channel(
    to: &PostAddress,
    token_file: Option<&Path>,
    priority: Option<u8>,
    tags: &[String],
) -> Result<Arc<dyn Channel>, ChannelError> {
    let url = post::address(to)?;
    let (server, topic) = split(&url).ok_or_else(|| ChannelError::NoTopic(post::place(to)))?;
    let mut post = Post::new(to, url)?.through(server);
    if let Some(file) = token_file {
        post = post.with_token(file)?;
    }
    let layout = Ntfy {
        topic: Topic(topic),
        priority,
        tags: tags.to_vec(),
    };
    Ok(chat::channel(post, layout))
}

/// The server, to which JSON is published, and the topic, which stands in it.
fn split(url: &Url) -> Option<(Url, String)> {
    let topic = url
        .path_segments()?
        .next_back()
        .filter(|topic| !topic.is_empty())?
        .to_owned();
    let mut server = url.clone();
    server.path_segments_mut().ok()?.pop().push("");
    server.set_query(None);
    Some((server, topic))
}

impl Layout for Ntfy {
    fn body(&self, wording: &Wording, _: &Envelope<'_>) -> Value {
        let mut last = Value::Null;
        for buttons in (0..=MOST_BUTTONS).rev() {
            last = self.with_buttons(wording, buttons);
            if last.to_string().len() <= BODY {
                break;
            }
        }
        last
    }
}

impl Ntfy {
    fn with_buttons(&self, wording: &Wording, most: usize) -> Value {
        let links = fitting::links(wording, most);
        let actions: Vec<Value> = links
            .iter()
            .map(|link| {
                let label = PLAIN.fit(&link.label, LABEL);
                json!({"action": "view", "label": label, "url": link.url})
            })
            .collect();
        let mut body = json!({
            "topic": self.topic.0,
            "title": PLAIN.fit(&wording.subject, TITLE),
            "message": message(wording),
            "priority": self.priority.unwrap_or(priority(wording.tone)),
            "tags": self.tags,
            "actions": actions,
        });
        if let (Some(first), Some(body)) = (links.first(), body.as_object_mut()) {
            body.insert("click".to_owned(), first.url.as_str().into());
        }
        body
    }
}

fn message(wording: &Wording) -> String {
    let facts: Vec<String> = wording
        .facts
        .iter()
        .map(|fact| format!("{}: {}", fact.label, fact.value))
        .collect();
    let steps = fitting::step_lines(wording);
    let items = fitting::item_lines(wording);
    let (of_steps, of_items) = match (steps.is_empty(), items.is_empty()) {
        (false, false) => (LINES / 2, LINES / 2),
        _ => (LINES, LINES),
    };
    let mut parts = vec![
        PLAIN.fit(&wording.lead, LEAD),
        PLAIN.lines(&facts, FACTS, Keep::First),
        PLAIN.lines(&steps, of_steps, Keep::Last),
        PLAIN.lines(&items, of_items, Keep::First),
    ];
    if let Some(next) = &wording.next {
        parts.push(PLAIN.fit(next, NEXT));
    }
    parts.retain(|part| !part.trim().is_empty());
    parts.join("\n\n")
}

const fn priority(tone: Tone) -> u8 {
    match tone {
        Tone::Critical => 5,
        Tone::Warning => 3,
        Tone::Good | Tone::Neutral => 2,
    }
}
