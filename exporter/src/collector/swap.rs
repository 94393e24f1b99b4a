//! Swap at the moment of the scrape, from `/proc/meminfo`, or from the cgroup of a container.

use super::{Collector, Gathered, Source};
use crate::deadline::Deadline;
use crate::family::Metric;
use crate::host::Host;

pub(super) const COLLECTOR: Collector = Collector::new("swap", "swap used", Source::Files(gather));

static USAGE: Metric = Metric::gauge(
    "prunelle_swap_usage_ratio",
    "Swap used divided by all of it; absent without swap (/proc/meminfo or cgroup).",
);
static USED: Metric = Metric::gauge(
    "prunelle_swap_used_bytes",
    "Swap that is used (/proc/meminfo: SwapTotal less SwapFree, or cgroup).",
);
static TOTAL: Metric = Metric::gauge(
    "prunelle_swap_total_bytes",
    "All swap, 0 without any (/proc/meminfo: SwapTotal, or cgroup).",
);

fn gather(host: &Host, _: &Deadline) -> Gathered {
    Ok(host.machine.swap()?.map(|swap| {
        let usage = swap.usage().map(|usage| USAGE.single(usage));
        let bytes = [USED.single(swap.used()), TOTAL.single(swap.total())];
        usage.into_iter().chain(bytes).collect()
    }))
}
