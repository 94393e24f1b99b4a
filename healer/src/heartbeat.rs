//! The watcher watched: an alert that always fires proves that Prometheus, Alertmanager and the way to here work. When it
//! stays away, nobody would tell this healer of a fault either, and so it says that by itself.
//!
//! Time is the time since boot: a step of the wall clock neither hides a silence nor makes one up. Heartbeats are never
//! rows of the journal; that they stay away, and that they are back, are lines of the action log. The webhook notes each
//! one in [`Beats`], `run` spawns [`Watch::run`].

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::lifecycle::Stop;
use tokio::sync::watch;
use tracing::{info, warn};

use crate::journal::{Entry, Journal};
use crate::metrics::Metrics;
use crate::policy::{Heartbeat, Policy};
use crate::remediation::alarm::Alarm;
use crate::remediation::handle::Handle;
use crate::view::HeartbeatView;

/// When the heartbeat came last; clones share it.
#[derive(Clone, Debug)]
pub struct Beats(Arc<watch::Sender<Option<Now>>>);

impl Default for Beats {
    fn default() -> Self {
        Self(Arc::new(watch::Sender::new(None)))
    }
}

impl Beats {
    /// One came.
    pub fn came(&self, at: Now) {
        self.0.send_replace(Some(at));
    }

    fn subscribe(&self) -> watch::Receiver<Option<Now>> {
        self.0.subscribe()
    }
}

/// The task that misses it.
#[derive(Debug)]
pub struct Watch {
    /// What came.
    pub beats: Beats,
    /// Whether it is watched, and how long it may stay away.
    pub policies: watch::Receiver<Arc<Policy>>,
    /// The time.
    pub clock: SharedClock,
    /// What wakes the task.
    pub alarm: Arc<dyn Alarm>,
    /// Where it is told.
    pub journal: Journal,
    /// Where it is counted.
    pub metrics: Metrics,
    /// Where it is shown.
    pub engine: Handle,
}

/// What is known at one moment.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Look {
    is_missing: bool,
    /// How long until it would be missing; none when it is.
    left: Option<Duration>,
}

fn look(heartbeat: &Heartbeat, since: &Now, now: &Now) -> Look {
    let left = heartbeat.missing_after.saturating_sub(now.since(since));
    Look {
        is_missing: left.is_zero(),
        left: (!left.is_zero()).then_some(left),
    }
}

impl Watch {
    /// Watches until `stop`. What never came counts from now on.
    pub async fn run(mut self, stop: Stop) {
        let started = self.clock.now();
        let mut beats = self.beats.subscribe();
        let mut was_missing = false;
        loop {
            let heartbeat = self.policies.borrow_and_update().heartbeat.clone();
            let last = beats.borrow_and_update().clone();
            let now = self.clock.now();
            let seen = heartbeat
                .as_ref()
                .map(|heartbeat| look(heartbeat, last.as_ref().unwrap_or(&started), &now));
            let is_missing = seen.as_ref().is_some_and(|seen| seen.is_missing);
            if is_missing != was_missing {
                self.tell(heartbeat.as_ref(), is_missing, last.as_ref(), &now)
                    .await;
                was_missing = is_missing;
            }
            self.metrics.heartbeat_missing(is_missing);
            let view = heartbeat.map(|heartbeat| HeartbeatView {
                last: last.map(|last| last.wall),
                is_missing,
                missing_after: PromDuration::from(heartbeat.missing_after).to_string(),
            });
            tokio::select! {
                () = stop.stopped() => return,
                () = self.engine.heartbeat(view) => {}
            }
            let due = match seen.and_then(|seen| seen.left) {
                Some(left) => self.alarm.after(left),
                None => Box::pin(std::future::pending()),
            };
            tokio::select! {
                () = stop.stopped() => return,
                () = due => {}
                changed = beats.changed() => if changed.is_err() { return; },
                changed = self.policies.changed() => if changed.is_err() { return; },
            }
        }
    }

    /// Says that it stays away, or that it is back, or watched no longer.
    async fn tell(
        &self,
        heartbeat: Option<&Heartbeat>,
        is_missing: bool,
        last: Option<&Now>,
        now: &Now,
    ) {
        let last = last.map(|last| last.wall);
        let message = match (is_missing, heartbeat) {
            (true, Some(heartbeat)) => missing(heartbeat, last),
            (false, Some(_)) => "the heartbeat is back: alerts reach this healer again".to_owned(),
            (_, None) => "the heartbeat is not watched any more".to_owned(),
        };
        if is_missing {
            warn!("{message}");
        } else {
            info!("{message}");
        }
        let entry = Entry::Heartbeat {
            is_missing,
            last,
            message,
            at: now.clone(),
        };
        if let Err(error) = self.journal.record(entry).await {
            warn!(%error, "what is known of the heartbeat could not be written");
        }
    }
}

fn missing(heartbeat: &Heartbeat, last: Option<Timestamp>) -> String {
    let after = PromDuration::from(heartbeat.missing_after);
    let since = match last {
        Some(last) => format!("since {last:.0}"),
        None => "since this healer was started".to_owned(),
    };
    format!(
        "no heartbeat {since}, longer than {after}: Prometheus, Alertmanager or the way to here is broken, and no fault would be heard of"
    )
}

#[cfg(test)]
mod tests;
