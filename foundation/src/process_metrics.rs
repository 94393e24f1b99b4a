//! The `process_*` metrics that every Prometheus client library has, about this very process.
//!
//! Read from `/proc/self` at each scrape, never from a host's root that is mounted elsewhere. What cannot be read is
//! left out. Registered by both programs.

mod proc_self;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;

use proc_self::ProcSelf;

/// Adds the metrics to a registry.
pub fn register(registry: &mut Registry) {
    registry.register_collector(Box::new(ProcessCollector));
}

#[derive(Debug)]
struct ProcessCollector;

impl Collector for ProcessCollector {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> Result<(), std::fmt::Error> {
        let process = ProcSelf::read();
        let mut put = |name: &str, help: &str, metric: Option<&dyn Erased>| match metric {
            Some(metric) => metric.encode(&mut encoder, name, help),
            None => Ok(()),
        };
        put(
            "process_cpu_seconds",
            "User and system CPU time (/proc/self/stat).",
            process
                .cpu_seconds
                .map(ConstCounter::new)
                .as_ref()
                .map(erase),
        )?;
        put(
            "process_resident_memory_bytes",
            "Resident memory (/proc/self/stat).",
            process
                .resident_bytes
                .map(ConstGauge::new)
                .as_ref()
                .map(erase),
        )?;
        put(
            "process_virtual_memory_bytes",
            "Virtual memory (/proc/self/stat).",
            process
                .virtual_bytes
                .map(ConstGauge::new)
                .as_ref()
                .map(erase),
        )?;
        put(
            "process_threads",
            "Threads (/proc/self/stat).",
            process.threads.map(ConstGauge::new).as_ref().map(erase),
        )?;
        put(
            "process_start_time_seconds",
            "Start time since the Unix epoch (/proc/self/stat and btime of /proc/stat).",
            process
                .start_time_seconds
                .map(ConstGauge::new)
                .as_ref()
                .map(erase),
        )?;
        put(
            "process_open_fds",
            "Open file descriptors (/proc/self/fd).",
            process.open_fds.map(ConstGauge::new).as_ref().map(erase),
        )?;
        put(
            "process_max_fds",
            "Soft limit on open file descriptors (getrlimit).",
            process.max_fds.map(ConstGauge::new).as_ref().map(erase),
        )
    }
}

/// Counters and gauges of any number in one list.
trait Erased {
    fn encode(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
    ) -> Result<(), std::fmt::Error>;
}

impl<M: EncodeMetric> Erased for M {
    fn encode(
        &self,
        encoder: &mut DescriptorEncoder<'_>,
        name: &str,
        help: &str,
    ) -> Result<(), std::fmt::Error> {
        let metric = encoder.encode_descriptor(name, help, None, self.metric_type())?;
        EncodeMetric::encode(self, metric)
    }
}

fn erase<M: Erased>(metric: &M) -> &dyn Erased {
    metric
}

#[cfg(test)]
mod tests;
