//! Metrics of telling people: messages by way and result, what was given up and held back by reason, what waits.

use std::sync::atomic::AtomicU64;

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::notify::message::HeldWhy;
use crate::notify::outbox::{Depth, GivenUp, Unwritten};
use crate::policy::Integration;

type Label = [(&'static str, &'static str); 1];
type Labels = [(&'static str, &'static str); 2];

/// The families; clones share their values.
#[derive(Clone, Debug, Default)]
pub(super) struct Telling {
    tries: Family<Labels, Counter>,
    given_up: Family<Labels, Counter>,
    held: Family<Label, Counter>,
    waiting: Gauge,
    unwritten: Gauge,
    stalled: Gauge,
    /// Absent while nothing waits.
    oldest: Family<[(&'static str, &'static str); 0], Gauge<f64, AtomicU64>>,
}

const RESULTS: [&str; 2] = ["sent", "failed"];

impl Telling {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let metrics = Self::default();
        registry.register(
            "messages",
            "Tries to send a message, by integration and result; one that failed may be tried again",
            metrics.tries.clone(),
        );
        registry.register(
            "messages_given_up",
            "Messages that are not sent any more, by integration and reason",
            metrics.given_up.clone(),
        );
        registry.register(
            "messages_held",
            "News that were held back for a digest, by reason",
            metrics.held.clone(),
        );
        registry.register(
            "outbox_waiting",
            "Messages that wait to be sent",
            metrics.waiting.clone(),
        );
        registry.register(
            "outbox_oldest_timestamp_seconds",
            "Since when the oldest message waits to be sent; absent while none does",
            metrics.oldest.clone(),
        );
        registry.register(
            "outbox_unwritten",
            "Messages that were tried while the journal cannot be written: what came of them is written later",
            metrics.unwritten.clone(),
        );
        registry.register(
            "telling_stalled",
            "1 while what people are to be told cannot be written to the journal; it is told when it can",
            metrics.stalled.clone(),
        );
        metrics.create_series();
        metrics
    }

    fn create_series(&self) {
        for integration in Integration::KINDS {
            for result in RESULTS {
                let labels = [("integration", integration), ("result", result)];
                drop(self.tries.get_or_create(&labels));
            }
            for reason in GivenUp::ALL {
                let labels = [("integration", integration), ("reason", reason.as_str())];
                drop(self.given_up.get_or_create(&labels));
            }
        }
        for why in HeldWhy::ALL {
            drop(self.held.get_or_create(&[("reason", why.as_str())]));
        }
    }
}

impl Metrics {
    /// Counts a message that was sent.
    pub fn message_sent(&self, integration: &'static str) {
        self.try_to_send(integration, "sent");
    }

    /// Counts a try that failed.
    pub fn message_failed(&self, integration: &'static str) {
        self.try_to_send(integration, "failed");
    }

    fn try_to_send(&self, integration: &'static str, result: &'static str) {
        self.telling
            .tries
            .get_or_create(&[("integration", integration), ("result", result)])
            .inc();
    }

    /// Counts messages that are not sent any more. What another version called an integration is not counted.
    pub fn messages_given_up(&self, integration: &str, reason: GivenUp, count: u64) {
        let known = Integration::KINDS
            .into_iter()
            .find(|known| *known == integration);
        if let Some(integration) = known {
            self.telling
                .given_up
                .get_or_create(&[("integration", integration), ("reason", reason.as_str())])
                .inc_by(count);
        }
    }

    /// Counts news that were held back.
    pub fn messages_held(&self, why: HeldWhy, count: u64) {
        self.telling
            .held
            .get_or_create(&[("reason", why.as_str())])
            .inc_by(count);
    }

    /// Sets what of telling people could not be written.
    pub fn unwritten(&self, unwritten: Unwritten) {
        let deliveries = i64::try_from(unwritten.deliveries).unwrap_or(i64::MAX);
        self.telling.unwritten.set(deliveries);
        self.telling.stalled.set(i64::from(unwritten.is_stalled));
    }

    /// Sets how much waits to be sent.
    pub fn outbox(&self, depth: Depth) {
        let telling = &self.telling;
        telling
            .waiting
            .set(i64::try_from(depth.waiting).unwrap_or(i64::MAX));
        match depth.oldest {
            Some(oldest) => {
                let seconds = oldest.as_duration().as_secs_f64();
                telling.oldest.get_or_create(&[]).set(seconds);
            }
            None => telling.oldest.clear(),
        }
    }
}
