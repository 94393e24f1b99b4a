//! How each CPU keeps up with the packets that are received, from `/proc/1/net/softnet_stat`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::softnet_stat::{self, Cpu};

pub(super) const COLLECTOR: Collector = Collector::new(
    "softnet",
    "packets processed and dropped by each CPU",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &PROCESSED,
    &DROPPED,
    &TIMES_SQUEEZED,
    &CPU_COLLISION,
    &RECEIVED_RPS,
    &FLOW_LIMIT_COUNT,
    &BACKLOG_LEN,
];

static PROCESSED: Metric = counter(
    "node_softnet_processed_total",
    "Packets that this CPU has taken (/proc/net/softnet_stat).",
);
static DROPPED: Metric = counter(
    "node_softnet_dropped_total",
    "Packets dropped because too many were waiting for this CPU (/proc/net/softnet_stat).",
);
static TIMES_SQUEEZED: Metric = counter(
    "node_softnet_times_squeezed_total",
    "How often this CPU had more packets to take than time for them (/proc/net/softnet_stat).",
);
static CPU_COLLISION: Metric = counter(
    "node_softnet_cpu_collision_total",
    "Collisions over the lock of a device that sends; always 0 since Linux 4.7 (/proc/net/softnet_stat).",
);
static RECEIVED_RPS: Metric = counter(
    "node_softnet_received_rps_total",
    "How often another CPU woke this one for packets (/proc/net/softnet_stat).",
);
static FLOW_LIMIT_COUNT: Metric = counter(
    "node_softnet_flow_limit_count_total",
    "Packets dropped by the limit on one flow (/proc/net/softnet_stat).",
);
static BACKLOG_LEN: Metric = Metric::gauge(
    "node_softnet_backlog_len",
    "Packets that are waiting for this CPU; since Linux 5.10 (/proc/net/softnet_stat).",
)
.labels(&["cpu"]);

const fn counter(name: &'static str, help: &'static str) -> Metric {
    Metric::counter(name, help).labels(&["cpu"])
}

type Column = fn(&Cpu) -> Option<u64>;

const COLUMNS: [(&Metric, Column); 7] = [
    (&PROCESSED, |it| Some(it.processed)),
    (&DROPPED, |it| Some(it.dropped)),
    (&TIMES_SQUEEZED, |it| Some(it.times_squeezed)),
    (&CPU_COLLISION, |it| Some(it.collisions)),
    (&RECEIVED_RPS, |it| it.received_rps),
    (&FLOW_LIMIT_COUNT, |it| it.flow_limit_count),
    (&BACKLOG_LEN, |it| it.backlog_length),
];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let read = scrape
        .files
        .parse_net("softnet_stat", softnet_stat::parse)?;
    let cpus: Vec<(String, Cpu)> = read
        .unwrap_or_default()
        .into_iter()
        .map(|cpu| (cpu.cpu.to_string(), cpu))
        .collect();
    for (metric, column) in COLUMNS {
        let mut family = scrape.out.family(metric);
        for (name, cpu) in &cpus {
            if let Some(value) = column(cpu) {
                family.sample(&[name], value);
            }
        }
    }
    Ok(())
}
