//! One scrape: run the chosen collectors, keep what is ready by the deadline, put it together.
//!
//! What only reads snapshots runs at once. What reads files runs one after another in one task for blocking work: a
//! hand-over between threads costs more than most collectors. A collector that fails, panics or is late costs its own
//! figures and nobody else's.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus_client::registry::Registry;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_foundation::{build_info, process_metrics};
use tokio::sync::{OwnedSemaphorePermit, mpsc};

use crate::collector::{COLLECTORS, Collector, CollectorError, Gathered, Source, chain};
use crate::deadline::Deadline;
use crate::encode;
use crate::family::{Family, Labels, Metric};
use crate::host::Host;

static DURATION: Metric = Metric::gauge(
    "node_scrape_collector_duration_seconds",
    "Duration of a collector scrape.",
);
static SUCCESS: Metric = Metric::gauge(
    "node_scrape_collector_success",
    "Whether a collector succeeded.",
);

/// Runs scrapes of one host.
#[derive(Debug)]
pub struct Scraper {
    host: Arc<Host>,
    tasks: Tasks,
    /// Collectors whose last run failed: only a change is worth a line in the log.
    failing: Mutex<Vec<&'static str>>,
}

/// What one collector came to.
struct Run {
    collector: &'static Collector,
    gathered: Gathered,
    took: Duration,
}

impl Scraper {
    /// Scrapes `host`, on threads of `tasks`.
    pub fn new(host: Arc<Host>, tasks: Tasks) -> Self {
        Self {
            host,
            tasks,
            failing: Mutex::default(),
        }
    }

    /// What tells the time.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Runs `collectors` and registers what they gathered. `permit` is given back when the last of them has ended,
    /// which may be after the answer: what hangs counts against the limit on parallel scrapes.
    pub async fn scrape(
        &self,
        collectors: Vec<&'static Collector>,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Registry {
        let has_process_metrics = collectors.iter().any(|it| it.has_process_metrics);
        let mut runs = self.run(collectors, deadline, permit).await;
        runs.sort_by_key(|run| position(run.collector));
        for run in &runs {
            self.note(run);
        }
        let mut registry = Registry::default();
        registry.register_collector(Box::new(encode::Gathered(families(runs))));
        if has_process_metrics {
            build_info::register(
                &mut registry,
                "prunelle_exporter",
                env!("CARGO_PKG_VERSION"),
            );
            process_metrics::register(&mut registry);
        }
        registry
    }

    async fn run(
        &self,
        collectors: Vec<&'static Collector>,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Vec<Run> {
        let (at_once, of_files): (Vec<_>, Vec<_>) = collectors
            .into_iter()
            .partition(|it| matches!(it.source, Source::Snapshot(_)));
        let of_files = self.start(of_files, deadline.clone(), permit);
        let mut runs: Vec<Run> = at_once
            .into_iter()
            .map(|collector| run(collector, &self.host, &deadline))
            .collect();
        if let Some((missing, mut ready)) = of_files {
            runs.extend(await_all(missing, &mut ready, &deadline).await);
        }
        runs
    }

    /// Starts the collectors that read files; returns who they are and where their runs arrive.
    fn start(
        &self,
        collectors: Vec<&'static Collector>,
        deadline: Deadline,
        permit: OwnedSemaphorePermit,
    ) -> Option<(Vec<&'static Collector>, mpsc::UnboundedReceiver<Run>)> {
        if collectors.is_empty() {
            return None;
        }
        let (publish, ready) = mpsc::unbounded_channel();
        let host = Arc::clone(&self.host);
        let missing = collectors.clone();
        self.tasks.spawn_blocking("scrape", move || {
            let _permit = permit;
            for collector in collectors {
                // Nobody listens any more once the deadline is over.
                if publish.send(run(collector, &host, &deadline)).is_err() {
                    return;
                }
            }
        });
        Some((missing, ready))
    }

    /// Logs a failure once, and its end.
    fn note(&self, run: &Run) {
        let name = run.collector.name;
        let mut failing = self.failing.lock().unwrap_or_else(PoisonError::into_inner);
        let was_failing = failing.contains(&name);
        match &run.gathered {
            Err(error) if !was_failing => {
                failing.push(name);
                tracing::warn!(collector = name, error = chain(error), "collector fails");
            }
            Ok(_) if was_failing => {
                failing.retain(|it| *it != name);
                tracing::info!(collector = name, "collector works again");
            }
            _ => {}
        }
    }
}

/// The runs that arrive by the deadline; for the others, that they are late.
async fn await_all(
    mut missing: Vec<&'static Collector>,
    ready: &mut mpsc::UnboundedReceiver<Run>,
    deadline: &Deadline,
) -> Vec<Run> {
    let mut runs = Vec::with_capacity(missing.len());
    while let Ok(Some(run)) = tokio::time::timeout(deadline.remaining(), ready.recv()).await {
        missing.retain(|collector| collector.name != run.collector.name);
        runs.push(run);
    }
    runs.extend(missing.into_iter().map(|collector| Run {
        collector,
        gathered: Err(CollectorError::Late),
        took: deadline.allowed(),
    }));
    runs
}

fn run(collector: &'static Collector, host: &Host, deadline: &Deadline) -> Run {
    let start = host.clock.now();
    let gather = || match collector.source {
        Source::Snapshot(gather) => gather(host),
        Source::Files(_) if deadline.is_over() => Err(CollectorError::Late),
        Source::Files(gather) => gather(host, deadline),
    };
    Run {
        collector,
        gathered: catch_unwind(AssertUnwindSafe(gather)).unwrap_or(Err(CollectorError::Panicked)),
        took: host.clock.now().since(&start),
    }
}

fn families(runs: Vec<Run>) -> Vec<Family> {
    let labels = |run: &Run| -> Labels { vec![("collector", run.collector.name.to_owned())] };
    let timed = runs.iter().filter(|run| run.collector.publishes_duration);
    let durations = DURATION.family(timed.map(|run| (labels(run), run.took.as_secs_f64())));
    let successes = SUCCESS.family(runs.iter().map(|run| (labels(run), run.gathered.is_ok())));
    let gathered = runs
        .into_iter()
        .filter_map(|run| run.gathered.ok().flatten());
    gathered.flatten().chain([durations, successes]).collect()
}

fn position(collector: &Collector) -> Option<usize> {
    COLLECTORS.iter().position(|it| it.name == collector.name)
}

#[cfg(test)]
mod tests;
