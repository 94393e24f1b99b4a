//! Where the runs of one scrape arrive, from whichever thread.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use super::Run;
use crate::collector::{Collector, CollectorError};
use crate::deadline::Deadline;
use crate::host::Host;
use crate::output::Output;

/// The runs of one scrape.
#[derive(Debug)]
pub(crate) struct Inbox {
    expected: Vec<&'static Collector>,
    runs: Mutex<Vec<Run>>,
    is_full: Notify,
}

impl Inbox {
    /// Expects a run of each of these.
    pub(super) fn new(expected: Vec<&'static Collector>) -> Arc<Self> {
        Arc::new(Self {
            runs: Mutex::new(Vec::with_capacity(expected.len())),
            expected,
            is_full: Notify::new(),
        })
    }

    /// Puts a run in; nobody may wait for it any more. Whoever waits is woken once, by the last.
    pub(crate) fn put(&self, run: Run) {
        let mut runs = self.runs();
        runs.push(run);
        if runs.len() == self.expected.len() {
            self.is_full.notify_one();
        }
    }

    /// Resolves when all have come.
    pub(super) async fn is_full(&self) {
        while self.runs().len() < self.expected.len() {
            self.is_full.notified().await;
        }
    }

    /// What has come, in the order of the collectors; the others are late.
    pub(super) fn take(&self, host: &Host, deadline: &Deadline) -> Vec<Run> {
        let mut runs = std::mem::take(&mut *self.runs());
        let mut run_of = |&collector: &&'static Collector| {
            let place = runs
                .iter()
                .position(|run| run.collector.name == collector.name);
            let late = || Run {
                collector,
                gathered: Err(CollectorError::Late),
                output: Output::new(host.options.max_series),
                took: deadline.allowed(),
            };
            place.map_or_else(late, |place| runs.swap_remove(place))
        };
        self.expected.iter().map(&mut run_of).collect()
    }

    fn runs(&self) -> MutexGuard<'_, Vec<Run>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
