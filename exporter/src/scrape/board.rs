//! What came of each collector's last run: for the log, which tells changes only, and for the page at `/`.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::Run;
use crate::collector::{CollectorError, chain};

/// One entry for each collector that has run.
#[derive(Debug, Default)]
pub struct Board(Mutex<HashMap<&'static str, LastRun>>);

/// The last run of a collector.
#[derive(Clone, Debug)]
pub struct LastRun {
    /// When it ended.
    pub at: Now,
    /// How long it took.
    pub took: Duration,
    /// How many series it wrote; when it failed, those of the run before that did not.
    pub series: usize,
    /// Why it has no figures, if it has none.
    pub failure: Option<Failure>,
}

/// A failure that lasts.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The first of the runs in a row that failed.
    pub since: Now,
    /// What the last one said: for people, never for a label.
    pub error: String,
    /// It has just been started, and only waits for its second sample.
    pub is_waiting: bool,
}

impl Board {
    /// What came of a collector's last run; none when it has not run yet.
    pub fn last_run(&self, collector: &str) -> Option<LastRun> {
        self.entries().get(collector).cloned()
    }

    /// Writes down the runs of one scrape, and logs where something changed.
    pub(super) fn note(&self, runs: &[Run], now: &Now) {
        let mut entries = self.entries();
        for run in runs {
            let name = run.collector.name;
            let before = entries.get(name);
            let failing_since = before.and_then(|it| Some(it.failure.as_ref()?.since.clone()));
            let was_failing = before
                .and_then(|it| it.failure.as_ref())
                .is_some_and(|failure| !failure.is_waiting);
            let series_before = before.map_or(0, |it| it.series);
            let failure = match &run.gathered {
                Ok(()) if was_failing => {
                    tracing::info!(collector = name, "collector works again");
                    None
                }
                Ok(()) => None,
                Err(error) => {
                    let error = chain(error);
                    let is_waiting = matches!(run.gathered, Err(CollectorError::NotYet));
                    if is_waiting {
                        tracing::debug!(collector = name, error, "collector waits");
                    } else if !was_failing {
                        tracing::warn!(collector = name, error, "collector fails");
                    }
                    Some(Failure {
                        since: failing_since.unwrap_or_else(|| now.clone()),
                        error,
                        is_waiting,
                    })
                }
            };
            let last = LastRun {
                at: now.clone(),
                took: run.took,
                series: match failure {
                    None => run.output.series(),
                    Some(_) => series_before,
                },
                failure,
            };
            entries.insert(name, last);
        }
    }

    fn entries(&self) -> MutexGuard<'_, HashMap<&'static str, LastRun>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
