//! How much waits for each receiver and since when: a gauge for people, read from the outbox every few seconds. Spawned by
//! `run`.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;

use super::channels::ChannelKey;
use super::live::Live;
use crate::journal::{Journal, JournalError};
use crate::metrics::Metrics;
use crate::remediation::alarm::Alarm;

/// How often it is looked at: as often as Prometheus asks.
const EVERY: Duration = Duration::from_secs(5);

/// What waits for one integration of one receiver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueueDepth {
    /// Which.
    pub key: ChannelKey,
    /// How many messages.
    pub waiting: u64,
    /// When the first of them was decided on.
    pub oldest: Option<Timestamp>,
}

/// The task that keeps the gauges.
#[derive(Debug)]
pub struct Gauging {
    /// Where messages wait.
    pub journal: Journal,
    /// For whom.
    pub live: watch::Receiver<Arc<Live>>,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is told.
    pub metrics: Metrics,
}

impl Gauging {
    /// Keeps them until `stop`.
    pub async fn run(mut self, stop: Stop) {
        while !stop.is_stopping() {
            let live = Arc::clone(&self.live.borrow_and_update());
            match self.journal.waiting_by_queue().await {
                Ok(waiting) => {
                    let keys = live.channels.iter().map(|(key, _)| key);
                    self.metrics.queues(by_channel(keys, &waiting));
                }
                Err(JournalError::Closed) => return,
                // They keep what they showed last, and the journal tells that it is in trouble.
                Err(error) => tracing::debug!(%error, "cannot read what waits to be sent"),
            }
            tokio::select! {
                () = stop.stopped() => {}
                () = self.alarm.after(EVERY) => {}
                changed = self.live.changed() => if changed.is_err() { return; },
            }
        }
    }
}

/// What waits for one integration, by its names in the journal.
pub type Waiting = (String, String, u64, Timestamp);

/// Each channel that there is, also when nothing waits for it; what waits for no channel is about to be given up.
fn by_channel<'k>(
    keys: impl Iterator<Item = &'k ChannelKey>,
    waiting: &[Waiting],
) -> Vec<QueueDepth> {
    keys.map(|key| {
        let found = waiting
            .iter()
            .find(|(receiver, integration, ..)| *receiver == key.0 && *integration == key.1);
        QueueDepth {
            key: key.clone(),
            waiting: found.map_or(0, |(_, _, count, _)| *count),
            oldest: found.map(|(.., oldest)| *oldest),
        }
    })
    .collect()
}

#[cfg(test)]
mod tests;
