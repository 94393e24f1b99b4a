//! From a message to words: what happened, what was done, whether it helped and what happens next, in the reader's
//! language and time zone.
//!
//! Both languages stand side by side, and every reason, outcome, remedy and kind of news is matched exhaustively: what
//! is new does not compile before it has words. Text out of labels and annotations is quoted as it came, on one line;
//! channels escape it for themselves. Called by the sender once for each channel's language.

mod count;
mod deed;
mod fault;
mod incident;
mod links;
mod next;
mod outcome;
mod plain;
mod reason;
mod several;
mod time;

use jiff::tz::TimeZone;
use reqwest::Url;

use super::message::{Content, Message};
use super::wording::{Fact, Wording};
use crate::policy::Language;

pub(crate) use outcome::severity;
pub(crate) use plain::{capital, line, shell_word};
pub(crate) use reason::reason;
pub use time::Moment;

/// Whom it is worded for.
#[derive(Clone, Debug)]
pub struct Reader {
    /// Of all words but those that come from elsewhere.
    pub language: Language,
    /// Times are told in it, and in UTC.
    pub time_zone: TimeZone,
}

/// Who speaks, and where to read on.
#[derive(Clone, Debug)]
pub struct About {
    /// Name of this machine.
    pub hostname: String,
    /// Of this program.
    pub version: String,
    /// Grafana's base address, as people reach it.
    pub grafana_url: Option<Url>,
    /// Alertmanager's base address, as people reach it.
    pub alertmanager_url: Option<Url>,
}

/// Puts a message into words. Pure.
pub fn word(message: &Message, reader: &Reader, about: &About) -> Wording {
    let mut wording = match &message.content {
        Content::Incident(news) => incident::word(news, reader, about),
        Content::Gathered(gathered) => several::gathered(gathered, message.created, reader, about),
        Content::Digest(digest) => several::digest(digest, message.created, reader, about),
        Content::Report(notice) => several::report(notice, reader, about),
        Content::Test => several::test(message.created, reader, about),
    };
    wording.footer = footer(reader, about);
    wording
}

fn footer(reader: &Reader, about: &About) -> String {
    let (host, version) = (plain::line(&about.hostname), &about.version);
    match reader.language {
        Language::English => format!(
            "Sent by prunelle-healer {version} on {host}, because its policy or its settings name you as a receiver."
        ),
        Language::French => format!(
            "Envoyé par prunelle-healer {version} sur {host}, car sa politique ou sa configuration vous désigne comme destinataire."
        ),
    }
}

impl Reader {
    /// One of two texts.
    pub(crate) fn say<'a>(&self, english: &'a str, french: &'a str) -> &'a str {
        match self.language {
            Language::English => english,
            Language::French => french,
        }
    }

    /// A name and a value.
    fn fact(&self, english: &str, french: &str, value: impl Into<String>) -> Fact {
        Fact {
            label: self.say(english, french).to_owned(),
            value: value.into(),
        }
    }

    /// What stands between a word and what it introduces: `: `, in French after a space that does not break.
    pub(crate) fn colon(&self) -> &'static str {
        match self.language {
            Language::English => ": ",
            Language::French => "\u{a0}: ",
        }
    }
}

#[cfg(test)]
mod tests;
