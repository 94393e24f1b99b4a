//! Bytes per second through each physical device over the sampling interval, from `/proc/1/net/dev`; which devices
//! are physical, from `/sys/class/net/*/device`.

use super::cpu::{known, newest};
use super::{Collector, Gathered, Source};
use crate::family::Metric;
use crate::host::Host;
use crate::overview::DeviceRates;

pub(super) const COLLECTOR: Collector = Collector::new(
    "network",
    "bytes per second through each physical device over the sampling interval",
    Source::Snapshot(gather),
);

static RECEIVE: Metric = Metric::gauge(
    "prunelle_network_receive_bytes_per_second",
    "Bytes received per second over MONITORING_INTERVAL (/proc/net/dev).",
);
static TRANSMIT: Metric = Metric::gauge(
    "prunelle_network_transmit_bytes_per_second",
    "Bytes sent per second over MONITORING_INTERVAL (/proc/net/dev).",
);

fn gather(host: &Host) -> Gathered {
    let sample = newest(host)?;
    let Some(devices) = known(&sample.network)? else {
        return Ok(None);
    };
    let family = |metric: &'static Metric, rate: fn(&DeviceRates) -> f64| {
        metric.family(
            devices
                .iter()
                .map(|it| (vec![("device", it.device.clone())], rate(it))),
        )
    };
    Ok(Some(vec![
        family(&RECEIVE, |it| it.receive),
        family(&TRANSMIT, |it| it.transmit),
    ]))
}
