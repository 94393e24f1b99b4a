use std::sync::mpsc as std_mpsc;

use jiff::Timestamp;
use prometheus_client::encoding::text;
use prunelle_foundation::clock::{BootId, Now, SharedClock, SystemClock};
use prunelle_foundation::lifecycle::Lifecycle;
use tokio::sync::{Semaphore, watch};

use super::*;
use crate::filesystem::Prober;
use crate::host::Units;
use crate::machine::Kernel;
use crate::overview::OverviewSample;
use crate::roots::Roots;
use crate::thresholds::{Levels, Thresholds};

fn scraper() -> Scraper {
    let clock: SharedClock = Arc::new(SystemClock::new().unwrap());
    let now = Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::ZERO,
        boot_id: BootId::new("a"),
    };
    let tasks = Lifecycle::new().tasks();
    let levels = Levels {
        warning: 0.5,
        critical: None,
    };
    let host = Host {
        clock,
        machine: Arc::new(Kernel::new(Roots::default())),
        overview: watch::channel(Arc::new(OverviewSample::not_yet(now))).1,
        overview_max_age: Duration::ZERO,
        filesystems: Prober::new(Roots::default(), tasks.clone(), Box::new(|_| Ok(None))),
        units: None::<Units>,
        thresholds: Thresholds {
            cpu: levels,
            memory: levels,
            disk: levels,
            network: levels,
        },
    };
    Scraper::new(Arc::new(host), tasks)
}

/// Runs collectors as a scrape with so many milliseconds does; returns lines that are no comments.
async fn scrape(scraper: &Scraper, collectors: &[&'static Collector], limit: u64) -> Vec<String> {
    let deadline = Deadline::after(
        Arc::clone(&scraper.host().clock),
        Duration::from_millis(limit),
    );
    let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let registry = scraper.scrape(collectors.to_vec(), deadline, permit).await;
    let mut output = String::new();
    text::encode(&mut output, &registry).unwrap();
    let lines = output.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| !line.contains("duration"))
        .map(ToOwned::to_owned)
        .collect()
}

const fn collector(name: &'static str, source: Source) -> Collector {
    Collector {
        name,
        about: "",
        source,
        publishes_duration: true,
        has_process_metrics: false,
    }
}

static VALUE: Metric = Metric::gauge("prunelle_value", "A value.");
static GOOD: Collector = collector(
    "good",
    Source::Snapshot(|_| Ok(Some(vec![VALUE.single(1_u64)]))),
);
static NOTHING: Collector = collector("nothing", Source::Snapshot(|_| Ok(None)));
static BROKEN: Collector = collector("broken", Source::Snapshot(|_| Err(CollectorError::NotYet)));
static PANICS: Collector = collector("panics", Source::Files(|_, _| panic!("a bug")));
static FILES: Collector = collector(
    "files",
    Source::Files(|_, _| Ok(Some(vec![VALUE.single(2_u64)]))),
);

#[tokio::test]
async fn data_nothing_and_failure_are_told_apart() {
    let lines = scrape(&scraper(), &[&GOOD, &NOTHING, &BROKEN], 1000).await;
    assert_eq!(
        lines,
        [
            "prunelle_value 1",
            "node_scrape_collector_success{collector=\"good\"} 1",
            "node_scrape_collector_success{collector=\"nothing\"} 1",
            "node_scrape_collector_success{collector=\"broken\"} 0",
        ]
    );
}

#[tokio::test]
async fn a_panic_costs_its_own_figures_only() {
    let lines = scrape(&scraper(), &[&PANICS, &FILES], 1000).await;
    assert_eq!(
        lines,
        [
            "prunelle_value 2",
            "node_scrape_collector_success{collector=\"panics\"} 0",
            "node_scrape_collector_success{collector=\"files\"} 1",
        ]
    );
}

/// Takes much longer than any deadline here.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn block(_: &Host, _: &Deadline) -> Gathered {
    let (_keep, blocked) = std_mpsc::channel::<()>();
    // The sender lives as long as this call, so that only the limit ends it.
    let _ = blocked.recv_timeout(Duration::from_secs(2));
    Ok(None)
}
static BLOCKS: Collector = collector("blocks", Source::Files(block));

#[tokio::test]
async fn what_is_late_is_left_out_and_the_rest_is_answered() {
    let lines = scrape(&scraper(), &[&GOOD, &FILES, &BLOCKS], 100).await;
    assert_eq!(
        lines,
        [
            "prunelle_value 1",
            "prunelle_value 2",
            "node_scrape_collector_success{collector=\"good\"} 1",
            "node_scrape_collector_success{collector=\"files\"} 1",
            "node_scrape_collector_success{collector=\"blocks\"} 0",
        ]
    );
}

#[tokio::test]
async fn what_still_blocks_keeps_its_permit() {
    let scraper = scraper();
    let permits = Arc::new(Semaphore::new(1));
    let permit = Arc::clone(&permits).acquire_owned().await.unwrap();
    let clock = Arc::clone(&scraper.host().clock);
    let deadline = Deadline::after(clock, Duration::from_millis(50));
    scraper.scrape(vec![&BLOCKS], deadline, permit).await;
    assert!(permits.try_acquire().is_err());
    // It comes back when the collector does.
    let _permit = permits.acquire().await.unwrap();
}

#[tokio::test]
async fn only_changes_are_noted() {
    let scraper = scraper();
    for _ in 0..3 {
        scrape(&scraper, &[&BROKEN], 1000).await;
    }
    assert_eq!(*scraper.failing.lock().unwrap(), ["broken"]);
}
