//! What is kept of a remediation's course, and what the journal hands back: the words its users speak with it.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use serde::{Deserialize, Serialize};

use super::Undo;
use crate::alert::{Alert, Episode};
use crate::facts::History;
use crate::reason::{Outcome, Reason};
use crate::remediation::RemediationId;
use crate::target::Target;

/// Something that is on disk.
#[derive(Debug)]
pub struct Committed<T>(pub(super) T);

impl<T> Committed<T> {
    /// What was committed.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// Written and synced before anything is done: what will be done, on what, with what before it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// Which remediation.
    pub remediation: RemediationId,
    /// The alert that caused it.
    pub episode: Episode,
    /// Its `alertname`.
    pub alert_name: String,
    /// The rule's name.
    pub rule: String,
    /// What it acts on.
    pub target: Target,
    /// The unit that it acts on, when the target is a process group.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub victim: Option<UnitName>,
    /// Index into the ladder.
    pub rung: u32,
    /// Attempt on this rung, from 1.
    pub attempt: u32,
    /// The remedy's name, `restart_service`.
    pub remedy: String,
    /// The remedy's settings, plan and the state before, as the remedy wrote them.
    pub plan: serde_json::Value,
    /// Revision of the policy it was decided under.
    pub policy_revision: String,
    /// When.
    pub at: Now,
    /// Time limit of the attempt, from `at`.
    pub within: Duration,
}

impl Intent {
    /// The unit that is acted on: the target, or the victim of a process group.
    pub fn unit(&self) -> Option<&UnitName> {
        self.victim.as_ref().or_else(|| self.target.unit())
    }
}

/// Written and synced right before the system call: from here on it may have happened.
#[derive(Clone, Debug, PartialEq)]
pub struct Started {
    /// The intent it belongs to.
    pub intent: Intent,
    /// What identifies the effect after a crash (invocation id before, job …).
    pub evidence: serde_json::Value,
    /// How it will be undone, when the plan says that it is to be: on disk as this is.
    pub undo: Option<Box<Undo>>,
    /// When.
    pub at: Now,
}

/// How far an attempt got, as far as the disk knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Intent written: nothing happened.
    Intent,
    /// Marked as started: it may have happened.
    Started,
    /// The remedy returned.
    Acted,
    /// Being verified.
    Verifying,
}

/// A remediation that had not ended when the journal was last closed.
#[derive(Clone, Debug)]
pub struct Unfinished {
    /// Its last intent.
    pub intent: Intent,
    /// How far that attempt got.
    pub phase: Phase,
    /// Evidence of `Started` and of the steps after it, when they were reached.
    pub evidence: serde_json::Value,
    /// How that attempt ended, when its end is on record and the remediation's is not.
    pub attempt_outcome: Option<Outcome>,
    /// The same attempt had been started under an earlier intent, and its end was never written: it may have acted.
    pub was_started_before: bool,
}

/// What the journal made of a notification.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Alerts that are new or changed their status.
    pub changed: Vec<Alert>,
}

/// The alerts at the given, growing indices.
pub(super) fn chosen(alerts: Vec<Alert>, indices: &[usize]) -> Vec<Alert> {
    let mut wanted = indices.iter().peekable();
    alerts
        .into_iter()
        .enumerate()
        .filter(|(index, _)| wanted.next_if_eq(&index).is_some())
        .map(|(_, alert)| alert)
        .collect()
}

/// An event that is kept and becomes one line of the action log.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A guard's answer that differs from the last one for this episode and rule.
    Decision {
        /// About which alert.
        alert: Alert,
        /// The rule, when one matched.
        rule: Option<String>,
        /// The target, when there is one.
        target: Option<Target>,
        /// The rung that is passed over; none when it is about the alert.
        rung: Option<u32>,
        /// The greediest unit, when the target is a process group and the unit is known.
        victim: Option<UnitName>,
        /// What was found about the target that people should know: what the victim uses, or why it is not known.
        note: Option<String>,
        /// Why.
        reason: Reason,
        /// What would have been done, in observe mode.
        plan: Option<serde_json::Value>,
        /// True when it will be asked again.
        is_deferred: bool,
        /// When.
        at: Now,
    },
    /// The alert that always fires stays away, or is back.
    Heartbeat {
        /// It stays away.
        is_missing: bool,
        /// When it came last.
        last: Option<jiff::Timestamp>,
        /// One sentence for people.
        message: String,
        /// When that was found.
        at: Now,
    },
    /// The remedy returned; evidence is merged into the attempt.
    Acted {
        /// Which remediation.
        remediation: RemediationId,
        /// What was seen.
        evidence: serde_json::Value,
        /// When.
        at: Now,
    },
    /// Verification began.
    Verifying {
        /// Which remediation.
        remediation: RemediationId,
        /// When.
        at: Now,
    },
    /// One attempt ended: one `action` line.
    AttemptEnded {
        /// Which remediation.
        remediation: RemediationId,
        /// How.
        outcome: Outcome,
        /// Why, unless it succeeded.
        reason: Option<Reason>,
        /// What was seen.
        evidence: serde_json::Value,
        /// One sentence for people.
        message: String,
        /// When.
        at: Now,
    },
    /// The remediation ended: one `outcome` line, and the running slot of the target is free.
    Ended {
        /// Which remediation.
        remediation: RemediationId,
        /// How.
        outcome: Outcome,
        /// Why, unless it succeeded.
        reason: Option<Reason>,
        /// Quarantine of the target from now, zero for none.
        quarantine: Duration,
        /// One sentence for people.
        message: String,
        /// When.
        at: Now,
    },
}

/// A check inside the admission transaction over what the journal owns.
pub type AdmissionCheck = Box<dyn FnOnce(&History) -> Result<(), Reason> + Send>;
