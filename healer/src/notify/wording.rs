//! A message put into words, in a receiver's language and time zone; every channel lays the same words out its own way.

use jiff::Timestamp;

use crate::incident::Severity;
use crate::policy::Language;

/// The colour of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Something is wrong and critical.
    Critical,
    /// Something is wrong.
    Warning,
    /// It was repaired, or has ended.
    Good,
    /// Neither.
    Neutral,
}

impl Tone {
    /// Of something that is wrong.
    pub const fn of(severity: Severity) -> Self {
        match severity {
            Severity::Critical => Self::Critical,
            Severity::Warning => Self::Warning,
            Severity::Info => Self::Neutral,
        }
    }
}

/// A message in words. Plain text everywhere: each channel escapes for itself. In `lead` and `next`, what stands between
/// two backticks is a command to type.
#[derive(Clone, Debug, PartialEq)]
pub struct Wording {
    /// What it is written in.
    pub language: Language,
    /// One line: `🚨 nginx.service is down on web1`.
    pub subject: String,
    /// One to three sentences: what happened, what was done, whether it helped.
    pub lead: String,
    /// Its colour.
    pub tone: Tone,
    /// What is known, in the order in which it is read: host, value against threshold, severity, times.
    pub facts: Vec<Fact>,
    /// What was decided and done, the oldest first.
    pub steps: Vec<Step>,
    /// Incidents, when it is about several.
    pub items: Vec<Item>,
    /// What happens next, or what a person should do now.
    pub next: Option<String>,
    /// Where to read on.
    pub links: Vec<Link>,
    /// Why the reader gets this, and by which program.
    pub footer: String,
    /// Files that go with it, where the channel can carry them.
    pub attachments: Vec<Attachment>,
}

/// A name and a value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fact {
    /// In the receiver's language.
    pub label: String,
    /// The value with its unit.
    pub value: String,
}

/// Something that was decided or done.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// The same in the receiver's time zone, short.
    pub at_text: String,
    /// What.
    pub text: String,
    /// Whether it helped.
    pub tone: Tone,
}

/// One of several incidents.
#[derive(Clone, Debug, PartialEq)]
pub struct Item {
    /// Begin and end, in the receiver's time zone.
    pub at_text: String,
    /// What.
    pub text: String,
    /// How it stands.
    pub tone: Tone,
}

/// A place to read on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Link {
    /// In the receiver's language: dashboard, alert, runbook.
    pub label: String,
    /// `http`, `https` or `file`.
    pub url: String,
}

/// A file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Attachment {
    /// Its name.
    pub name: String,
    /// `application/pdf` …
    pub content_type: String,
    /// What is in it.
    pub bytes: Vec<u8>,
}
