//! The host's own thresholds, from its settings.

use super::{Collector, Gathered, Source};
use crate::family::{Labels, Metric};
use crate::host::Host;
use crate::thresholds::Levels;

pub(super) const COLLECTOR: Collector = Collector::new(
    "thresholds",
    "what is too much on this host, from its settings",
    Source::Snapshot(gather),
);

static RATIO: Metric = Metric::gauge(
    "prunelle_threshold_ratio",
    "Usage above which an alert of this severity fires (CPU_THRESHOLD and its like).",
);
static BYTES_PER_SECOND: Metric = Metric::gauge(
    "prunelle_threshold_bytes_per_second",
    "Traffic in one direction above which an alert of this severity fires (NETWORK_THRESHOLD).",
);

#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn gather(host: &Host) -> Gathered {
    let thresholds = &host.thresholds;
    let ratios = [
        ("cpu", thresholds.cpu),
        ("memory", thresholds.memory),
        ("disk", thresholds.disk),
    ];
    Ok(Some(vec![
        RATIO.family(
            ratios
                .into_iter()
                .flat_map(|(resource, levels)| samples(resource, levels)),
        ),
        BYTES_PER_SECOND.family(samples("network", thresholds.network)),
    ]))
}

fn samples(resource: &str, levels: Levels) -> impl Iterator<Item = (Labels, f64)> {
    let severities = [
        ("warning", Some(levels.warning)),
        ("critical", levels.critical),
    ];
    severities.into_iter().filter_map(move |(severity, level)| {
        let labels = vec![
            ("resource", resource.to_owned()),
            ("severity", severity.to_owned()),
        ];
        Some((labels, level?))
    })
}
