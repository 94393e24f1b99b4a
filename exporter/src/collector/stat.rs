//! What the scheduler counts over all CPUs, from `/proc/stat`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::stat;

pub(super) const COLLECTOR: Collector = Collector::new(
    "stat",
    "interrupts, context switches, forks, boot time",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &INTERRUPTS,
    &CONTEXT_SWITCHES,
    &FORKS,
    &BOOT_TIME,
    &RUNNING,
    &BLOCKED,
];

static INTERRUPTS: Metric =
    Metric::counter("node_intr_total", "Interrupts serviced (/proc/stat: intr).");
static CONTEXT_SWITCHES: Metric = Metric::counter(
    "node_context_switches_total",
    "Context switches (/proc/stat: ctxt).",
);
static FORKS: Metric = Metric::counter(
    "node_forks_total",
    "Processes and threads made (/proc/stat: processes).",
);
static BOOT_TIME: Metric = Metric::gauge(
    "node_boot_time_seconds",
    "When the machine booted, in seconds since 1970 (/proc/stat: btime).",
);
static RUNNING: Metric = Metric::gauge(
    "node_procs_running",
    "Tasks that run or can run (/proc/stat: procs_running).",
);
static BLOCKED: Metric = Metric::gauge(
    "node_procs_blocked",
    "Tasks that wait for I/O (/proc/stat: procs_blocked).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    if let Some(totals) = scrape.files.parse_procfs("stat", stat::totals)? {
        scrape.out.single(&INTERRUPTS, totals.interrupts);
        scrape
            .out
            .single(&CONTEXT_SWITCHES, totals.context_switches);
        scrape.out.single(&FORKS, totals.forks);
        scrape.out.single(&BOOT_TIME, totals.boot_time);
        scrape.out.single(&RUNNING, totals.running);
        scrape.out.single(&BLOCKED, totals.blocked);
    }
    Ok(())
}
