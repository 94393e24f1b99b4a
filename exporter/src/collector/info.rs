//! What goes with the figures: which unit a watched name stands for, how many units a glob matches, and the exporter
//! itself: how it is served, and its version and process metrics, which are added where the scrape is put together.

use prunelle_foundation::web_config::WebStatus;

use super::services::trusted;
use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::output::Output;

pub(super) const COLLECTOR: Collector = Collector {
    has_process_metrics: true,
    ..Collector::new(
        "info",
        "units behind watched names and globs; this exporter's version, process and web configuration",
        METRICS,
        Place::Snapshot,
        gather,
    )
};

const METRICS: &[&Metric] = &[
    &SERVICE,
    &GLOB_MATCHES,
    &RELOAD_SUCCESSFUL,
    &RELOAD_SUCCESS_TIMESTAMP,
    &CERTIFICATE_NOT_AFTER,
    &HANDSHAKE_FAILURES,
    &REQUESTS_REFUSED,
    &SETTINGS_RELOAD_SUCCESSFUL,
    &SETTINGS_RELOAD_TIME,
];

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

static RELOAD_SUCCESSFUL: Metric = Metric::gauge(
    "prunelle_exporter_web_config_last_reload_successful",
    "1 when the last reading of a changed web configuration succeeded, else older settings are in force; absent without one.",
);
static RELOAD_SUCCESS_TIMESTAMP: Metric = Metric::gauge(
    "prunelle_exporter_web_config_last_reload_success_timestamp_seconds",
    "When the web configuration in force was read, since 1970.",
);
static CERTIFICATE_NOT_AFTER: Metric = Metric::gauge(
    "prunelle_exporter_web_tls_certificate_not_after_timestamp_seconds",
    "When the first certificate of this exporter's chain expires, since 1970; absent without TLS.",
);
static HANDSHAKE_FAILURES: Metric = Metric::counter(
    "prunelle_exporter_web_tls_handshake_failures_total",
    "TLS handshakes that came to nothing: wrong client certificates, old versions, silence.",
);
static REQUESTS_REFUSED: Metric = Metric::counter(
    "prunelle_exporter_web_requests_refused_total",
    "Requests that the web configuration refused: credentials (401), rate (429), busy (503).",
)
.labels(&["reason"]);
static SETTINGS_RELOAD_SUCCESSFUL: Metric = Metric::gauge(
    "prunelle_exporter_config_last_reload_successful",
    "Whether the last reload of the settings succeeded; after a failure the old ones are in force.",
);
static SETTINGS_RELOAD_TIME: Metric = Metric::gauge(
    "prunelle_exporter_config_last_reload_success_timestamp_seconds",
    "When the settings in force were read, since 1970.",
);

fn write_web(out: &mut Output, web: &WebStatus) {
    out.single(&RELOAD_SUCCESSFUL, web.is_last_reload_successful);
    let read = web.last_success.as_duration().as_secs_f64();
    out.single(&RELOAD_SUCCESS_TIMESTAMP, read);
    if let Some(not_after) = web.certificate_not_after {
        out.single(&CERTIFICATE_NOT_AFTER, not_after.as_second());
        out.single(&HANDSHAKE_FAILURES, web.failed_handshakes);
    }
    let mut refused = out.family(&REQUESTS_REFUSED);
    for (reason, count) in web.refused {
        refused.sample(&[reason], count);
    }
}

/// Says nothing about units while the table cannot be trusted; that this is so is for `services` to say.
#[expect(clippy::unnecessary_wraps, reason = "the signature of all collectors")]
fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    if let Some(web) = &host.web_config {
        write_web(scrape.out, &web.status());
    }
    let reload = *host.reload.borrow();
    scrape
        .out
        .single(&SETTINGS_RELOAD_SUCCESSFUL, reload.is_successful);
    let read = reload.succeeded_at.as_duration().as_secs_f64();
    scrape.out.single(&SETTINGS_RELOAD_TIME, read);
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
