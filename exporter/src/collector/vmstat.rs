//! What memory management counts, from `/proc/vmstat`: of some 180 items those that say whether memory is short.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::vmstat;
use crate::roots::Malformed;

pub(super) const COLLECTOR: Collector = Collector::new(
    "vmstat",
    "paging, swapping, page faults, OOM kills",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&FIELD];

static FIELD: Metric = Metric::untyped(
    "node_vmstat_*",
    "The field of that name, in the kernel's own unit (/proc/vmstat).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let fields = &scrape.host.options.vmstat_fields;
    let out = &mut *scrape.out;
    scrape.files.parse_procfs("vmstat", |content| {
        for item in vmstat::items(content, |name| fields.admits(name, is_told_by_default)) {
            let (name, value) = item?;
            out.named(&FIELD, name).sample(&[], value);
        }
        if content.trim_ascii().is_empty() {
            return Err(Malformed::Missing("nr_free_pages"));
        }
        Ok(())
    })?;
    Ok(())
}

/// What `node_exporter` tells by default.
fn is_told_by_default(field: &str) -> bool {
    let is_about_faults = |rest: &str| rest.contains("fault");
    field.starts_with("oom_kill")
        || field.starts_with("pgpg")
        || field.starts_with("pswp")
        || field.strip_prefix("pg").is_some_and(is_about_faults)
}
