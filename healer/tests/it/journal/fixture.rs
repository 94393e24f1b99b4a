//! A journal in a temporary folder, with a clock that moves only when told to, and things to put into it.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now};
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_healer::alert::{Alert, AlertStatus, Episode, Fingerprint};
use prunelle_healer::journal::{
    AdmissionCheck, Committed, HistoryOf, Intent, Journal, JournalError, JournalOptions,
};
use prunelle_healer::reason::Reason;
use prunelle_healer::remediation::RemediationId;
use prunelle_healer::target::Target;
use prunelle_healer::work::Notification;
use uuid::Uuid;

/// A folder for a journal, and what a journal is opened with.
pub(crate) struct Fixture {
    pub(crate) folder: Folder,
    pub(super) clock: Arc<ManualClock>,
    pub(super) lifecycle: Lifecycle,
}

/// Removed at the end, or left to whoever made it.
pub(crate) enum Folder {
    Own(tempfile::TempDir),
    Given(PathBuf),
}

impl Folder {
    pub(crate) fn path(&self) -> &Path {
        match self {
            Self::Own(folder) => folder.path(),
            Self::Given(path) => path,
        }
    }
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: Folder::Own(tempfile::tempdir().unwrap()),
            clock: Arc::new(ManualClock::new(start_of_time())),
            lifecycle: Lifecycle::new(),
        }
    }

    /// In a folder that somebody else made.
    pub(super) fn at(folder: &Path) -> Self {
        Self {
            folder: Folder::Given(folder.to_owned()),
            ..Self::new()
        }
    }

    pub(crate) fn options(&self) -> JournalOptions {
        JournalOptions {
            reserve_bytes: 64 << 10,
            action_log: Some(self.log()),
            ..JournalOptions::new(self.folder.path())
        }
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.folder.path().join("actions.jsonl")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("journal.db")
    }

    pub(crate) fn try_open(&self, options: JournalOptions) -> Result<Journal, JournalError> {
        Journal::open(
            options,
            Arc::clone(&self.clock) as _,
            &self.lifecycle.tasks(),
            self.lifecycle.stop(),
        )
    }

    pub(super) fn open(&self) -> Journal {
        self.try_open(self.options()).unwrap()
    }

    pub(super) fn now(&self) -> Now {
        self.clock.now()
    }

    pub(super) fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub(super) fn notification(&self, alerts: Vec<Alert>) -> Notification {
        notification(self.now(), alerts)
    }

    pub(super) fn intent(&self, remediation: RemediationId, target: &str) -> Intent {
        intent(self.now(), remediation, target)
    }
}

pub(super) fn start_of_time() -> Now {
    Now {
        wall: "2026-11-24T08:00:00Z".parse().unwrap(),
        boot: Duration::from_secs(1000),
        boot_id: BootId::new("first"),
    }
}

pub(super) fn notification(received: Now, alerts: Vec<Alert>) -> Notification {
    Notification {
        received,
        receiver: "healer".to_owned(),
        group_key: "{}".to_owned(),
        truncated: 0,
        alerts,
        invalid: Vec::new(),
    }
}

/// An alert whose fingerprint and labels are made from a number.
pub(super) fn alert(number: u64, status: AlertStatus) -> Alert {
    let text = |name: &str, value: String| (name.to_owned(), value);
    Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{number:016x}")).unwrap(),
            starts_at: "2026-11-24T07:59:59Z".parse().unwrap(),
        },
        status,
        labels: [
            text("alertname", "ServiceDown".to_owned()),
            text("instance", "localhost:9750".to_owned()),
            text("job", "prunelle-services".to_owned()),
            text("name", format!("app{number}.service")),
            text("severity", "critical".to_owned()),
        ]
        .into(),
        annotations: [
            text("summary", format!("app{number}.service is down")),
            text("value", "0".to_owned()),
            text("threshold", "1".to_owned()),
        ]
        .into(),
        ends_at: (status == AlertStatus::Resolved).then(|| "2026-11-24T08:10:00Z".parse().unwrap()),
    }
}

pub(super) fn firing(number: u64) -> Alert {
    alert(number, AlertStatus::Firing)
}

pub(super) fn resolved(number: u64) -> Alert {
    alert(number, AlertStatus::Resolved)
}

pub(super) fn remediation(number: u128) -> RemediationId {
    RemediationId(Uuid::from_u128(number))
}

pub(super) fn target(path: &str) -> Target {
    Target::Path(path.into())
}

pub(super) fn intent(at: Now, remediation: RemediationId, path: &str) -> Intent {
    Intent {
        remediation,
        episode: firing(1).episode,
        alert_name: "DiskFull".to_owned(),
        rule: "disk-full".to_owned(),
        target: target(path),
        victim: None,
        rung: 0,
        attempt: 1,
        remedy: "clean_folder".to_owned(),
        plan: serde_json::json!({"files": 3}),
        policy_revision: "abc".to_owned(),
        at,
        within: Duration::from_secs(30),
    }
}

/// Whose history: that of another remediation on the same target.
pub(super) fn history_of(path: &str) -> HistoryOf {
    HistoryOf::intent(&intent(start_of_time(), remediation(0), path))
}

/// A check that lets everything pass.
pub(super) fn pass() -> AdmissionCheck {
    Box::new(|_| Ok(()))
}

/// Admits an intent that must be admitted.
pub(super) async fn admit(journal: &Journal, intent: Intent) -> Committed<Intent> {
    journal.admit(intent, pass()).await.unwrap().unwrap()
}

/// Admits an intent that must be refused.
pub(super) async fn refusal(journal: &Journal, intent: Intent) -> Reason {
    journal.admit(intent, pass()).await.unwrap().unwrap_err()
}

/// The action log's lines, parsed.
pub(super) fn lines(path: &Path) -> Vec<serde_json::Value> {
    std::fs::read_to_string(path)
        .unwrap_or_default()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
