//! What is told: a message as the outbox keeps it, before it is worded in a receiver's language.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::{Incident, IncidentId, Severity};

/// Identifies a message for good: sent twice after a crash, it is recognised by this. Letters, digits, `-` and `.`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct MessageId(pub String);

/// One message to one receiver.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// Which.
    pub id: MessageId,
    /// When it was decided on.
    pub created: Timestamp,
    /// What it says.
    pub content: Content,
}

/// What a message says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Content {
    /// News of one incident.
    Incident(Box<IncidentNews>),
    /// Incidents that are alike, told in one message.
    Gathered(Gathered),
    /// All that the brake held back.
    Digest(Digest),
    /// A report of a period that is due by its schedule.
    Report(ReportNotice),
    /// A sample, to try a receiver.
    Test,
}

impl Content {
    /// How bad it is: what decides on colours, priorities and the brake.
    pub fn severity(&self) -> Severity {
        match self {
            Self::Incident(news) => news.incident.severity,
            Self::Gathered(gathered) => gathered.severity,
            Self::Digest(_) | Self::Report(_) | Self::Test => Severity::Info,
        }
    }
}

/// What is new about an incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum News {
    /// It began, and nothing is known of a repair yet, or nothing will be done.
    Began,
    /// It began and was repaired before anything was said.
    BeganAndRepaired,
    /// It is critical now.
    Worsened,
    /// It was repaired, and the check held.
    Repaired,
    /// A remediation ended without success: a person is needed.
    NotRepaired,
    /// A person has to agree before anything is done.
    AwaitingApproval,
    /// In observe mode: what would have been done.
    Observed,
    /// The alert ended without a repair.
    Ended,
    /// It came again after it had ended.
    Relapsed,
}

impl News {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Began,
        Self::BeganAndRepaired,
        Self::Worsened,
        Self::Repaired,
        Self::NotRepaired,
        Self::AwaitingApproval,
        Self::Observed,
        Self::Ended,
        Self::Relapsed,
    ];

    /// As matchers of routes see it, in the label `outcome`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Began => "began",
            Self::BeganAndRepaired => "began_and_repaired",
            Self::Worsened => "worsened",
            Self::Repaired => "repaired",
            Self::NotRepaired => "not_repaired",
            Self::AwaitingApproval => "awaiting_approval",
            Self::Observed => "observed",
            Self::Ended => "ended",
            Self::Relapsed => "relapsed",
        }
    }
}

/// News of one incident, with the incident as it stood.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentNews {
    /// What is new.
    pub news: News,
    /// All about it.
    pub incident: Incident,
    /// Messages about it that this receiver got before: the first begins the thread.
    pub sent_before: u32,
}

/// One incident in a list.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub incident: IncidentId,
    /// What is new.
    pub news: News,
    /// How bad it is.
    pub severity: Severity,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Option<Timestamp>,
    /// The alert's `summary`, or its name.
    pub summary: String,
}

/// Incidents that are alike: of one alert name, with the same news. When too much is critical at once, all of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gathered {
    /// `alertname`; none when they are of several, with different news.
    pub alert: Option<String>,
    /// The worst of them.
    pub severity: Severity,
    /// How many there are.
    pub total: u64,
    /// The first of them; the rest is in `total` only.
    pub lines: Vec<Line>,
}

/// Messages that could not be delivered to somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undelivered {
    /// To whom.
    pub receiver: String,
    /// By which way: `email`, `slack` …
    pub integration: String,
    /// How many.
    pub total: u64,
    /// Why the last of them was given up.
    pub why: String,
}

/// What was held back from a receiver since its last digest, all of it counted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// Since when.
    pub since: Timestamp,
    /// How many messages were held back.
    pub total: u64,
    /// Why, with how many each.
    pub held: Vec<(HeldWhy, u64)>,
    /// By alert name, with how many incidents each, the most first; at most a few dozen names.
    pub by_alert: Vec<(String, u64)>,
    /// The newest of them, at most a few dozen.
    pub lines: Vec<Line>,
    /// What did not reach other receivers, for somebody to know.
    pub undelivered: Vec<Undelivered>,
}

/// Why a message was held back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum HeldWhy {
    /// The receiver's limit was reached.
    ReceiverLimit,
    /// The incident's limit was reached.
    IncidentLimit,
    /// It is for information only.
    Information,
    /// Quiet hours.
    QuietHours,
    /// It happened long before it could be told: the healer did not run, or could not write.
    Late,
}

impl HeldWhy {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::ReceiverLimit,
        Self::IncidentLimit,
        Self::Information,
        Self::QuietHours,
        Self::Late,
    ];

    /// As in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ReceiverLimit => "receiver_limit",
            Self::IncidentLimit => "incident_limit",
            Self::Information => "information",
            Self::QuietHours => "quiet_hours",
            Self::Late => "late",
        }
    }
}

/// A scheduled report: what it covers. The report itself is made when it is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ReportNotice {
    /// From.
    pub since: Timestamp,
    /// Until.
    pub until: Timestamp,
}
