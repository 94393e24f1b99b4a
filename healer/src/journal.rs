//! The durable store and the action log made from it. Nothing is done before it is written here and synced.
//!
//! One thread owns the SQLite connection and commits whatever has queued up as one transaction (group commit).
//! `Committed` values are made here only, so an effect without its fsync does not compile.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use serde::{Deserialize, Serialize};

use crate::alert::{Alert, Episode};
use crate::facts::{History, Pause};
use crate::reason::{Outcome, Reason};
use crate::remediation::RemediationId;
use crate::target::Target;
use crate::work::Notification;

/// Something that is on disk.
#[derive(Debug)]
pub struct Committed<T>(T);

impl<T> Committed<T> {
    /// What was committed.
    pub fn get(&self) -> &T {
        &self.0
    }
}

/// What went wrong in keeping or reading the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system is full, the reserve used up, or the disk fails: answer 503, start nothing.
    #[error("cannot write the journal: {0}")]
    Unwritable(String),
    /// The journal's thread has ended.
    #[error("the journal is closed")]
    Closed,
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

/// Written and synced right before the system call: from here on it may have happened.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Started {
    /// The intent it belongs to.
    pub intent: Intent,
    /// What identifies the effect after a crash (invocation id before, job …).
    pub evidence: serde_json::Value,
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
}

/// What the journal made of a notification.
#[derive(Clone, Debug, Default)]
pub struct Recorded {
    /// Alerts that are new or changed their status.
    pub changed: Vec<Alert>,
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
        /// Why.
        reason: Reason,
        /// What would have been done, in observe mode.
        plan: Option<serde_json::Value>,
        /// True when it will be asked again.
        is_deferred: bool,
        /// When.
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

/// A handle to the journal; clones share one thread.
#[derive(Clone, Debug)]
pub struct Journal {}

impl Journal {
    /// Keeps a notification; resolves once it is synced.
    pub async fn record_notification(
        &self,
        _notification: Notification,
    ) -> Result<Recorded, JournalError> {
        todo!()
    }

    /// Admission: in one transaction, reads the history, asks `check`, and writes intent, budget and slot.
    pub async fn admit(
        &self,
        _intent: Intent,
        _check: AdmissionCheck,
    ) -> Result<Result<Committed<Intent>, Reason>, JournalError> {
        todo!()
    }

    /// Marks an intent as started; resolves once that is synced.
    pub async fn start(
        &self,
        _intent: Committed<Intent>,
        _evidence: serde_json::Value,
        _at: Now,
    ) -> Result<Committed<Started>, JournalError> {
        todo!()
    }

    /// Keeps an entry; resolves once it is synced.
    pub async fn record(&self, _entry: Entry) -> Result<(), JournalError> {
        todo!()
    }

    /// Sets a pause, in place of one of the same target.
    pub async fn pause(&self, _pause: Pause) -> Result<(), JournalError> {
        todo!()
    }

    /// Ends pauses of a target (none: those that cover all); how many there were.
    pub async fn resume(&self, _target: Option<Target>, _at: Now) -> Result<usize, JournalError> {
        todo!()
    }

    /// What the journal owns about a rule and a target at `now`.
    pub async fn history(
        &self,
        _rule: String,
        _target: Target,
        _now: Now,
    ) -> Result<History, JournalError> {
        todo!()
    }

    /// Remediations that had not ended.
    pub async fn unfinished(&self) -> Result<Vec<Unfinished>, JournalError> {
        todo!()
    }

    /// Alerts that fired when last heard of, with the time of the last confirmation on record.
    pub async fn firing(&self) -> Result<Vec<(Alert, Now)>, JournalError> {
        todo!()
    }
}
