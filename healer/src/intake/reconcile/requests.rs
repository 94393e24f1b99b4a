//! When the active alerts are read beside the interval: at once when what is about to be done needs it, and a little
//! later when what was just heard may have been overtaken.
//!
//! An alert that is gone for less than Alertmanager's `group_interval` is never posted about: its return is seen by
//! reading again or not at all. The engine asks; the reconciler keeps the [`Pace`].

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, sleep_until};

/// How long after [`ReconcileRequests::request_soon`] the reading comes: more than the `group_interval` that ships.
const SOON: Duration = Duration::from_secs(2);

/// Asks the reconciler for a fresh set; clones ask the same one.
#[derive(Clone, Debug, Default)]
pub struct ReconcileRequests(Arc<Requests>);

#[derive(Debug, Default)]
struct Requests {
    at_once: Notify,
    soon: Notify,
}

impl ReconcileRequests {
    /// Has a set read whose question is sent after this call; several calls may share one.
    pub fn request(&self) {
        self.0.at_once.notify_one();
    }

    /// Has a set read about two seconds after this call; several calls may share one, and however many there are, one
    /// is read every two seconds at most.
    pub fn request_soon(&self) {
        self.0.soon.notify_one();
    }

    /// Resolves when [`ReconcileRequests::request_soon`] was called; calls before that are taken together.
    pub async fn wanted_soon(&self) {
        self.0.soon.notified().await;
    }
}

/// Says when the next reading begins.
#[derive(Debug)]
pub(super) struct Pace {
    requests: ReconcileRequests,
    /// When the reading that was asked for is due.
    soon: Option<Instant>,
}

impl Pace {
    pub(super) fn new(requests: ReconcileRequests) -> Self {
        Self {
            requests,
            soon: None,
        }
    }

    /// Resolves when `wait` is over, or before that when a reading is asked for.
    pub(super) async fn next(&mut self, wait: Duration) {
        let end = Instant::now() + wait;
        loop {
            let until = self.soon.map_or(end, |soon| soon.min(end));
            tokio::select! {
                () = self.requests.0.at_once.notified() => break,
                // What is asked for while one is due has to come after what it was asked for: it waits its turn.
                () = self.requests.wanted_soon(), if self.soon.is_none() => {
                    self.soon = Some(Instant::now() + SOON);
                }
                () = sleep_until(until) => break,
            }
        }
        if self.soon.is_some_and(|soon| soon <= Instant::now()) {
            self.soon = None;
        }
    }
}

#[cfg(test)]
mod tests;
