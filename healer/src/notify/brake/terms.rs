//! What the brake is asked, and what it answers.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::super::message::{HeldWhy, News};
use crate::incident::Severity;

/// Some news, as the brake sees it.
#[derive(Clone, Copy, Debug)]
pub struct Piece<'a> {
    /// `alertname`
    pub alert: &'a str,
    /// What is new.
    pub news: News,
    /// How bad it is.
    pub severity: Severity,
    /// When it happened.
    pub at: Timestamp,
}

impl Piece<'_> {
    /// Whether somebody has to do something, however bad it is.
    pub(super) const fn is_for_a_person(&self) -> bool {
        matches!(self.news, News::NotRepaired | News::AwaitingApproval)
    }
}

/// What becomes of some news at one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is a message of its own.
    Send,
    /// It goes into a list.
    Gather(Slot),
    /// It goes into the digest.
    Hold(HeldWhy),
}

/// What is gathered together.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Slot {
    /// The same news of alerts of one name.
    Alike {
        /// `alertname`
        alert: String,
        /// What is new.
        news: News,
    },
    /// Whatever came when there was too much at once.
    Burst,
}

/// What is due at a receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Due {
    /// What waits in a slot becomes one message.
    List(Slot),
    /// What waits in a slot goes into the digest.
    Hold(Slot, HeldWhy),
    /// What waits in a slot goes into the one for bursts.
    Burst(Slot),
    /// All that is held back becomes a digest.
    Digest,
}

impl Slot {
    /// As the journal keeps it; nothing else is called like it.
    pub fn to_text(&self) -> String {
        match self {
            Self::Alike { alert, news } => format!("alike:{}:{alert}", news.as_str()),
            Self::Burst => "burst".to_owned(),
        }
    }
}
