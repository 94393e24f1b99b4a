//! How fast the journal acknowledges: paced single alerts, bursts of them, and notifications of 10,000 alerts, with
//! the disk's own sync beside it. Prints its figures; `cargo bench -p prunelle-healer --bench journal`.
//!
//! `TMPDIR` chooses the disk. On a machine that does other work, run the program itself under `chrt -f 10`: then only
//! the disk is shared.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a program that measures: it prints, and ends at the first fault"
)]

use std::fs::File;
use std::io::Write as _;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::{Lifecycle, Tasks};
use prunelle_healer::alert::{Alert, AlertStatus, Episode, Fingerprint};
use prunelle_healer::journal::{Journal, JournalError, JournalOptions};
use prunelle_healer::work::Notification;

const RATE: u32 = 1000;
const SECONDS: u32 = 10;
const BURST: u64 = 10_000;
const RUNS: u32 = 5;

fn main() {
    // Test runners start benches as well, to list what is in them.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(run());
}

async fn run() {
    let lifecycle = Lifecycle::new();
    let tasks = lifecycle.tasks();
    let clock: SharedClock = Arc::new(SystemClock::new().unwrap());
    for number in 1..=RUNS {
        let folder = tempfile::tempdir().unwrap();
        let sync = disk_sync(folder.path(), &clock);
        let options = JournalOptions {
            action_log: Some(folder.path().join("actions.jsonl")),
            ..JournalOptions::new(folder.path())
        };
        let journal = Journal::open(options, clock.clone(), &tasks, lifecycle.stop()).unwrap();
        let bench = Bench {
            journal,
            clock: clock.clone(),
            tasks: tasks.clone(),
        };
        println!("run {number}");
        println!("  disk        4 KiB + fdatasync      {}", Figures::of(sync));
        println!(
            "  paced       {RATE} notifications/s   {}",
            Figures::of(bench.paced().await)
        );
        bench.burst().await;
        bench.large().await;
        println!("  memory      {}", resident());
        bench.journal.close().await;
    }
}

struct Bench {
    journal: Journal,
    clock: SharedClock,
    tasks: Tasks,
}

impl Bench {
    /// One new alert a notification, at a fixed rate whatever the answers take.
    async fn paced(&self) -> Vec<Duration> {
        let mut ticks = tokio::time::interval(Duration::from_secs(1) / RATE);
        let mut answers = Vec::new();
        for number in 0..u64::from(RATE * SECONDS) {
            ticks.tick().await;
            let (journal, clock) = (self.journal.clone(), self.clock.clone());
            answers.push(self.tasks.spawn("notification", async move {
                let began = clock.now();
                let notification = notification(&clock, vec![alert(number)]);
                journal.record_notification(notification).await.unwrap();
                clock.now().since(&began)
            }));
        }
        let latencies = join_all(answers).await;
        latencies.into_iter().map(Result::unwrap).collect()
    }

    /// All at once, each sent again while the queue is full, as Alertmanager does.
    async fn burst(&self) {
        let began = self.clock.now();
        let answers = (0..BURST).map(|number| {
            let (journal, clock) = (self.journal.clone(), self.clock.clone());
            self.tasks.spawn("notification", async move {
                let notification = notification(&clock, vec![alert(1 << 32 | number)]);
                let mut refusals = 0u32;
                while let Err(error) = journal.record_notification(notification.clone()).await {
                    assert!(matches!(error, JournalError::Busy), "{error}");
                    refusals += 1;
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
                refusals
            })
        });
        let refusals: u32 = join_all(answers)
            .await
            .into_iter()
            .map(Result::unwrap)
            .sum();
        let took = self.clock.now().since(&began);
        println!(
            "  burst       {BURST} single alerts    {took:.0?}, {:.0}/s, {refusals} refused and sent again",
            f64::from(u32::try_from(BURST).unwrap()) / took.as_secs_f64()
        );
    }

    /// One notification, then the same once more.
    async fn large(&self) {
        for what in ["new", "known"] {
            let alerts = (0..BURST).map(|number| alert(1 << 33 | number)).collect();
            let notification = notification(&self.clock, alerts);
            let began = self.clock.now();
            let recorded = self
                .journal
                .record_notification(notification)
                .await
                .unwrap();
            let took = self.clock.now().since(&began);
            println!(
                "  one POST    {BURST} {what} alerts    {took:.0?}, {} news",
                recorded.changed.len()
            );
        }
    }
}

/// What one sync of a small append takes, for comparison.
fn disk_sync(folder: &std::path::Path, clock: &SharedClock) -> Vec<Duration> {
    let mut file = File::create(folder.join("probe")).unwrap();
    let block = [b'x'; 4096];
    (0..1000)
        .map(|_| {
            let began = clock.now();
            file.write_all(&block).unwrap();
            file.sync_data().unwrap();
            clock.now().since(&began)
        })
        .collect()
}

fn notification(clock: &SharedClock, alerts: Vec<Alert>) -> Notification {
    Notification {
        received: clock.now(),
        receiver: "healer".to_owned(),
        group_key: "{}:{alertname=\"ServiceDown\"}".to_owned(),
        truncated: 0,
        alerts,
        invalid: Vec::new(),
    }
}

/// About 700 bytes in Alertmanager's JSON.
fn alert(number: u64) -> Alert {
    // Spread, as hashes are.
    let hash = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let pair = |name: &str, value: String| (name.to_owned(), value);
    Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{hash:016x}")).unwrap(),
            starts_at: "2026-11-24T08:00:00Z".parse().unwrap(),
        },
        status: AlertStatus::Firing,
        labels: [
            pair("alertname", "ServiceDown".to_owned()),
            pair("instance", format!("host{}.example.org:9750", number % 100)),
            pair("job", "prunelle-services".to_owned()),
            pair("name", format!("app{number}.service")),
            pair("severity", "critical".to_owned()),
        ]
        .into(),
        annotations: [
            pair(
                "summary",
                format!("app{number}.service is down on host{}", number % 100),
            ),
            pair(
                "description",
                "The unit is neither active nor reloading, and nothing that starts it is."
                    .to_owned(),
            ),
            pair("value", "0".to_owned()),
            pair("threshold", "1".to_owned()),
            pair(
                "runbook_url",
                "https://example.org/runbooks/ServiceDown".to_owned(),
            ),
        ]
        .into(),
        ends_at: None,
    }
}

struct Figures {
    median: Duration,
    p99: Duration,
    max: Duration,
}

impl Figures {
    fn of(mut durations: Vec<Duration>) -> Self {
        durations.sort_unstable();
        let at = |percent: usize| {
            let index = (durations.len() * percent / 100).min(durations.len() - 1);
            durations.get(index).copied().unwrap_or_default()
        };
        Self {
            median: at(50),
            p99: at(99),
            max: at(100),
        }
    }
}

impl std::fmt::Display for Figures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { median, p99, max } = self;
        write!(f, "median {median:.1?}, p99 {p99:.1?}, max {max:.1?}")
    }
}

/// Resident memory of this process now and at its peak.
fn resident() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let field = |name: &str| {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .unwrap_or_default()
            .trim()
            .to_owned()
    };
    format!("resident {}, peak {}", field("VmRSS:"), field("VmHWM:"))
}
