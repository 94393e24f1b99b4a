//! `<prefix>_build_info{version}`: which version runs.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

/// Adds `<prefix>_build_info{version="…"} 1` to a registry.
pub fn register(registry: &mut Registry, prefix: &str, version: &'static str) {
    let info = Family::<[(&'static str, &'static str); 1], Gauge>::default();
    info.get_or_create(&[("version", version)]).set(1);
    registry.register(
        format!("{prefix}_build_info"),
        "Always 1; the version that runs is a label",
        info,
    );
}
