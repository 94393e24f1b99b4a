//! How the healer is served, from the status of its web configuration; nothing of this exists without one.

use std::fmt;

use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric as _};
use prometheus_client::metrics::MetricType;
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::Registry;
use prunelle_foundation::web_config::WebStatus;

/// Adds the metrics; `status` is asked at each scrape.
pub fn register(registry: &mut Registry, status: impl Fn() -> WebStatus + Send + Sync + 'static) {
    let registry = registry.sub_registry_with_prefix("prunelle_healer");
    registry.register_collector(Box::new(Web(status)));
}

struct Web<F>(F);

impl<F> fmt::Debug for Web<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Web")
    }
}

impl<F: Fn() -> WebStatus + Send + Sync + 'static> Collector for Web<F> {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let web = (self.0)();
        let mut gauge = |name: &str, help: &str, value: f64| {
            let metric = encoder.encode_descriptor(name, help, None, MetricType::Gauge)?;
            ConstGauge::new(value).encode(metric)
        };
        gauge(
            "web_config_last_reload_successful",
            "1 when the last reading of a changed web configuration succeeded, else older settings are in force",
            f64::from(u8::from(web.is_last_reload_successful)),
        )?;
        gauge(
            "web_config_last_reload_success_timestamp_seconds",
            "When the web configuration in force was read, since 1970",
            web.last_success.as_duration().as_secs_f64(),
        )?;
        if let Some(not_after) = web.certificate_not_after {
            gauge(
                "web_tls_certificate_not_after_timestamp_seconds",
                "When the first certificate of the healer's chain expires, since 1970; absent without TLS",
                not_after.as_duration().as_secs_f64(),
            )?;
            let failures = encoder.encode_descriptor(
                "web_tls_handshake_failures",
                "TLS handshakes that came to nothing: wrong client certificates, old versions, silence",
                None,
                MetricType::Counter,
            )?;
            ConstCounter::new(web.failed_handshakes).encode(failures)?;
        }
        let mut refused = encoder.encode_descriptor(
            "web_requests_refused",
            "Requests that the web configuration refused, by reason",
            None,
            MetricType::Counter,
        )?;
        for (reason, count) in web.refused {
            ConstCounter::new(count).encode(refused.encode_family(&[("reason", reason)])?)?;
        }
        Ok(())
    }
}
