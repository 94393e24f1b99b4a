//! The two bodies of a mail: a page of HTML (`templates/mail.html`), and the same as plain text.
//!
//! The page needs nothing from elsewhere and has no script. It is laid out in tables with inline styles, because that is
//! what mail programs understand; those that know media queries show it dark where the reader wants it so.

use std::fmt::Write as _;

use askama::Template;

use crate::notify::wording::{Link, Tone, Wording};
use crate::policy::Language;

#[derive(Template)]
#[template(path = "mail.html")]
struct Page<'a> {
    wording: &'a Wording,
    tone: Colours,
    words: Words,
}

/// The colours of a tone: on white, and on black.
struct Colours {
    class: &'static str,
    strong: &'static str,
    pale: &'static str,
}

/// What the page says by itself.
struct Words {
    done: &'static str,
    incidents: &'static str,
    next: &'static str,
    /// Between a name and its value.
    colon: &'static str,
}

/// A part of a text: as it is, or a command.
struct Part<'a> {
    text: &'a str,
    is_command: bool,
}

pub(super) fn html(wording: &Wording) -> Result<String, askama::Error> {
    Page {
        wording,
        tone: colours(wording.tone),
        words: words(wording.language),
    }
    .render()
}

impl Page<'_> {
    fn lang(&self) -> &'static str {
        self.wording.language.as_str()
    }
}

// What the template asks; it passes everything by reference.

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "templates pass references"
)]
fn dot(tone: &Tone) -> Colours {
    colours(*tone)
}

/// Mail programs open nothing but these.
fn opens(link: &Link) -> bool {
    link.url.starts_with("https://") || link.url.starts_with("http://")
}

/// The reader's own machine has no such file: it is on the server.
fn path(link: &Link) -> &str {
    link.url.strip_prefix("file://").unwrap_or(&link.url)
}

/// The twin: what the page says, in the same order.
pub(super) fn text(wording: &Wording) -> String {
    let words = words(wording.language);
    let mut text = format!("{}\n\n{}\n", wording.subject, wording.lead);
    let mut section = |heading: Option<&str>, lines: Vec<String>| {
        if lines.is_empty() {
            return;
        }
        text.push('\n');
        if let Some(heading) = heading {
            text.push_str(heading);
            text.push('\n');
        }
        for line in lines {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{line}");
        }
    };
    let colon = words.colon;
    let facts = wording.facts.iter();
    section(
        None,
        facts
            .map(|fact| format!("{}{colon}{}", fact.label, fact.value))
            .collect(),
    );
    let steps = wording.steps.iter();
    section(
        Some(words.done),
        steps
            .map(|step| format!("* {}  {}", step.at_text, step.text))
            .collect(),
    );
    let items = wording.items.iter();
    section(
        Some(words.incidents),
        items
            .map(|item| format!("* {}  {}", item.at_text, item.text))
            .collect(),
    );
    section(Some(words.next), wording.next.iter().cloned().collect());
    let links = wording.links.iter();
    section(
        None,
        links
            .map(|link| format!("{}{colon}{}", link.label, link.url))
            .collect(),
    );
    let _ = write!(text, "\n-- \n{}\n", wording.footer);
    text
}

/// Between two backticks stands a command; a backtick without another is itself.
fn parts(text: &str) -> Vec<Part<'_>> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        return vec![Part {
            text,
            is_command: false,
        }];
    }
    pieces
        .into_iter()
        .enumerate()
        .map(|(index, text)| Part {
            text,
            is_command: !index.is_multiple_of(2),
        })
        .filter(|part| !part.text.is_empty())
        .collect()
}

const fn colours(tone: Tone) -> Colours {
    let (class, strong, pale) = match tone {
        Tone::Critical => ("critical", "#b3261e", "#fde7e5"),
        Tone::Warning => ("warning", "#8a5200", "#fdf0d9"),
        Tone::Good => ("good", "#17753f", "#e2f4e8"),
        Tone::Neutral => ("neutral", "#5b5470", "#eceaf1"),
    };
    Colours {
        class,
        strong,
        pale,
    }
}

const fn words(language: Language) -> Words {
    match language {
        Language::English => Words {
            done: "What was decided and done",
            incidents: "The incidents",
            next: "What happens next",
            colon: ": ",
        },
        Language::French => Words {
            done: "Décisions et actions",
            incidents: "Les incidents",
            next: "Et maintenant",
            colon: "\u{a0}: ",
        },
    }
}
