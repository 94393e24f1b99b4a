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
use crate::options::Options;
use crate::overview::OverviewSample;
use crate::processes::{ProcessSample, Processes};
use crate::reload::LastReload;
use crate::roots::Roots;
use crate::thresholds::{Levels, Thresholds};

fn scraper() -> Scraper {
    Scraper::new(Lifecycle::new().tasks())
}

fn host() -> Arc<Host> {
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
    let reload = watch::channel(LastReload {
        is_successful: true,
        succeeded_at: now.wall,
    });
    Arc::new(Host {
        clock,
        roots: Roots::default(),
        options: Options::default(),
        machine: Arc::new(Kernel::new(Roots::default())),
        processes: Processes {
            sample: watch::channel(Arc::new(ProcessSample::not_yet(now.clone()))).1,
            max_age: Duration::ZERO,
        },
        overview: watch::channel(Arc::new(OverviewSample::not_yet(now))).1,
        overview_max_age: Duration::ZERO,
        filesystems: Arc::new(Prober::new(
            Roots::default(),
            tasks,
            Box::new(|_| Err(rustix::io::Errno::IO.into())),
        )),
        textfiles: Arc::default(),
        units: None::<Units>,
        inventory: None,
        web_config: None,
        thresholds: Thresholds {
            cpu: levels,
            memory: levels,
            disk: levels,
            network: levels,
        },
        reload: reload.1,
        remembered: Arc::default(),
    })
}

/// Runs collectors as a scrape with so many milliseconds does; returns lines that are no comments.
async fn scrape(scraper: &Scraper, collectors: &[&'static Collector], limit: u64) -> Vec<String> {
    let host = host();
    let deadline = Deadline::after(Arc::clone(&host.clock), Duration::from_millis(limit));
    let permit = Arc::new(Semaphore::new(1)).acquire_owned().await.unwrap();
    let scraping = scraper.scrape(&host, collectors.to_vec(), deadline, permit);
    let answer = scraping.await;
    let mut output = String::new();
    text::encode(&mut output, &answer.registry).unwrap();
    let lines = output.lines().filter(|line| !line.starts_with('#'));
    lines
        .filter(|line| !line.contains("duration"))
        .map(ToOwned::to_owned)
        .collect()
}

const fn collector(
    name: &'static str,
    place: Place,
    gather: fn(&mut Scrape<'_>) -> Gathered,
) -> Collector {
    Collector {
        name,
        about: "",
        metrics: &[],
        place,
        may_hang: |_| true,
        gather,
        is_on_by_default: true,
        publishes_duration: true,
        has_process_metrics: false,
    }
}

static VALUE: Metric = Metric::gauge("prunelle_value", "A value.").labels(&["from"]);
static GOOD: Collector = collector("good", Place::Snapshot, |scrape| {
    scrape.out.family(&VALUE).sample(&["good"], 1_u64);
    Ok(())
});
static NOTHING: Collector = collector("nothing", Place::Snapshot, |_| Ok(()));
static BROKEN: Collector = collector("broken", Place::Snapshot, |scrape| {
    scrape.out.family(&VALUE).sample(&["broken"], 1_u64);
    Err(CollectorError::NotYet)
});
static PANICS: Collector = collector("panics", Place::Files, |_| panic!("a bug"));
static FILES: Collector = collector("files", Place::Files, |scrape| {
    scrape.out.family(&VALUE).sample(&["files"], 2_u64);
    Ok(())
});
static OWN_THREAD: Collector = collector("own_thread", Place::OwnThread, |scrape| {
    scrape.out.family(&VALUE).sample(&["own_thread"], 3_u64);
    Ok(())
});

#[tokio::test]
async fn data_nothing_and_failure_are_told_apart() {
    let lines = scrape(&scraper(), &[&GOOD, &NOTHING, &BROKEN], 1000).await;
    assert_eq!(
        lines,
        [
            "prunelle_value{from=\"good\"} 1",
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
            "prunelle_value{from=\"files\"} 2",
            "node_scrape_collector_success{collector=\"panics\"} 0",
            "node_scrape_collector_success{collector=\"files\"} 1",
        ]
    );
}

/// Takes much longer than any deadline here.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn block(_: &mut Scrape<'_>) -> Gathered {
    let (_keep, blocked) = std_mpsc::channel::<()>();
    // The sender lives as long as this call, so that only the limit ends it.
    let _ = blocked.recv_timeout(Duration::from_secs(2));
    Ok(())
}
static BLOCKS: Collector = collector("blocks", Place::Files, block);
static HANGS: Collector = collector("hangs", Place::OwnThread, block);

#[tokio::test]
async fn what_is_late_is_left_out_and_the_rest_is_answered() {
    let lines = scrape(&scraper(), &[&GOOD, &FILES, &BLOCKS], 100).await;
    assert_eq!(
        lines,
        [
            "prunelle_value{from=\"good\"} 1",
            "prunelle_value{from=\"files\"} 2",
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
    let host = host();
    let deadline = Deadline::after(Arc::clone(&host.clock), Duration::from_millis(50));
    scraper.scrape(&host, vec![&BLOCKS], deadline, permit).await;
    assert!(permits.try_acquire().is_err());
    // It comes back when the collector does.
    let _permit = permits.acquire().await.unwrap();
}

#[tokio::test]
async fn the_board_tells_what_came_of_the_last_runs() {
    let scraper = scraper();
    assert!(scraper.board().last_run("good").is_none());
    scrape(&scraper, &[&GOOD, &BROKEN], 1000).await;
    let good = scraper.board().last_run("good").unwrap();
    assert_eq!((good.series, good.failure.is_none()), (1, true));
    let first = scraper.board().last_run("broken").unwrap().failure.unwrap();
    assert_eq!(first.error, "there are not two samples yet");
    // That is no failure worth a warning.
    assert!(first.is_waiting);
    scrape(&scraper, &[&BROKEN], 1000).await;
    // It fails since the first time.
    let last = scraper.board().last_run("broken").unwrap();
    assert_eq!(last.failure.unwrap().since, first.since);
    assert!(last.at.boot > first.since.boot);
}

#[tokio::test]
async fn what_hangs_costs_one_thread_once() {
    let scraper = scraper();
    for scrape_number in 0..20 {
        let lines = scrape(&scraper, &[&OWN_THREAD, &HANGS], 50).await;
        assert_eq!(
            lines,
            [
                "prunelle_value{from=\"own_thread\"} 3",
                "node_scrape_collector_success{collector=\"own_thread\"} 1",
                "node_scrape_collector_success{collector=\"hangs\"} 0",
            ],
            "scrape {scrape_number}"
        );
    }
    let threads = scraper.tasks.running();
    let hanging = threads.iter().filter(|name| **name == "hangs");
    assert_eq!(hanging.count(), 1);
}

#[tokio::test]
async fn series_beyond_the_limit_are_dropped_and_told() {
    static MANY: Collector = collector("many", Place::Files, |scrape| {
        let mut family = scrape.out.family(&VALUE);
        for number in 0..Options::DEFAULT_MAX_SERIES + 7 {
            family.sample(&[&number.to_string()], 1_u64);
        }
        Ok(())
    });
    let lines = scrape(&scraper(), &[&MANY], 5000).await;
    assert_eq!(lines.len(), Options::DEFAULT_MAX_SERIES + 2);
    let told = "prunelle_collector_dropped_series{collector=\"many\"} 7".to_owned();
    assert!(lines.contains(&told));
}
