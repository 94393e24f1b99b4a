//! CPU time of each CPU by mode from `/proc/stat`, never going backwards ([`crate::cpu_times`]), and what
//! `/sys/devices/system/cpu` says about the CPUs: throttled, isolated, online.

use std::sync::PoisonError;

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::stat::MODES;
use crate::sysfs::cpu_list;

pub(super) const COLLECTOR: Collector = Collector::new(
    "cpu",
    "time of each CPU by mode",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &SECONDS,
    &GUEST_SECONDS,
    &ISOLATED,
    &ONLINE,
    &CORE_THROTTLES,
    &PACKAGE_THROTTLES,
];

static SECONDS: Metric = Metric::counter(
    "node_cpu_seconds_total",
    "Time that the CPU spent in each mode (/proc/stat).",
)
.labels(&["cpu", "mode"]);
static GUEST_SECONDS: Metric = Metric::counter(
    "node_cpu_guest_seconds_total",
    "Time that the CPU spent in virtual machines, which is also counted as user or nice (/proc/stat).",
)
.labels(&["cpu", "mode"]);
static ISOLATED: Metric = Metric::gauge(
    "node_cpu_isolated",
    "Always 1, for each CPU that the scheduler leaves alone (/sys/devices/system/cpu/isolated).",
)
.labels(&["cpu"]);
static ONLINE: Metric = Metric::gauge(
    "node_cpu_online",
    "Whether the CPU is online; absent where the first one cannot be taken offline (/sys/devices/system/cpu/online).",
)
.labels(&["cpu"]);
static CORE_THROTTLES: Metric = Metric::counter(
    "node_cpu_core_throttles_total",
    "How often the core was slowed down because of heat (/sys/devices/system/cpu/cpu*/thermal_throttle).",
)
.labels(&["package", "core"]);
static PACKAGE_THROTTLES: Metric = Metric::counter(
    "node_cpu_package_throttles_total",
    "How often the package was slowed down because of heat (/sys/devices/system/cpu/cpu*/thermal_throttle).",
)
.labels(&["package"]);

/// How many of the modes make up all of the time; guest time, which follows, is part of it.
const MODES_OF_TOTAL: usize = 8;
/// What guest time is part of.
const GUEST_MODES: [&str; 2] = ["user", "nice"];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let remembered = &scrape.host.remembered;
    let mut times = remembered
        .cpu_times
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    let update = scrape
        .files
        .parse_procfs("stat", |content| times.update(content))?;
    if update.is_some() {
        let mut seconds = scrape.out.family(&SECONDS);
        for cpu in times.cpus() {
            for (mode, value) in MODES.iter().zip(cpu.seconds()).take(MODES_OF_TOTAL) {
                seconds.sample(&[cpu.cpu(), mode], value);
            }
        }
        let mut guest = scrape.out.family(&GUEST_SECONDS);
        for cpu in times.cpus() {
            for (mode, value) in GUEST_MODES.iter().zip(cpu.seconds().skip(MODES_OF_TOTAL)) {
                guest.sample(&[cpu.cpu(), mode], value);
            }
        }
    }
    isolated(scrape)?;
    online(scrape)?;
    let mut throttles = remembered
        .throttles
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    throttles.follow(&scrape.host.roots.sysfs, times.cpus())?;
    let mut of_cores = scrape.out.family(&CORE_THROTTLES);
    for counter in throttles.counters().filter(|it| it.core.is_some()) {
        if let (Some(count), Some(core)) = (counter.count()?, &counter.core) {
            of_cores.sample(&[&counter.package, core], count);
        }
    }
    let mut of_packages = scrape.out.family(&PACKAGE_THROTTLES);
    for counter in throttles.counters().filter(|it| it.core.is_none()) {
        if let Some(count) = counter.count()? {
            of_packages.sample(&[&counter.package], count);
        }
    }
    Ok(())
}

fn isolated(scrape: &mut Scrape<'_>) -> Gathered {
    let file = "devices/system/cpu/isolated";
    let cpus = scrape.files.parse_sysfs(file, cpu_list::parse)?;
    let mut isolated = scrape.out.family(&ISOLATED);
    for cpu in cpus.into_iter().flatten().flatten() {
        isolated.sample(&[&cpu.to_string()], 1_u64);
    }
    Ok(())
}

/// Two lists tell what a file for each CPU would.
fn online(scrape: &mut Scrape<'_>) -> Gathered {
    if scrape
        .files
        .sysfs("devices/system/cpu/cpu0/online")?
        .is_none()
    {
        return Ok(());
    }
    let mut list = |file| scrape.files.parse_sysfs(file, cpu_list::parse);
    let present = list("devices/system/cpu/present")?;
    let online = list("devices/system/cpu/online")?.unwrap_or_default();
    let mut family = scrape.out.family(&ONLINE);
    for cpu in present.into_iter().flatten().flatten() {
        let is_online = online.iter().any(|range| range.contains(&cpu));
        family.sample(&[&cpu.to_string()], is_online);
    }
    Ok(())
}
