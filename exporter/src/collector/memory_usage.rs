//! Memory at the moment of the scrape, from `/proc/meminfo`, or from the cgroup of a container.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector::new(
    "memory_usage",
    "memory used and available",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&USAGE, &USED, &AVAILABLE, &TOTAL];

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

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    if let Some(memory) = scrape.host.machine.memory(scrape.files)? {
        scrape.out.single(&USAGE, memory.usage());
        scrape.out.single(&USED, memory.used());
        scrape.out.single(&AVAILABLE, memory.available());
        scrape.out.single(&TOTAL, memory.total());
    }
    Ok(())
}
