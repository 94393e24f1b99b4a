//! Bytes per second through each physical device over the sampling interval, from `/proc/1/net/dev`; which devices
//! are physical, from `/sys/class/net/*/device`.

use super::cpu_usage::{known, newest};
use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::overview::DeviceRates;

pub(super) const COLLECTOR: Collector = Collector::new(
    "network_usage",
    "bytes per second through each physical device over the sampling interval",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[&RECEIVE, &TRANSMIT];

static RECEIVE: Metric = Metric::gauge(
    "prunelle_network_receive_bytes_per_second",
    "Bytes received per second over MONITORING_INTERVAL (/proc/net/dev).",
)
.labels(&["device"]);
static TRANSMIT: Metric = Metric::gauge(
    "prunelle_network_transmit_bytes_per_second",
    "Bytes sent per second over MONITORING_INTERVAL (/proc/net/dev).",
)
.labels(&["device"]);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let sample = newest(scrape.host)?;
    let Some(devices) = known(&sample.network)? else {
        return Ok(());
    };
    let mut family = |metric: &'static Metric, rate: fn(&DeviceRates) -> f64| {
        let mut family = scrape.out.family(metric);
        for device in devices {
            family.sample(&[&device.device], rate(device));
        }
    };
    family(&RECEIVE, |device| device.receive);
    family(&TRANSMIT, |device| device.transmit);
    Ok(())
}
