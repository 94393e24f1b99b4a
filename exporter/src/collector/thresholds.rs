//! The host's own thresholds, from its settings.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::output::Samples;
use crate::thresholds::Levels;

pub(super) const COLLECTOR: Collector = Collector::new(
    "thresholds",
    "what is too much on this host, from its settings",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[&RATIO, &BYTES_PER_SECOND];

static RATIO: Metric = Metric::gauge(
    "prunelle_threshold_ratio",
    "Usage above which an alert of this severity fires (CPU_THRESHOLD and its like).",
)
.labels(&["resource", "severity"]);
static BYTES_PER_SECOND: Metric = Metric::gauge(
    "prunelle_threshold_bytes_per_second",
    "Traffic in one direction above which an alert of this severity fires (NETWORK_THRESHOLD).",
)
.labels(&["resource", "severity"]);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let thresholds = &scrape.host.thresholds;
    let mut ratios = scrape.out.family(&RATIO);
    write(&mut ratios, "cpu", thresholds.cpu);
    write(&mut ratios, "memory", thresholds.memory);
    write(&mut ratios, "disk", thresholds.disk);
    write(
        &mut scrape.out.family(&BYTES_PER_SECOND),
        "network",
        thresholds.network,
    );
    Ok(())
}

fn write(family: &mut Samples<'_>, resource: &str, levels: Levels) {
    family.sample(&[resource, "warning"], levels.warning);
    if let Some(critical) = levels.critical {
        family.sample(&[resource, "critical"], critical);
    }
}
