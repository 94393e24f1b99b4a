//! What goes with the figures: which unit a watched name stands for, how many units a glob matches, and the exporter
//! itself, whose version and process metrics are added where the scrape is put together.

use super::services::trusted;
use super::{Collector, Gathered, Source};
use crate::family::Metric;
use crate::host::Host;

pub(super) const COLLECTOR: Collector = Collector {
    has_process_metrics: true,
    ..Collector::new(
        "info",
        "units behind watched names and globs; this exporter's version and process",
        Source::Snapshot(gather),
    )
};

static SERVICE: Metric = Metric::gauge(
    "prunelle_service_info",
    "Always 1; the unit that a watched name stands for is a label (D-Bus: Id).",
);
static GLOB_MATCHES: Metric = Metric::gauge(
    "prunelle_service_glob_matches",
    "How many units a glob of MONITORED_SERVICES matches (D-Bus signals of systemd).",
);

/// Says nothing about units while the table cannot be trusted; that this is so is for `services` to say.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn gather(host: &Host) -> Gathered {
    let Some(Ok(table)) = host.units.as_ref().map(|units| trusted(host, units)) else {
        return Ok(None);
    };
    Ok(Some(vec![
        SERVICE.family(table.units.iter().map(|(name, state)| {
            let labels = vec![
                ("name", name.as_str().to_owned()),
                ("id", state.id.as_str().to_owned()),
            ];
            (labels, true)
        })),
        GLOB_MATCHES.family(table.glob_matches.iter().map(|(glob, matches)| {
            (
                vec![("glob", glob.clone())],
                u64::try_from(*matches).unwrap_or(u64::MAX),
            )
        })),
    ]))
}
