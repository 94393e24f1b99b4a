//! What the journal keeps of telling people: messages with their deliveries, what waits for a list or a digest, and how
//! far incidents have been told. The teller writes it, the senders work it off.

use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::brake::Brake;
use super::message::{Content, HeldWhy, Line, Message, MessageId, Undelivered};
use super::settled::Settled;
use super::story::Story;
use crate::incident::{About, Incident, IncidentId, Severity};

/// A message that was decided on; it goes to each of the receiver's integrations.
#[derive(Clone, Debug, PartialEq)]
pub struct NewMessage {
    /// To whom.
    pub receiver: String,
    /// By which ways.
    pub integrations: Vec<&'static str>,
    /// What.
    pub message: Message,
}

impl NewMessage {
    /// The id of a message about no single incident; `count` is the receiver's own.
    pub fn id(receiver: &str, created: Timestamp, count: u64) -> MessageId {
        let created = created.as_millisecond();
        MessageId(format!("{}.{created}.{count}", slug(receiver)))
    }

    /// The id of news of an incident; `count` tells them apart. The time tells it from one of an earlier journal.
    pub fn id_of_news(receiver: &str, incident: &Incident, count: &str) -> MessageId {
        let noticed = incident.noticed.as_second();
        MessageId(format!(
            "{}.{noticed}.{count}.{}",
            incident.id,
            slug(receiver)
        ))
    }
}

/// A name in letters, digits and `-`; different names stay different.
fn slug(name: &str) -> String {
    name.bytes().fold(String::new(), |mut slug, byte| {
        if byte.is_ascii_alphanumeric() {
            slug.push(char::from(byte));
        } else {
            // Writing to a string does not fail.
            let _ = write!(slug, "-{byte:02x}");
        }
        slug
    })
}

/// An incident as the journal keeps it, with how far it has been told.
#[derive(Clone, Debug, PartialEq)]
pub struct Kept {
    /// The incident.
    pub incident: Incident,
    /// How far it has been told.
    pub story: Story,
    /// Whether Alertmanager holds back all its alerts that fire. Read only.
    pub is_muted: bool,
}

/// Which incidents are wanted.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Those that events are about.
    pub about: Vec<About>,
    /// Those of which something is due by then, so many at most.
    pub due: Option<(Timestamp, u32)>,
}

/// Something that waits for a list or a digest.
#[derive(Clone, Debug, PartialEq)]
pub struct Waiting {
    /// For whom.
    pub receiver: String,
    /// In which list; none: for the digest.
    pub slot: Option<String>,
    /// Why it waits for the digest.
    pub why: Option<HeldWhy>,
    /// `alertname`
    pub alert: String,
    /// The incident's key.
    pub key: String,
    /// What is told of it.
    pub line: Line,
}

/// What waits in one list.
#[derive(Clone, Debug, PartialEq)]
pub struct WaitingList {
    /// How many.
    pub total: u64,
    /// The worst of them.
    pub severity: Severity,
    /// The first of them.
    pub lines: Vec<Line>,
    /// The incident, when there is one only.
    pub only: Option<Box<Kept>>,
    /// The last row that was read.
    pub last: i64,
}

/// What waits for the digest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct WaitingDigest {
    /// Since when.
    pub since: Option<Timestamp>,
    /// How many.
    pub total: u64,
    /// Why, with how many each.
    pub held: Vec<(HeldWhy, u64)>,
    /// By alert name, with how many incidents each.
    pub by_alert: Vec<(String, u64)>,
    /// The newest.
    pub lines: Vec<Line>,
    /// What could not be delivered.
    pub undelivered: Vec<Undelivered>,
    /// The last row that was read, and the last of what could not be delivered.
    pub last: (i64, i64),
}

/// Where what waited goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Goes {
    /// It is in a message now.
    Told {
        /// Up to this row.
        last: i64,
    },
    /// Into another list.
    To(String),
    /// Into the digest.
    Held(HeldWhy),
}

/// All that one turn of the teller changes, in one transaction.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The last event that was looked at.
    pub cursor: Option<u64>,
    /// The next of the alerts that fired while nobody could be told; 0: there are no more.
    pub untold: Option<i64>,
    /// Incidents that changed.
    pub incidents: Vec<Kept>,
    /// Brakes that changed, by receiver.
    pub brakes: Vec<(String, Brake)>,
    /// What waits from now on.
    pub waiting: Vec<Waiting>,
    /// What waits no longer (receiver, list; none: the digest).
    pub moved: Vec<(String, Option<String>, Goes)>,
    /// What is sent.
    pub messages: Vec<NewMessage>,
}

/// One message that one integration has to send.
#[derive(Clone, Debug, PartialEq)]
pub struct Delivery {
    /// Which row.
    pub number: i64,
    /// What.
    pub message: Message,
    /// Tries so far.
    pub tries: u32,
    /// Who of several recipients needs it no more.
    pub settled: Settled,
}

impl Delivery {
    /// The incident whose thread it belongs to, and what went before.
    pub fn thread(&self) -> (Option<&IncidentId>, u32) {
        match &self.message.content {
            Content::Incident(news) => (Some(&news.incident.id), news.sent_before),
            _ => (None, 0),
        }
    }
}

/// Deliveries of which it could not be written what came of them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Skipped {
    /// Those that have ended.
    pub ended: Vec<i64>,
    /// Those that are tried again when that can be written.
    pub later: Vec<i64>,
}

/// What a queue has to do next.
#[derive(Clone, Debug, PartialEq)]
pub enum Next {
    /// Send this.
    Send(Box<Delivery>),
    /// Wait until then.
    Wait(Timestamp),
    /// Nothing waits.
    Nothing,
}

/// What came of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tried {
    /// The other side has it.
    Sent,
    /// It is tried again.
    Later {
        /// When.
        after: Duration,
        /// What went wrong.
        why: String,
        /// Who of several recipients needs it no more.
        settled: Settled,
    },
    /// It will not be sent.
    GivenUp(GivenUp, String),
}

/// Why a message is not sent any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum GivenUp {
    /// The other side will never take it.
    Refused,
    /// It was tried for a day.
    TooOld,
    /// The policy names the receiver no longer, or not this way to it.
    NoReceiver,
}

impl GivenUp {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Refused, Self::TooOld, Self::NoReceiver];

    /// As in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::TooOld => "too_old",
            Self::NoReceiver => "no_receiver",
        }
    }
}

/// How one integration of one receiver stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct QueueStatus {
    /// To whom.
    pub receiver: String,
    /// By which way: `email`, `slack` …
    pub integration: String,
    /// Messages that wait.
    pub waiting: u64,
    /// Since when the first of them waits.
    pub waiting_since: Option<Timestamp>,
    /// When the last one was sent.
    pub last_sent: Option<Timestamp>,
    /// Messages that were given up and are still on record.
    pub given_up: u64,
    /// When the last one was given up.
    pub last_given_up: Option<Timestamp>,
    /// What went wrong last, when nothing was sent since.
    pub problem: Option<String>,
}

/// What is kept back from one receiver.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldStatus {
    /// From whom.
    pub receiver: String,
    /// Messages that wait to be told in a list or a digest.
    pub waiting: u64,
    /// Since when.
    pub since: Timestamp,
}

/// How telling people stands.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TellingStatus {
    /// By receiver and integration.
    pub queues: Vec<QueueStatus>,
    /// By receiver.
    pub held: Vec<HeldStatus>,
    /// What could not be written to the journal.
    #[serde(default)]
    pub unwritten: Unwritten,
}

/// What could not be written to the journal, because its disk is full or broken. It is made up for when it can be.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unwritten {
    /// Deliveries of which it could not be written what came of them.
    pub deliveries: u64,
    /// Nothing new can be told: what is decided on could not be kept.
    pub is_stalled: bool,
}

/// How far the teller has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// The last event that it has looked at.
    pub cursor: u64,
    /// The next of the alerts that fired while nobody could be told; 0: there are none.
    pub untold: i64,
}

/// What there is to be told next, besides events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// When something is due that is held back for a moment.
    pub due: Option<Timestamp>,
    /// The number of the last delivery that was given up, and that somebody else is to know of.
    pub undelivered: i64,
}

/// What came of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnKept {
    /// How much waits to be sent now.
    pub depth: Depth,
    /// What was held back for the digest.
    pub held: Vec<(HeldWhy, u64)>,
}

/// How much waits to be sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depth {
    /// Deliveries.
    pub waiting: u64,
    /// When the first of them was decided on.
    pub oldest: Option<Timestamp>,
}
