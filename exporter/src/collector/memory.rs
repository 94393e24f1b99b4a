//! Memory at the moment of the scrape, from `/proc/meminfo`, or from the cgroup of a container.

use super::{Collector, Gathered, Source};
use crate::deadline::Deadline;
use crate::family::Metric;
use crate::host::Host;

pub(super) const COLLECTOR: Collector =
    Collector::new("memory", "memory used and available", Source::Files(gather));

static USAGE: Metric = Metric::gauge(
    "prunelle_memory_usage_ratio",
    "Memory used divided by all of it, or by the container's limit (/proc/meminfo or cgroup).",
);
static USED: Metric = Metric::gauge(
    "prunelle_memory_used_bytes",
    "Memory that is not available (/proc/meminfo: MemTotal less MemAvailable, or cgroup).",
);
static AVAILABLE: Metric = Metric::gauge(
    "prunelle_memory_available_bytes",
    "Memory that programs can have without swapping (/proc/meminfo: MemAvailable, or cgroup).",
);
static TOTAL: Metric = Metric::gauge(
    "prunelle_memory_total_bytes",
    "All memory, or the container's limit (/proc/meminfo: MemTotal, or cgroup).",
);

fn gather(host: &Host, _: &Deadline) -> Gathered {
    Ok(host.machine.memory()?.map(|memory| {
        vec![
            USAGE.single(memory.usage()),
            USED.single(memory.used()),
            AVAILABLE.single(memory.available()),
            TOTAL.single(memory.total()),
        ]
    }))
}
