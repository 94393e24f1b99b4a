//! Metrics of what waits to be sent, by receiver and integration. Receivers are those of the policy in force, so they are
//! told anew at each scrape, and one that is gone is gone.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use super::Metrics;
use crate::notify::gauging::QueueDepth;

/// The newest figures; none before the first reading. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Queues(Arc<Mutex<Arc<Vec<QueueDepth>>>>);

impl Queues {
    pub(super) fn register(registry: &mut Registry) -> Self {
        let queues = Self::default();
        registry.register_collector(Box::new(queues.clone()));
        queues
    }
}

impl Collector for Queues {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let queues = Arc::clone(&self.0.lock().unwrap_or_else(PoisonError::into_inner));
        let mut waiting = encoder.encode_descriptor(
            "queue_waiting",
            "Messages that wait to be sent, by receiver and integration",
            None,
            MetricType::Gauge,
        )?;
        for queue in queues.iter() {
            let count = i64::try_from(queue.waiting).unwrap_or(i64::MAX);
            ConstGauge::new(count).encode(waiting.encode_family(&labels(queue))?)?;
        }
        let mut oldest = encoder.encode_descriptor(
            "queue_oldest_timestamp_seconds",
            "Since when the oldest message waits to be sent, by receiver and integration; absent while none does",
            None,
            MetricType::Gauge,
        )?;
        for queue in queues.iter() {
            if let Some(since) = queue.oldest {
                let seconds = since.as_duration().as_secs_f64();
                ConstGauge::new(seconds).encode(oldest.encode_family(&labels(queue))?)?;
            }
        }
        Ok(())
    }
}

fn labels(queue: &QueueDepth) -> [(&'static str, &str); 2] {
    [
        ("receiver", queue.key.0.as_str()),
        ("integration", queue.key.1),
    ]
}

impl Metrics {
    /// Sets what waits in each queue.
    pub fn queues(&self, depths: Vec<QueueDepth>) {
        let mut newest = self.queues.0.lock().unwrap_or_else(PoisonError::into_inner);
        *newest = Arc::new(depths);
    }
}
