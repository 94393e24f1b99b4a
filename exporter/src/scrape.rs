//! One scrape: run the chosen collectors, keep what is ready by the deadline, put it together.
//!
//! What only reads snapshots runs at once. What reads files runs one after another in one task for blocking work: a
//! hand-over between threads costs more than most collectors. What may hang has a thread of its own. A collector that
//! fails, panics or is late costs its own figures and nobody else's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prometheus_client::registry::Registry;
use prunelle_foundation::exposition::Format;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_foundation::{build_info, process_metrics};
use tokio::sync::OwnedSemaphorePermit;

use crate::collector::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::deadline::Deadline;
use crate::encode;
use crate::files::Files;
use crate::filesystem::Probe;
use crate::host::Host;
use crate::lane::Lanes;
use crate::links::Asking;
use crate::metric::Metric;
use crate::output::Output;
use crate::textfile::{self, Family};
pub use board::{Board, Failure, LastRun};
pub(crate) use inbox::Inbox;

mod board;
mod inbox;

/// Every metric that is not a collector's own.
pub static METRICS: &[&Metric] = &[&DURATION, &SUCCESS, &DROPPED];

static DURATION: Metric = Metric::gauge(
    "node_scrape_collector_duration_seconds",
    "How long the collector took in this scrape.",
)
.labels(&["collector"]);
static SUCCESS: Metric = Metric::gauge(
    "node_scrape_collector_success",
    "Whether the collector's figures can be trusted in this scrape.",
)
.labels(&["collector"]);
static DROPPED: Metric = Metric::gauge(
    "prunelle_collector_dropped_series",
    "How many series the collector had beyond its limit in this scrape; absent when there is none.",
)
.labels(&["collector"]);

/// So many sets of open files are kept for scrapes that run at once.
const KEPT_FILES: usize = 4;

/// Runs scrapes of one host.
#[derive(Debug)]
pub struct Scraper {
    tasks: Tasks,
    lanes: Lanes,
    /// What scrapes wait for that may hang.
    asking: Asking,
    /// Open files that no scrape uses at this moment.
    files: Arc<Mutex<Vec<Files>>>,
    /// For those that read none, so that they never take a set of open ones away.
    unread: Mutex<Vec<Files>>,
    board: Board,
}

/// What one scrape came to.
#[derive(Debug)]
pub struct Scraped {
    /// What collectors measured.
    pub registry: Registry,
    /// What is text already.
    text: Vec<Arc<[Family]>>,
}

impl Scraped {
    /// Writes what is text already behind `text`, the registry's exposition in `format`.
    pub fn append(&self, format: Format, text: &mut String) {
        for families in &self.text {
            textfile::write_all(families, format, text);
        }
    }
}

/// What one collector came to.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) collector: &'static Collector,
    pub(crate) gathered: Gathered,
    pub(crate) output: Output,
    pub(crate) took: Duration,
}

impl Scraper {
    /// Scrapes on threads of `tasks`.
    pub fn new(tasks: Tasks) -> Self {
        Self {
            lanes: Lanes::new(tasks.clone()),
            tasks,
            asking: Asking::default(),
            files: Arc::default(),
            unread: Mutex::default(),
            board: Board::default(),
        }
    }

    /// What came of the last runs.
    pub fn board(&self) -> &Board {
        &self.board
    }

    /// Runs `collectors` on `host` and registers what they gathered. `permit` is given back when the last of them has ended,
    /// which may be after the answer: what hangs counts against the limit on parallel scrapes.
    pub async fn scrape(
        &self,
        host: &Arc<Host>,
        collectors: Vec<&'static Collector>,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Scraped {
        let has_process_metrics = collectors.iter().any(|it| it.has_process_metrics);
        let runs = self.run(host, collectors, deadline, permit).await;
        self.board.note(&runs, &host.clock.now());
        let texts = runs.iter().map(|run| run.output.text());
        let text = texts.filter(|text| !text.is_empty()).cloned().collect();
        let mut registry = Registry::default();
        registry.register_collector(Box::new(encode::Gathered(outputs(runs))));
        if has_process_metrics {
            build_info::register(
                &mut registry,
                "prunelle_exporter",
                env!("CARGO_PKG_VERSION"),
            );
            process_metrics::register(&mut registry);
        }
        Scraped { registry, text }
    }

    async fn run(
        &self,
        host: &Arc<Host>,
        collectors: Vec<&'static Collector>,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Vec<Run> {
        let inbox = Inbox::new(collectors.clone());
        // Asked once: a file that comes meanwhile must not leave its collector between two places.
        let placed: Vec<_> = collectors
            .iter()
            .map(|&it| (it.place_on(host), it))
            .collect();
        let at = |place| {
            let there = placed.iter().filter(move |(of_it, _)| *of_it == place);
            there.map(|(_, collector)| *collector)
        };
        for collector in at(Place::OwnThread) {
            self.lanes.start(collector, host, &deadline, &inbox);
        }
        let of_files = at(Place::Files).chain(at(Place::Prober));
        self.start_files(host, of_files.collect(), &deadline, &inbox, permit);
        let mut files = self.take_files(&self.unread, host);
        for collector in at(Place::Snapshot) {
            inbox.put(run(collector, host, &deadline, &mut files, None));
        }
        give_back(&self.unread, files);
        // Late or not: what is there is taken.
        let _ = tokio::time::timeout(deadline.remaining(), inbox.is_full()).await;
        inbox.take(host, &deadline)
    }

    /// Starts the collectors that read files.
    fn start_files(
        &self,
        host: &Arc<Host>,
        collectors: Vec<&'static Collector>,
        deadline: &Deadline,
        inbox: &Arc<Inbox>,
        permit: OwnedSemaphorePermit,
    ) {
        if collectors.is_empty() {
            return;
        }
        let (host, deadline, inbox) = (Arc::clone(host), deadline.clone(), Arc::clone(inbox));
        let pool = Arc::clone(&self.files);
        let mut files = self.take_files(&pool, &host);
        self.tasks.spawn_blocking("scrape", move || {
            let asks = collectors.iter().any(|it| it.place == Place::Prober);
            let mut probe = asks.then(|| host.filesystems.begin(&host.options.filesystem));
            let Some((last, others)) = collectors.split_last() else {
                return;
            };
            let mut run = |collector: &'static Collector| {
                let is_prober = collector.place == Place::Prober;
                let probe = is_prober.then(|| probe.take()).flatten();
                run(collector, &host, &deadline, &mut files, probe)
            };
            for collector in others {
                inbox.put(run(collector));
            }
            let last = run(last);
            // Before the last run wakes the scrape: what the next one needs is free when this one is answered.
            give_back(&pool, files);
            drop(permit);
            inbox.put(last);
        });
    }

    fn take_files(&self, pool: &Mutex<Vec<Files>>, host: &Host) -> Files {
        let kept = lock(pool).pop();
        let mut files = kept.unwrap_or_else(|| {
            let mut files = Files::new(host.roots.clone());
            files.links.asking = self.asking.clone();
            files
        });
        files.begin();
        files
    }
}

fn give_back(pool: &Mutex<Vec<Files>>, files: Files) {
    let mut pool = lock(pool);
    if pool.len() < KEPT_FILES {
        pool.push(files);
    }
}

pub(crate) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Runs one collector; what it wrote counts only when it succeeds.
pub(crate) fn run(
    collector: &'static Collector,
    host: &Host,
    deadline: &Deadline,
    files: &mut Files,
    probe: Option<Probe<'_>>,
) -> Run {
    let start = host.clock.now();
    let mut output = Output::new(host.options.max_series);
    let gathered = if collector.place != Place::Snapshot && deadline.is_over() {
        Err(CollectorError::Late)
    } else {
        let gather = || {
            (collector.gather)(&mut Scrape {
                host,
                deadline,
                files,
                probe,
                out: &mut output,
            })
        };
        catch_unwind(AssertUnwindSafe(gather)).unwrap_or(Err(CollectorError::Panicked))
    };
    if gathered.is_err() {
        output.clear();
    }
    Run {
        collector,
        gathered,
        output,
        took: host.clock.now().since(&start),
    }
}

fn outputs(runs: Vec<Run>) -> Vec<Output> {
    let mut about = Output::new(usize::MAX);
    let mut durations = about.family(&DURATION);
    for run in runs.iter().filter(|run| run.collector.publishes_duration) {
        durations.sample(&[run.collector.name], run.took.as_secs_f64());
    }
    let mut successes = about.family(&SUCCESS);
    for run in &runs {
        successes.sample(&[run.collector.name], run.gathered.is_ok());
    }
    let mut dropped = about.family(&DROPPED);
    for run in runs.iter().filter(|run| run.output.dropped() > 0) {
        dropped.sample(&[run.collector.name], run.output.dropped());
    }
    let outputs = runs.into_iter().map(|run| run.output);
    outputs.chain([about]).collect()
}

#[cfg(test)]
mod tests;
