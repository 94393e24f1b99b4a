//! The clock of the host, its time zone, and the hardware that the kernel takes the time from.

use std::sync::PoisonError;

use jiff::Timestamp;

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::{label, words};

pub(super) const COLLECTOR: Collector = Collector::new(
    "time",
    "time of day, time zone, clock source",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&SECONDS, &ZONE_OFFSET, &SOURCE_AVAILABLE, &SOURCE_CURRENT];

static SECONDS: Metric = Metric::gauge(
    "node_time_seconds",
    "The time on this host in seconds since 1970 (clock_gettime).",
);
static ZONE_OFFSET: Metric = Metric::gauge(
    "node_time_zone_offset_seconds",
    "How far local time is ahead of UTC (/etc/localtime).",
)
.labels(&["time_zone"]);
static SOURCE_AVAILABLE: Metric = Metric::gauge(
    "node_time_clocksource_available_info",
    "Always 1, for each clock source that can be had (/sys/devices/system/clocksource).",
)
.labels(&["device", "clocksource"]);
static SOURCE_CURRENT: Metric = Metric::gauge(
    "node_time_clocksource_current_info",
    "Always 1; the clock source in use is a label (/sys/devices/system/clocksource).",
)
.labels(&["device", "clocksource"]);

/// Linux has one device for clock sources.
const DEVICE: &str = "0";
const AVAILABLE: &str = "devices/system/clocksource/clocksource0/available_clocksource";
const CURRENT: &str = "devices/system/clocksource/clocksource0/current_clocksource";

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let now = scrape.host.clock.now().wall;
    let since_1970 = now.duration_since(Timestamp::UNIX_EPOCH);
    scrape.out.single(&SECONDS, since_1970.as_secs_f64());
    let local_zone = &scrape.host.remembered.local_zone;
    let mut local_zone = local_zone.lock().unwrap_or_else(PoisonError::into_inner);
    let zone = local_zone.zone(&scrape.host.roots.rootfs)?;
    let offset = zone.to_offset_info(now);
    let seconds = i64::from(offset.offset().seconds());
    scrape
        .out
        .family(&ZONE_OFFSET)
        .sample(&[offset.abbreviation()], seconds);
    for (file, metric) in [(AVAILABLE, &SOURCE_AVAILABLE), (CURRENT, &SOURCE_CURRENT)] {
        let mut sources = scrape.out.family(metric);
        for source in scrape.files.sysfs(file)?.into_iter().flat_map(words) {
            sources.sample(&[DEVICE, &label(source)], 1_u64);
        }
    }
    Ok(())
}
