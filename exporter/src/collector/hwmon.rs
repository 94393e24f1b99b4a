//! Temperatures, voltages, fans and the like, from `/sys/class/hwmon`. Off by default: some drivers take long to answer.

use std::collections::BTreeMap;

use super::{Collector, Gathered, Place, Scrape};
use crate::hwmon::{self, Chip, Sensor};
use crate::metric::Metric;
use crate::sysfs::hwmon::{Unit, clean, unit};

pub(super) const COLLECTOR: Collector = Collector {
    is_on_by_default: false,
    ..Collector::new(
        "hwmon",
        "temperatures, voltages, fans",
        METRICS,
        Place::OwnThread,
        gather,
    )
};

const METRICS: &[&Metric] = &[
    &CHIP_NAMES,
    &SENSOR_LABEL,
    &BEEP_ENABLED,
    &REGULATOR_VERSION,
    &UPDATE_INTERVAL,
    &PLAIN,
    &ENABLED,
    &VOLTS,
    &CELSIUS,
    &AMPERES,
    &JOULES,
    &WATTS,
    &SECONDS,
    &RPM,
    &MEGAHERTZ,
];

const SENSOR: &[&str] = &["chip", "sensor"];

static CHIP_NAMES: Metric = Metric::gauge(
    "node_hwmon_chip_names",
    "Always 1; what the driver calls the chip is a label (/sys/class/hwmon/*/name).",
)
.labels(&["chip", "chip_name"]);
static SENSOR_LABEL: Metric = Metric::gauge(
    "node_hwmon_sensor_label",
    "Always 1; what the sensor is about is a label (/sys/class/hwmon/*/*_label).",
)
.labels(&["chip", "sensor", "label"]);
static BEEP_ENABLED: Metric = Metric::gauge(
    "node_hwmon_beep_enabled",
    "Whether the chip may beep at all (/sys/class/hwmon/*/beep_enable).",
)
.labels(SENSOR);
static REGULATOR_VERSION: Metric = Metric::gauge(
    "node_hwmon_voltage_regulator_version",
    "Version of the voltage regulator (/sys/class/hwmon/*/vrm).",
)
.labels(SENSOR);
static UPDATE_INTERVAL: Metric = Metric::gauge(
    "node_hwmon_update_interval_seconds",
    "How often the chip measures (/sys/class/hwmon/*/update_interval).",
)
.labels(SENSOR);
static PLAIN: Metric = Metric::gauge(
    "node_hwmon_*",
    "The property of that name, as the kernel has it or as a ratio (/sys/class/hwmon/*/*).",
)
.labels(SENSOR);
static ENABLED: Metric = Metric::gauge(
    "node_hwmon_*_enabled",
    "Whether the sensor may beep (/sys/class/hwmon/*/*_beep).",
)
.labels(SENSOR);
static VOLTS: Metric = Metric::gauge(
    "node_hwmon_*_volts",
    "The voltage of that name (/sys/class/hwmon/*/in*).",
)
.labels(SENSOR);
static CELSIUS: Metric = Metric::gauge(
    "node_hwmon_*_celsius",
    "The temperature of that name (/sys/class/hwmon/*/temp*).",
)
.labels(SENSOR);
static AMPERES: Metric = Metric::gauge(
    "node_hwmon_*_amps",
    "The current of that name (/sys/class/hwmon/*/curr*).",
)
.labels(SENSOR);
static JOULES: Metric = Metric::counter(
    "node_hwmon_*_joule_total",
    "Energy used so far (/sys/class/hwmon/*/energy*).",
)
.labels(SENSOR);
static WATTS: Metric = Metric::gauge(
    "node_hwmon_*_watt",
    "The power of that name (/sys/class/hwmon/*/power*).",
)
.labels(SENSOR);
static SECONDS: Metric = Metric::gauge(
    "node_hwmon_*_seconds",
    "Over how long the power is averaged (/sys/class/hwmon/*/power*_average_interval*).",
)
.labels(SENSOR);
static RPM: Metric = Metric::gauge(
    "node_hwmon_*_rpm",
    "Speed of the fan, in revolutions per minute (/sys/class/hwmon/*/fan*).",
)
.labels(SENSOR);
static MEGAHERTZ: Metric = Metric::gauge(
    "node_hwmon_*_freq_mhz",
    "Frequency of a GPU (/sys/class/hwmon/*/freq*_input).",
)
.labels(SENSOR);

/// All samples of one name; families are written in one go.
type Families<'a> = BTreeMap<(Unit, String), Vec<(&'a str, String, f64)>>;

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let filter = &scrape.host.options.hwmon_chips;
    let chips = hwmon::chips(&scrape.host.roots.sysfs, |name| {
        filter.admits(name, |_| true)
    })?;
    let mut names = scrape.out.family(&CHIP_NAMES);
    for chip in &chips {
        if let Some(driver_name) = &chip.driver_name {
            names.sample(&[&chip.name, driver_name], 1_u64);
        }
    }
    let mut labels = scrape.out.family(&SENSOR_LABEL);
    for (chip, name, sensor) in sensors(&chips) {
        if let Some(label) = sensor.properties.get("label") {
            labels.sample(&[chip, name, label], 1_u64);
        }
    }
    let mut beeps = scrape.out.family(&BEEP_ENABLED);
    for (chip, name, sensor) in of_kind(&chips, "beep_enable") {
        if let Some(value) = number(sensor, "") {
            beeps.sample(&[chip, name], value > 0.0);
        }
    }
    let mut versions = scrape.out.family(&REGULATOR_VERSION);
    for (chip, name, sensor) in of_kind(&chips, "vrm") {
        if let Some(value) = number(sensor, "") {
            versions.sample(&[chip, name], value);
        }
    }
    let mut intervals = scrape.out.family(&UPDATE_INTERVAL);
    for (chip, name, sensor) in of_kind(&chips, "update_interval") {
        if let Some(value) = number(sensor, "") {
            intervals.sample(&[chip, name], Unit::Seconds.convert(value));
        }
    }
    for ((unit, middle), samples) in families(&chips) {
        let mut family = scrape.out.named(metric(unit), &middle);
        for (chip, sensor, value) in samples {
            family.sample(&[chip, &sensor], value);
        }
    }
    Ok(())
}

/// What has no metric of its own.
fn families(chips: &[Chip]) -> Families<'_> {
    let mut families = Families::new();
    for (chip, name, sensor) in sensors(chips) {
        if ["beep_enable", "vrm", "update_interval"].contains(&sensor.kind) {
            continue;
        }
        for property in sensor.properties.keys().filter(|it| *it != "label") {
            let Some(value) = number(sensor, property) else {
                continue;
            };
            let unit = unit(sensor.kind, property);
            let name = match (unit, sensor.properties.get("label")) {
                (Unit::Megahertz, Some(label)) => clean(label),
                (Unit::Megahertz, None) => continue,
                _ => name.to_owned(),
            };
            let samples = families
                .entry((unit, middle(sensor, property)))
                .or_default();
            samples.push((chip, name, unit.convert(value)));
        }
    }
    families
}

/// `temp_crit` for the property `crit` of `temp1`; `input` is the sensor's value itself.
fn middle(sensor: &Sensor, property: &str) -> String {
    match property {
        "" => sensor.kind.to_owned(),
        "input" if !sensor.properties.contains_key("") => sensor.kind.to_owned(),
        property => format!("{}_{}", sensor.kind, clean(property)),
    }
}

fn metric(unit: Unit) -> &'static Metric {
    match unit {
        Unit::Plain | Unit::Ratio => &PLAIN,
        Unit::Enabled => &ENABLED,
        Unit::Volts => &VOLTS,
        Unit::Celsius => &CELSIUS,
        Unit::Amperes => &AMPERES,
        Unit::Joules => &JOULES,
        Unit::Watts => &WATTS,
        Unit::Seconds => &SECONDS,
        Unit::Rpm => &RPM,
        Unit::Megahertz => &MEGAHERTZ,
    }
}

/// Each sensor with the names of its chip and of itself.
fn sensors(chips: &[Chip]) -> impl Iterator<Item = (&str, &str, &Sensor)> {
    chips.iter().flat_map(|chip| {
        let sensors = chip.sensors.iter();
        sensors.map(|(name, sensor)| (chip.name.as_str(), name.as_str(), sensor))
    })
}

fn of_kind<'a>(
    chips: &'a [Chip],
    kind: &str,
) -> impl Iterator<Item = (&'a str, &'a str, &'a Sensor)> {
    sensors(chips).filter(move |(_, _, sensor)| sensor.kind == kind)
}

/// A property as a number; some are words.
fn number(sensor: &Sensor, property: &str) -> Option<f64> {
    let value: f64 = sensor.properties.get(property)?.parse().ok()?;
    value.is_finite().then_some(value)
}
