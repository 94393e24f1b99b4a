//! Incidents: what people are told about. One incident is one thing that is wrong, from the first alert about it until
//! it has ended, together with all that was decided and done.
//!
//! Incidents are derived from the journal's events alone, in their order, by the pure [`Fold`]: the daemon that tells
//! people and the report of a past month see the same ones. A warning that becomes critical is the same incident, and
//! so is what fires again shortly after it ended.

mod fold;

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alert::{Episode, Fingerprint, Labels};
use crate::reason::{Outcome, Reason};

pub use fold::{About, Change, Fold, SETTLED_AFTER};

/// Identifies an incident for good: the key of what is wrong, and the number of the event it began with. Letters,
/// digits and `-` only; mails of one incident share it in their threading headers.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct IncidentId(pub String);

impl std::fmt::Display for IncidentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

/// How bad it is, from the label `severity`.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    /// Any other value, or none.
    Info,
    /// `warning`
    #[default]
    Warning,
    /// `critical`
    Critical,
}

impl Severity {
    /// Of a label set; one without the label is a warning.
    pub fn of(labels: &Labels) -> Self {
        match labels.get("severity") {
            Some("critical") => Self::Critical,
            Some("warning") | None => Self::Warning,
            Some(_) => Self::Info,
        }
    }

    /// As in labels and matchers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }
}

/// One thing that is or was wrong.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Incident {
    /// Which.
    pub id: IncidentId,
    /// What is wrong, regardless of when and how badly: a hash of the labels without `severity`.
    pub key: String,
    /// `alertname`
    pub alert: String,
    /// All labels of the worst alert.
    pub labels: Labels,
    /// Its annotations, as last heard.
    pub annotations: Labels,
    /// The worst so far.
    pub severity: Severity,
    /// When the fault began, by Prometheus.
    pub began: Timestamp,
    /// When the healer heard of it.
    pub noticed: Timestamp,
    /// When the last alert about it ended; none while one fires.
    pub ended: Option<Timestamp>,
    /// All alerts that are or were about it.
    pub fingerprints: BTreeSet<Fingerprint>,
    /// The episodes that fire now.
    pub firing: BTreeSet<Episode>,
    /// How often it fired again after it had ended.
    pub relapses: u32,
    /// Why something was not done, or not yet; the newest last, each reason once for each rule.
    pub decisions: Vec<Decision>,
    /// What was done, the oldest first.
    pub attempts: Vec<Attempt>,
    /// Ends of remediations, the oldest first.
    pub ends: Vec<End>,
}

impl Incident {
    /// The systemd unit it is about, when a label or an action names one.
    pub fn service(&self) -> Option<&str> {
        let acted = self
            .attempts
            .iter()
            .find_map(|done| done.service.as_deref());
        acted.or_else(|| self.labels.get("name").filter(|name| name.contains('.')))
    }

    /// How the last remediation ended.
    pub fn outcome(&self) -> Option<&End> {
        self.ends.last()
    }

    /// Whether the last remediation repaired it.
    pub fn is_repaired(&self) -> bool {
        self.outcome()
            .is_some_and(|end| end.outcome == Outcome::Success)
    }
}

/// Why something was not done, or not yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// When.
    pub at: Timestamp,
    /// Of which rule; none when no rule matched.
    pub rule: Option<String>,
    /// Why.
    pub reason: Reason,
    /// Whether it only waits.
    pub is_deferred: bool,
    /// The action log's sentence.
    pub message: String,
    /// What would be done: in observe mode, and when a person is asked.
    #[serde(default)]
    pub plan: Option<Planned>,
    /// The question to a person.
    #[serde(default)]
    pub question: Option<Question>,
}

/// What would be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Planned {
    /// `restart_service` …; none in journals of older versions.
    pub remedy: Option<String>,
    /// `unit:nginx.service` …
    pub target: Option<String>,
    /// The plan in the action log's words.
    pub message: String,
}

/// A question that a person has to answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Question {
    /// What `approve` and `deny` are told.
    pub number: i64,
    /// Until when an answer counts.
    pub expires: Option<Timestamp>,
}

/// One attempt at a remedy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it ended.
    pub at: Timestamp,
    /// `service_restart` …
    pub action_type: String,
    /// The unit that was acted on.
    pub service: Option<String>,
    /// `unit:nginx.service` …
    pub target: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    pub reason: Option<Reason>,
    /// The action log's sentence.
    pub message: String,
    /// From its intent to its end.
    pub duration_ms: u64,
}

/// The end of a remediation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct End {
    /// When.
    pub at: Timestamp,
    /// Which rule's.
    pub rule: String,
    /// How it ended.
    pub outcome: Outcome,
    /// Why it did not succeed.
    pub reason: Option<Reason>,
    /// The action log's sentence.
    pub message: String,
    /// From the first intent to the end.
    pub duration_ms: u64,
    /// How long the target is left to a person.
    pub quarantine_seconds: Option<u64>,
    /// `unit:nginx.service` …: what `release` is told.
    pub target: String,
}
