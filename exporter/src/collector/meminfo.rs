//! Every line of `/proc/meminfo`, in one pass from the file to the output.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::meminfo::{self, Amount};
use crate::roots::Malformed;

pub(super) const COLLECTOR: Collector = Collector::new(
    "meminfo",
    "memory, every key that the kernel has",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&BYTES, &COUNT];

static BYTES: Metric = Metric::gauge(
    "node_memory_*_bytes",
    "The size of that name, in bytes (/proc/meminfo).",
);
static COUNT: Metric = Metric::gauge(
    "node_memory_*",
    "The number of that name, of huge pages (/proc/meminfo).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let out = &mut *scrape.out;
    scrape.files.parse_procfs("meminfo", |content| {
        for item in meminfo::items(content) {
            let item = item?;
            let (pattern, value) = match item.amount {
                Amount::Bytes(bytes) => (&BYTES, bytes),
                Amount::Count(count) => (&COUNT, count),
            };
            out.named(pattern, &item.metric_key()).sample(&[], value);
        }
        if content.trim_ascii().is_empty() {
            return Err(Malformed::Missing("MemTotal"));
        }
        Ok(())
    })?;
    Ok(())
}
