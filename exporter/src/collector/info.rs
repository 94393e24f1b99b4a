//! What goes with the figures: which unit a watched name stands for, how many units a glob matches, and the exporter
//! itself, whose version and process metrics are added where the scrape is put together.

use super::services::trusted;
use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector {
    has_process_metrics: true,
    ..Collector::new(
        "info",
        "units behind watched names and globs; this exporter's version and process",
        METRICS,
        Place::Snapshot,
        gather,
    )
};

const METRICS: &[&Metric] = &[&SERVICE, &GLOB_MATCHES];

static SERVICE: Metric = Metric::gauge(
    "prunelle_service_info",
    "Always 1; the unit that a watched name stands for is a label (D-Bus: Id).",
)
.labels(&["name", "id"]);
static GLOB_MATCHES: Metric = Metric::gauge(
    "prunelle_service_glob_matches",
    "How many units a glob of MONITORED_SERVICES matches (D-Bus signals of systemd).",
)
.labels(&["glob"]);

/// Says nothing about units while the table cannot be trusted; that this is so is for `services` to say.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    let Some(Ok(table)) = host.units.as_ref().map(|units| trusted(host, units)) else {
        return Ok(());
    };
    let mut services = scrape.out.family(&SERVICE);
    for (name, state) in &table.units {
        services.sample(&[name.as_str(), state.id.as_str()], true);
    }
    let mut globs = scrape.out.family(&GLOB_MATCHES);
    for (glob, matches) in &table.glob_matches {
        globs.sample(&[glob], u64::try_from(*matches).unwrap_or(u64::MAX));
    }
    Ok(())
}
