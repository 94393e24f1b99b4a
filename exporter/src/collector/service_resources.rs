//! What each watched service uses and how it ended last, from its cgroup's files and the live table of units.
//!
//! What must hold: as for `services`, a table that cannot be trusted yields nothing; a service without processes has no
//! cgroup and no figures, which is not the same as zeros. Counters are those of the cgroup, so they begin anew with the
//! service.

use std::sync::{Arc, PoisonError};
use std::time::Duration;

use prunelle_systemd::UnitState;
use prunelle_systemd::unit::{LoadState, ServiceState};

use super::services::trusted;
use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::cgroup::services::{Figures, Pressure, UnitCgroup};
use crate::host::Host;
use crate::metric::Metric;
use crate::output::Output;
use crate::processes::ProcessSample;
use metrics as m;

mod metrics;

pub(super) const COLLECTOR: Collector = Collector::new(
    "service_resources",
    "what each watched service uses, and how it ended last",
    m::METRICS,
    Place::Files,
    gather,
);

/// `Result` of a service, as systemd spells it; any other is told as `other`.
const RESULTS: &[&str] = &[
    "core-dump",
    "exec-condition",
    "exit-code",
    "oom-kill",
    "protocol",
    "resources",
    "signal",
    "start-limit-hit",
    "success",
    "timeout",
    "watchdog",
];

/// `SubState` of a service, as systemd spells it; any other is told as `other`.
const SUB_STATES: &[&str] = &[
    "auto-restart",
    "auto-restart-queued",
    "cleaning",
    "condition",
    "dead",
    "dead-before-auto-restart",
    "dead-resources-pinned",
    "exited",
    "failed",
    "failed-before-auto-restart",
    "final-sigkill",
    "final-sigterm",
    "final-watchdog",
    "mounting",
    "reload",
    "reload-notify",
    "reload-post",
    "reload-signal",
    "running",
    "start",
    "start-post",
    "start-pre",
    "stop",
    "stop-post",
    "stop-sigkill",
    "stop-sigterm",
    "stop-watchdog",
];

/// How a main process ended: `CLD_EXITED`, and `CLD_KILLED` or `CLD_DUMPED`.
const EXITED: i32 = 1;
const KILLED: [i32; 2] = [2, 3];

/// One watched service.
struct Watched<'a> {
    name: &'a str,
    unit: &'a UnitState,
    service: &'a ServiceState,
    figures: Figures,
    open_files: Option<u64>,
}

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let Some(units) = &scrape.host.units else {
        return Ok(());
    };
    let table = trusted(scrape.host, units)?;
    let services = table.units.iter().filter_map(|(name, unit)| {
        let service = unit.service.as_ref()?;
        (unit.load == LoadState::Loaded).then_some((name.as_str(), unit.as_ref(), service))
    });
    let watched = watched(scrape.host, services)?;
    write_resources(scrape.out, &watched);
    write_states(scrape.out, &watched);
    Ok(())
}

/// Reads the cgroups. Scrapes at the same time take turns: the descriptors are the same.
fn watched<'a>(
    host: &Host,
    services: impl Iterator<Item = (&'a str, &'a UnitState, &'a ServiceState)>,
) -> Result<Vec<Watched<'a>>, CollectorError> {
    let processes = newest_processes(host);
    let mut cgroups = host
        .remembered
        .service_cgroups
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    cgroups.begin();
    let mut watched = Vec::new();
    for (name, unit, service) in services {
        let control_group = service.control_group.as_deref();
        let figures = match control_group {
            Some(control_group) => {
                let invocation_id = unit.invocation_id.as_deref();
                let unit = UnitCgroup {
                    name,
                    control_group,
                    invocation_id,
                };
                cgroups.read(&host.roots, unit)?
            }
            None => Figures::default(),
        };
        let open_files = || processes.as_ref()?.open_files.get(control_group?).copied();
        watched.push(Watched {
            name,
            unit,
            service,
            open_files: open_files(),
            figures,
        });
    }
    cgroups.end();
    Ok(watched)
}

fn newest_processes(host: &Host) -> Option<Arc<ProcessSample>> {
    let sample = Arc::clone(&host.processes.sample.borrow());
    (host.clock.now().since(&sample.at) <= host.processes.max_age).then_some(sample)
}

fn write_resources(out: &mut Output, watched: &[Watched<'_>]) {
    let mut cpu = out.family(&m::CPU);
    for it in watched {
        if let Some(time) = it.figures.cpu {
            cpu.sample(&[it.name, "system"], time.system.as_secs_f64());
            cpu.sample(&[it.name, "user"], time.user.as_secs_f64());
        }
    }
    whole(out, &m::CPU_PERIODS, watched, |it| {
        Some(it.figures.throttling?.periods)
    });
    whole(out, &m::CPU_THROTTLED_PERIODS, watched, |it| {
        Some(it.figures.throttling?.throttled_periods)
    });
    seconds(out, &m::CPU_THROTTLED, watched, |it| {
        Some(it.figures.throttling?.throttled)
    });
    whole(out, &m::MEMORY, watched, |it| it.figures.memory);
    whole(out, &m::MEMORY_PEAK, watched, |it| it.figures.memory_peak);
    whole(out, &m::MEMORY_SWAP, watched, |it| it.figures.swap);
    whole(out, &m::MEMORY_ANON, watched, |it| it.figures.anon);
    whole(out, &m::MEMORY_FILE, watched, |it| it.figures.file);
    whole(out, &m::OOM_KILLS, watched, |it| it.figures.oom_kills);
    whole(out, &m::IO_READ_BYTES, watched, |it| {
        it.figures.io.read_bytes
    });
    whole(out, &m::IO_WRITTEN_BYTES, watched, |it| {
        it.figures.io.written_bytes
    });
    whole(out, &m::IO_READS, watched, |it| it.figures.io.reads);
    whole(out, &m::IO_WRITES, watched, |it| it.figures.io.writes);
    let waiting = |it: Option<Pressure>| Some(it?.waiting);
    let stalled = |it: Option<Pressure>| it?.stalled;
    seconds(out, &m::CPU_WAITING, watched, |it| {
        waiting(it.figures.cpu_pressure)
    });
    seconds(out, &m::CPU_STALLED, watched, |it| {
        stalled(it.figures.cpu_pressure)
    });
    seconds(out, &m::MEMORY_WAITING, watched, |it| {
        waiting(it.figures.memory_pressure)
    });
    seconds(out, &m::MEMORY_STALLED, watched, |it| {
        stalled(it.figures.memory_pressure)
    });
    seconds(out, &m::IO_WAITING, watched, |it| {
        waiting(it.figures.io_pressure)
    });
    seconds(out, &m::IO_STALLED, watched, |it| {
        stalled(it.figures.io_pressure)
    });
    whole(out, &m::TASKS, watched, |it| it.figures.tasks);
    whole(out, &m::OPEN_FILES, watched, |it| it.open_files);
}

fn write_states(out: &mut Output, watched: &[Watched<'_>]) {
    whole(out, &m::TASKS_MAX, watched, |it| it.service.tasks_max);
    let mut sub_states = out.family(&m::SUB_STATE);
    for it in watched {
        sub_states.sample(&[it.name, known(SUB_STATES, &it.unit.sub)], true);
    }
    let mut results = out.family(&m::LAST_RESULT);
    for it in watched {
        results.sample(&[it.name, known(RESULTS, &it.service.result)], true);
    }
    let told = |it: &Watched<'_>| u64::try_from(it.service.exec_main_status).ok();
    whole(out, &m::LAST_EXIT_CODE, watched, |it| {
        (it.service.exec_main_code == EXITED).then(|| told(it))?
    });
    whole(out, &m::LAST_EXIT_SIGNAL, watched, |it| {
        KILLED
            .contains(&it.service.exec_main_code)
            .then(|| told(it))?
    });
    let mut next_runs = out.family(&m::NEXT_RUN);
    for it in watched {
        if let Some(next_run) = it.unit.next_timer_run {
            let since_1970 = next_run.as_duration();
            next_runs.sample(&[it.name], since_1970.as_secs_f64());
        }
    }
}

fn whole(
    out: &mut Output,
    metric: &'static Metric,
    watched: &[Watched<'_>],
    figure: impl Fn(&Watched<'_>) -> Option<u64>,
) {
    let mut family = out.family(metric);
    for it in watched {
        if let Some(figure) = figure(it) {
            family.sample(&[it.name], figure);
        }
    }
}

fn seconds(
    out: &mut Output,
    metric: &'static Metric,
    watched: &[Watched<'_>],
    figure: impl Fn(&Watched<'_>) -> Option<Duration>,
) {
    let mut family = out.family(metric);
    for it in watched {
        if let Some(figure) = figure(it) {
            family.sample(&[it.name], figure.as_secs_f64());
        }
    }
}

/// A value of a closed list.
fn known(list: &'static [&'static str], value: &str) -> &'static str {
    list.iter()
        .find(|it| **it == value)
        .copied()
        .unwrap_or("other")
}
