//! What came of deliveries while the journal cannot be written: it is remembered here, and the queue goes on.
//!
//! On a full disk people are told what is in the outbox all the same. What is remembered here is passed over until it
//! could be written, in one transaction, which is tried every few seconds; a crash before that sends it once more, under
//! the same id. Only so much is remembered; then the queue waits for the journal.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::super::super::outbox::{GivenUp, Skipped, Tried};
use super::{AFTER_FAULT, Queue};
use crate::journal::JournalError;

/// Deliveries that one queue remembers.
const MOST: usize = 1000;

/// By the number of the delivery.
#[derive(Debug, Default)]
pub(super) struct Unwritten {
    tried: Vec<(i64, Tried)>,
    /// When it could not be written last.
    failed: Option<Now>,
}

impl Unwritten {
    /// What the queue passes over.
    pub(super) fn skipped(&self) -> Skipped {
        let mut skipped = Skipped::default();
        for (number, tried) in &self.tried {
            match tried {
                Tried::Sent | Tried::GivenUp(..) => skipped.ended.push(*number),
                Tried::Later { .. } => skipped.later.push(*number),
            }
        }
        skipped
    }

    pub(super) fn is_empty(&self) -> bool {
        self.tried.is_empty()
    }

    /// Nothing more can be remembered.
    pub(super) fn is_full(&self) -> bool {
        self.tried.len() >= MOST
    }

    /// How long until it is tried to write it again; none when there is nothing to write.
    pub(super) fn wait(&self, now: &Now) -> Option<Duration> {
        let since = self.failed.as_ref().map_or(AFTER_FAULT, |at| now.since(at));
        (!self.is_empty()).then(|| AFTER_FAULT.saturating_sub(since))
    }
}

impl Queue {
    /// Keeps what came of a delivery, in memory when it cannot be written.
    pub(super) async fn record(&mut self, number: i64, tried: Tried) {
        self.unwritten.tried.push((number, tried));
        self.of.journal.stats().add_unwritten(1);
        self.write_again().await;
    }

    /// Writes all that is remembered, once it is time to try again.
    pub(super) async fn write_again(&mut self) {
        let now = self.of.clock.now();
        if self.unwritten.wait(&now).is_some_and(|wait| wait.is_zero()) {
            self.write().await;
        }
    }

    /// Writes all that is remembered, or remembers that it could not be written.
    pub(super) async fn write(&mut self) {
        if self.unwritten.is_empty() {
            return;
        }
        let now = self.of.clock.now();
        let tried = self.unwritten.tried.clone();
        let metrics = &self.of.metrics;
        match self.of.journal.record_deliveries(tried, now.clone()).await {
            Ok(depth) => {
                let written = std::mem::take(&mut self.unwritten).tried;
                let stats = self.of.journal.stats();
                stats.take_unwritten(written.len() as u64);
                metrics.outbox(depth);
                let given_up: Vec<GivenUp> = written
                    .iter()
                    .filter_map(|(_, tried)| match tried {
                        Tried::GivenUp(reason, _) => Some(*reason),
                        Tried::Sent | Tried::Later { .. } => None,
                    })
                    .collect();
                for reason in &given_up {
                    metrics.messages_given_up(self.key.1, *reason, 1);
                }
                if !given_up.is_empty() {
                    self.of.given_up.ring();
                }
            }
            Err(JournalError::Closed) => {}
            Err(error) => {
                tracing::warn!(
                    %error,
                    messages = self.unwritten.tried.len(),
                    "cannot keep that messages were sent, trying again"
                );
                self.unwritten.failed = Some(now);
            }
        }
        metrics.unwritten(self.of.journal.unwritten());
    }

    /// The queue ends: what could not be written is sent once more after the next start.
    pub(super) fn forget(&mut self) {
        let forgotten = std::mem::take(&mut self.unwritten).tried;
        let stats = self.of.journal.stats();
        stats.take_unwritten(forgotten.len() as u64);
    }
}
