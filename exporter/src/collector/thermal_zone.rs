//! Temperatures of thermal zones and states of cooling devices, from `/sys/class/thermal`.

use std::sync::PoisonError;

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector::new(
    "thermal_zone",
    "temperatures and cooling devices",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&TEMPERATURE, &STATE, &MAX_STATE];

static TEMPERATURE: Metric = Metric::gauge(
    "node_thermal_zone_temp",
    "Temperature in degrees Celsius (/sys/class/thermal/thermal_zone*/temp).",
)
.labels(&["zone", "type"]);
static STATE: Metric = Metric::gauge(
    "node_cooling_device_cur_state",
    "How much the device cools (/sys/class/thermal/cooling_device*/cur_state).",
)
.labels(&["name", "type"]);
static MAX_STATE: Metric = Metric::gauge(
    "node_cooling_device_max_state",
    "The most that the device can cool (/sys/class/thermal/cooling_device*/max_state).",
)
.labels(&["name", "type"]);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let thermal = &scrape.host.remembered.thermal;
    let mut thermal = thermal.lock().unwrap_or_else(PoisonError::into_inner);
    thermal.follow(&scrape.host.roots.sysfs)?;
    let mut temperatures = scrape.out.family(&TEMPERATURE);
    for zone in &mut thermal.zones {
        if let Some(temperature) = zone.temperature()? {
            temperatures.sample(&[&zone.name, &zone.kind], degrees(temperature));
        }
    }
    let mut states = scrape.out.family(&STATE);
    let mut max_states = Vec::with_capacity(thermal.cooling_devices.len());
    for device in &mut thermal.cooling_devices {
        if let Some((state, max_state)) = device.states()? {
            states.sample(&[&device.name, &device.kind], state);
            max_states.push((&device.name, &device.kind, max_state));
        }
    }
    let mut family = scrape.out.family(&MAX_STATE);
    for (name, kind, max_state) in max_states {
        family.sample(&[name, kind], max_state);
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "no temperature has 16 digits")]
fn degrees(thousandths: i64) -> f64 {
    thousandths as f64 / 1e3
}
