//! The greediest groups of processes by CPU and by memory, from `/proc/<pid>/stat`, `statm` and `cgroup`, sampled every
//! `MONITORING_INTERVAL`.
//!
//! A group is what has the same name in the same unit: `php-fpm` in `php8.2-fpm.service`. The unit alone would not say
//! what a user's session or cron runs, the name alone not whose `java` it is. Never a pid: that would be a new series for
//! each process.

use super::cpu_usage::known;
use super::{Collector, Gathered, Place, Scrape};
use crate::collector::CollectorError;
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector::new(
    "process_groups",
    "the greediest groups of processes, by CPU and by memory",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[&CPU_USAGE, &MEMORY, &PROCESSES];
const LABELS: &[&str] = &["group", "unit"];

static CPU_USAGE: Metric = Metric::gauge(
    "prunelle_process_group_cpu_usage_ratio",
    "CPU time used by processes of the same name and unit, of all CPUs, over the last MONITORING_INTERVAL; only of the greediest (/proc/<pid>/stat).",
)
.labels(LABELS);
static MEMORY: Metric = Metric::gauge(
    "prunelle_process_group_memory_bytes",
    "Resident memory of processes of the same name and unit, with what they share counted once, at most MONITORING_INTERVAL ago; only of the greediest (/proc/<pid>/statm).",
)
.labels(LABELS);
static PROCESSES: Metric = Metric::gauge(
    "prunelle_process_group_processes",
    "How many processes of the same name and unit there were at most MONITORING_INTERVAL ago; only of the greediest (/proc).",
)
.labels(LABELS);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    let sample = host.processes.sample.borrow();
    let age = host.clock.now().since(&sample.at);
    if age > host.processes.max_age {
        return Err(CollectorError::SampleTooOld(age));
    }
    let Some(groups) = known(&sample.groups)? else {
        return Ok(());
    };
    let mut cpu = scrape.out.family(&CPU_USAGE);
    for group in groups {
        if let Some(usage) = group.cpu {
            cpu.sample(&[&group.name, &group.unit], usage);
        }
    }
    let mut memory = scrape.out.family(&MEMORY);
    for group in groups {
        memory.sample(&[&group.name, &group.unit], group.memory);
    }
    let mut processes = scrape.out.family(&PROCESSES);
    for group in groups {
        processes.sample(&[&group.name, &group.unit], group.processes);
    }
    Ok(())
}
