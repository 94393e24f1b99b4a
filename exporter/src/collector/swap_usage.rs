//! Swap at the moment of the scrape, from `/proc/meminfo`, or from the cgroup of a container.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector =
    Collector::new("swap_usage", "swap used", METRICS, Place::Files, gather);

const METRICS: &[&Metric] = &[&USAGE, &USED, &TOTAL];

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

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    if let Some(swap) = scrape.host.machine.swap(scrape.files)? {
        if let Some(usage) = swap.usage() {
            scrape.out.single(&USAGE, usage);
        }
        scrape.out.single(&USED, swap.used());
        scrape.out.single(&TOTAL, swap.total());
    }
    Ok(())
}
