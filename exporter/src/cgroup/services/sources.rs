//! The files that are read of each unit, and what of them counts. Version 1 comes first: where both are mounted, its
//! controllers are not in version 2, which has pressure then, and CPU time of every unit.

use std::time::Duration;

use super::super::parse::{self, keyed};
use super::{CpuTime, Figures, Pressure, Throttling};
use crate::procfs::pressure;
use crate::roots::Malformed;

/// A file of a unit.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) hierarchy: Hierarchy,
    pub(super) file: &'static str,
    /// Whether what it tells is not known yet.
    pub(super) is_wanted: fn(&Figures) -> bool,
    pub(super) parse: fn(&[u8], &mut Figures) -> Result<(), Malformed>,
}

/// Where a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hierarchy {
    /// Version 2.
    Unified,
    /// Version 1, of this controller.
    Legacy(&'static str),
}

use Hierarchy::{Legacy, Unified};

pub(super) static SOURCES: [Source; 22] = [
    source(
        Legacy("cpuacct"),
        "cpuacct.stat",
        |it| it.cpu.is_none(),
        cpuacct_stat,
    ),
    source(
        Legacy("cpu"),
        "cpu.stat",
        |it| it.throttling.is_none(),
        legacy_cpu_stat,
    ),
    source(
        Legacy("memory"),
        "memory.usage_in_bytes",
        |it| it.memory.is_none(),
        memory,
    ),
    source(
        Legacy("memory"),
        "memory.max_usage_in_bytes",
        |it| it.memory_peak.is_none(),
        memory_peak,
    ),
    source(
        Legacy("memory"),
        "memory.stat",
        |it| it.anon.is_none(),
        legacy_memory_stat,
    ),
    source(
        Legacy("memory"),
        "memory.oom_control",
        |it| it.oom_kills.is_none(),
        oom_kills,
    ),
    source(
        Legacy("blkio"),
        "blkio.throttle.io_service_bytes_recursive",
        |it| it.io.read_bytes.is_none(),
        blkio_bytes,
    ),
    source(
        Legacy("blkio"),
        "blkio.throttle.io_service_bytes",
        |it| it.io.read_bytes.is_none(),
        blkio_bytes,
    ),
    source(
        Legacy("blkio"),
        "blkio.throttle.io_serviced_recursive",
        |it| it.io.reads.is_none(),
        blkio_operations,
    ),
    source(
        Legacy("blkio"),
        "blkio.throttle.io_serviced",
        |it| it.io.reads.is_none(),
        blkio_operations,
    ),
    source(
        Legacy("pids"),
        "pids.current",
        |it| it.tasks.is_none(),
        tasks,
    ),
    source(Unified, "cpu.stat", |it| it.cpu.is_none(), cpu_stat),
    source(Unified, "memory.current", |it| it.memory.is_none(), memory),
    source(
        Unified,
        "memory.peak",
        |it| it.memory_peak.is_none(),
        memory_peak,
    ),
    source(Unified, "memory.swap.current", |it| it.swap.is_none(), swap),
    source(Unified, "memory.stat", |it| it.anon.is_none(), memory_stat),
    source(
        Unified,
        "memory.events",
        |it| it.oom_kills.is_none(),
        oom_kills,
    ),
    source(Unified, "io.stat", |it| it.io.reads.is_none(), io_stat),
    source(Unified, "pids.current", |it| it.tasks.is_none(), tasks),
    source(
        Unified,
        "cpu.pressure",
        |it| it.cpu_pressure.is_none(),
        cpu_pressure,
    ),
    source(
        Unified,
        "memory.pressure",
        |it| it.memory_pressure.is_none(),
        memory_pressure,
    ),
    source(
        Unified,
        "io.pressure",
        |it| it.io_pressure.is_none(),
        io_pressure,
    ),
];

const fn source(
    hierarchy: Hierarchy,
    file: &'static str,
    is_wanted: fn(&Figures) -> bool,
    parse: fn(&[u8], &mut Figures) -> Result<(), Malformed>,
) -> Source {
    Source {
        hierarchy,
        file,
        is_wanted,
        parse,
    }
}

/// Version 1, in clock ticks: `user 1`, `system 2`.
fn cpuacct_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let [user, system] = keyed(content, ["user", "system"])?;
    figures.cpu = Some(CpuTime {
        user: ticks(user.ok_or(Malformed::Missing("user"))?),
        system: ticks(system.ok_or(Malformed::Missing("system"))?),
    });
    Ok(())
}

/// Version 1, in nanoseconds. The keys are missing where the kernel knows no quotas.
fn legacy_cpu_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let [periods, throttled_periods, throttled] =
        keyed(content, ["nr_periods", "nr_throttled", "throttled_time"])?;
    figures.throttling = throttling(
        periods,
        throttled_periods,
        throttled.map(Duration::from_nanos),
    );
    Ok(())
}

/// Version 2, in microseconds. What is about quotas is missing where the controller is not enabled.
fn cpu_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let keys = [
        "user_usec",
        "system_usec",
        "nr_periods",
        "nr_throttled",
        "throttled_usec",
    ];
    let [user, system, periods, throttled_periods, throttled] = keyed(content, keys)?;
    figures.cpu = Some(CpuTime {
        user: Duration::from_micros(user.ok_or(Malformed::Missing("user_usec"))?),
        system: Duration::from_micros(system.ok_or(Malformed::Missing("system_usec"))?),
    });
    if figures.throttling.is_none() {
        let throttled = throttled.map(Duration::from_micros);
        figures.throttling = throttling(periods, throttled_periods, throttled);
    }
    Ok(())
}

/// Where there never was a quota, no period has been counted.
fn throttling(
    periods: Option<u64>,
    throttled_periods: Option<u64>,
    throttled: Option<Duration>,
) -> Option<Throttling> {
    Some(Throttling {
        periods: periods.filter(|&periods| periods > 0)?,
        throttled_periods: throttled_periods?,
        throttled: throttled?,
    })
}

fn memory(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.memory = Some(parse::value(content)?);
    Ok(())
}

fn memory_peak(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.memory_peak = Some(parse::value(content)?);
    Ok(())
}

fn swap(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.swap = Some(parse::value(content)?);
    Ok(())
}

/// Version 1, of the cgroup with all below it; swap is missing where it is not accounted for.
fn legacy_memory_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let [anon, file, swap] = keyed(content, ["total_rss", "total_cache", "total_swap"])?;
    figures.anon = Some(anon.ok_or(Malformed::Missing("total_rss"))?);
    figures.file = Some(file.ok_or(Malformed::Missing("total_cache"))?);
    figures.swap = swap;
    Ok(())
}

fn memory_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let [anon, file] = keyed(content, ["anon", "file"])?;
    figures.anon = Some(anon.ok_or(Malformed::Missing("anon"))?);
    figures.file = Some(file.ok_or(Malformed::Missing("file"))?);
    Ok(())
}

/// `memory.events` and `memory.oom_control` alike; kernels before 4.13 do not count.
fn oom_kills(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let [oom_kills] = keyed(content, ["oom_kill"])?;
    figures.oom_kills = oom_kills;
    Ok(())
}

fn blkio_bytes(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let (read, written) = parse::blkio(content)?;
    figures.io.read_bytes = Some(read);
    figures.io.written_bytes = Some(written);
    Ok(())
}

fn blkio_operations(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    let (reads, writes) = parse::blkio(content)?;
    figures.io.reads = Some(reads);
    figures.io.writes = Some(writes);
    Ok(())
}

fn io_stat(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.io = parse::io_stat(content)?;
    Ok(())
}

fn tasks(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.tasks = Some(parse::value(content)?);
    Ok(())
}

fn cpu_pressure(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.cpu_pressure = Some(pressure(content)?);
    Ok(())
}

fn memory_pressure(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.memory_pressure = Some(pressure(content)?);
    Ok(())
}

fn io_pressure(content: &[u8], figures: &mut Figures) -> Result<(), Malformed> {
    figures.io_pressure = Some(pressure(content)?);
    Ok(())
}

fn pressure(content: &[u8]) -> Result<Pressure, Malformed> {
    let pressure = pressure::parse(content)?;
    let some = pressure.some.ok_or(Malformed::Missing("some"))?;
    Ok(Pressure {
        waiting: Duration::from_micros(some),
        stalled: pressure.full.map(Duration::from_micros),
    })
}

fn ticks(ticks: u64) -> Duration {
    let per_second = rustix::param::clock_ticks_per_second().max(1);
    let rest = ticks % per_second * 1_000_000_000 / per_second;
    Duration::from_secs(ticks / per_second) + Duration::from_nanos(rest)
}
