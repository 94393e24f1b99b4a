//! `report`: by the daemon and from its journal's file, in each format.

use std::future::IntoFuture as _;
use std::path::Path;
use std::process::Output;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Clock as _, ManualClock, Now};
use prunelle_foundation::lifecycle::{Lifecycle, Stop};
use prunelle_healer::alert::{Alert, AlertStatus, Episode, Fingerprint};
use prunelle_healer::journal::{Journal, JournalOptions};
use prunelle_healer::report::{self, Reporter};
use prunelle_healer::work::Notification;
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::UnixListener;

use super::{run, stderr, stdout};

/// Alerts in the journal: their events fill more than two pages.
const ALERTS: u64 = 700;

/// A journal in which so many alerts began and ended, a minute apart.
struct Past {
    folder: TempDir,
    journal: Journal,
    clock: Arc<ManualClock>,
    _lifecycle: Lifecycle,
}

impl Past {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lifecycle = Lifecycle::new();
        let wall = Timestamp::from_second(1_800_000_000).unwrap();
        let clock = Arc::new(ManualClock::new(Now {
            wall,
            boot: Duration::from_hours(1000),
            boot_id: BootId::new("boot"),
        }));
        let options = JournalOptions {
            reserve_bytes: 0,
            ..JournalOptions::new(folder.path())
        };
        let journal =
            Journal::open(options, clock.clone(), &lifecycle.tasks(), Stop::new()).unwrap();
        let past = Self {
            folder,
            journal,
            clock,
            _lifecycle: lifecycle,
        };
        past.tell(AlertStatus::Firing).await;
        past.clock.advance(Duration::from_mins(1));
        past.tell(AlertStatus::Resolved).await;
        past
    }

    async fn tell(&self, status: AlertStatus) {
        let received = self.clock.now();
        let began = received.wall.checked_sub(Duration::from_secs(3)).unwrap();
        let alerts = (0..ALERTS)
            .map(|number| alert(number, status, began))
            .collect();
        let notification = Notification {
            received,
            receiver: "healer".to_owned(),
            group_key: "{}".to_owned(),
            truncated: 0,
            alerts,
            invalid: Vec::new(),
        };
        self.journal
            .record_notification(notification)
            .await
            .unwrap();
    }

    /// Runs `report` with more arguments, while the daemon answers.
    async fn asked(&self, arguments: &[&str]) -> Output {
        let listener = UnixListener::bind(self.folder.path().join("healer.sock")).unwrap();
        let reporter = Reporter {
            journal: self.journal.clone(),
            clock: self.clock.clone(),
            host: "web1".to_owned(),
        };
        let server = axum::serve(listener, report::router(reporter)).into_future();
        let output = tokio::select! {
            ended = server => panic!("{ended:?}"),
            output = report(self.folder.path(), arguments) => output,
        };
        std::fs::rename(
            self.folder.path().join("healer.sock"),
            self.folder.path().join("gone"),
        )
        .unwrap();
        output
    }
}

fn alert(number: u64, status: AlertStatus, began: Timestamp) -> Alert {
    let text = |name: &str, value: String| (name.to_owned(), value);
    Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{number:016x}")).unwrap(),
            starts_at: began,
        },
        status,
        labels: [
            text("alertname", "ServiceDown".to_owned()),
            text("name", format!("app{number}.service")),
            text("severity", "critical".to_owned()),
        ]
        .into(),
        annotations: [text("summary", "a service is down".to_owned())].into(),
        ends_at: None,
    }
}

async fn report(folder: &Path, arguments: &[&str]) -> Output {
    let (runtime, storage) = (
        format!("--runtime.path={}", folder.display()),
        format!("--storage.path={}", folder.display()),
    );
    let mut all = vec![runtime.as_str(), storage.as_str(), "report"];
    all.extend(arguments);
    run(&all).await
}

fn json(output: &Output) -> Value {
    assert!(output.status.success(), "{}", stderr(output));
    serde_json::from_str(&stdout(output)).unwrap()
}

#[tokio::test]
async fn the_daemon_and_its_journal_tell_the_same() {
    let past = Past::new().await;
    let asked = [
        "--format",
        "json",
        "--since",
        "2020-01-01",
        "--until",
        "2100-01-01",
    ];
    let told = json(&past.asked(&asked).await);
    let output = report(past.folder.path(), &asked).await;
    assert!(
        stderr(&output).contains("this is from the journal in"),
        "{}",
        stderr(&output)
    );
    let read = json(&output);
    assert_eq!(told["totals"]["incidents"], ALERTS);
    assert_eq!(told["totals"]["ended_by_itself"], ALERTS);
    assert_eq!(told["history"]["events"], 2 * ALERTS);
    assert_eq!(told["host"], "web1");
    for part in [
        "version",
        "period",
        "history",
        "totals",
        "time_to_notice",
        "over_time",
        "alerts",
        "incidents",
    ] {
        assert_eq!(told[part], read[part], "{part}");
    }
}

#[tokio::test]
async fn each_format_is_printed_or_written_to_a_file() {
    let past = Past::new().await;
    let folder = past.folder.path();
    let output = report(
        folder,
        &[
            "--since",
            "2020-01-01",
            "--until",
            "2100-01-01",
            "--format",
            "pdf",
        ],
    )
    .await;
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(output.stdout.starts_with(b"%PDF-"));
    let page = folder.join("report.html").display().to_string();
    let output = report(
        folder,
        &[
            "--since=2020-01-01",
            "--until=2100-01-01",
            "--format=html",
            "--language=fr",
            "--output",
            &page,
        ],
    )
    .await;
    assert_eq!(
        stdout(&output),
        format!("{ALERTS} incidents; the report is in {page}\n")
    );
    let written = std::fs::read_to_string(&page).unwrap();
    assert!(written.contains("<html lang=\"fr\">") && written.contains("Rapport d’incidents"));
    let text = stdout(&report(folder, &["--since=2020-01-01", "--until=2100-01-01"]).await);
    assert!(text.contains(&format!("{ALERTS}  incidents")), "{text}");
}

#[tokio::test]
async fn what_cannot_be_said_is_explained() {
    let empty = tempfile::tempdir().unwrap();
    let output = report(empty.path(), &[]).await;
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("no daemon answers on") && said.contains("journal.db"),
        "{said}"
    );
    for (arguments, words) in [
        (["--since", "1h", "--until", "2020-01-01T00:00:00Z"], None),
        (
            ["--since", "2030-01-01", "--until", "2020-01-01"],
            Some("--since is not before --until"),
        ),
        (
            ["--since", "yesterday", "--until", "1h"],
            Some("or write a moment"),
        ),
        (
            ["--time-zone", "Mars/Olympus", "--since", "1h"],
            Some("is no time zone"),
        ),
    ] {
        let output = report(empty.path(), &arguments).await;
        assert!(!output.status.success());
        if let Some(words) = words {
            assert!(stderr(&output).contains(words), "{}", stderr(&output));
        }
    }
}
