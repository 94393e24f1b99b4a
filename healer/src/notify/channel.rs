//! The seam to mail, chat and webhooks: a channel sends one worded message and says how that went.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;
use jiff::Timestamp;

use super::message::{Message, MessageId};
use super::settled::Register;
use super::wording::Wording;
use crate::incident::{IncidentId, Severity};

/// What a channel needs beside the words.
#[derive(Clone, Debug)]
pub struct Envelope<'a> {
    /// The same each time that this message is sent.
    pub id: &'a MessageId,
    /// What it belongs to; none for digests and reports.
    pub thread: Option<&'a IncidentId>,
    /// Messages of that thread that went before.
    pub sent_before: u32,
    /// When it was decided on.
    pub created: Timestamp,
    /// How bad it is.
    pub severity: Severity,
    /// The message itself, for receivers that are programs.
    pub message: &'a Message,
    /// Who of several recipients has it already.
    pub register: &'a dyn Register,
}

/// A way to one receiver. Never blocks, bounds every wait, keeps secrets out of its errors.
pub trait Channel: Send + Sync + fmt::Debug {
    /// Sends; resolves when the other side has taken it, or will not.
    fn send<'a>(
        &'a self,
        wording: &'a Wording,
        envelope: &'a Envelope<'a>,
    ) -> BoxFuture<'a, Result<Receipt, SendError>>;
}

/// What the other side answered, in its words, without secrets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt(pub String);

/// Why a message did not go.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SendError {
    /// It may go later: not reachable, too slow, greylisted, too many at once.
    #[error("{why}")]
    Temporary {
        /// What the other side said, or what could not be reached.
        why: String,
        /// When it asked to be tried again.
        retry_after: Option<Duration>,
    },
    /// It will never go as it is: refused, no such address, a wrong token.
    #[error("{why}")]
    Permanent {
        /// What the other side said, and what to do about it.
        why: String,
    },
}
