//! Connection tracking: how full its table is, from `/proc/sys/net/netfilter`, and how it fares, from
//! `/proc/1/net/stat/nf_conntrack`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::nf_conntrack::{self, Statistics};
use crate::sysfs;

pub(super) const COLLECTOR: Collector = Collector::new(
    "conntrack",
    "entries and statistics of connection tracking",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[
    &ENTRIES,
    &LIMIT,
    &FOUND,
    &INVALID,
    &IGNORE,
    &INSERT,
    &INSERT_FAILED,
    &DROP,
    &EARLY_DROP,
    &SEARCH_RESTART,
];

static ENTRIES: Metric = Metric::gauge(
    "node_nf_conntrack_entries",
    "Connections that are tracked (/proc/sys/net/netfilter/nf_conntrack_count).",
);
static LIMIT: Metric = Metric::gauge(
    "node_nf_conntrack_entries_limit",
    "How many connections can be tracked (/proc/sys/net/netfilter/nf_conntrack_max).",
);
// Gauges, though they only grow: so they are in node_exporter, and their names do not end in `_total`.
static FOUND: Metric = Metric::gauge(
    "node_nf_conntrack_stat_found",
    "Searches that found an entry, since boot (/proc/net/stat/nf_conntrack).",
);
static INVALID: Metric = Metric::gauge(
    "node_nf_conntrack_stat_invalid",
    "Packets that cannot be tracked, since boot (/proc/net/stat/nf_conntrack).",
);
static IGNORE: Metric = Metric::gauge(
    "node_nf_conntrack_stat_ignore",
    "Packets that are tracked already or not to be tracked, since boot (/proc/net/stat/nf_conntrack).",
);
static INSERT: Metric = Metric::gauge(
    "node_nf_conntrack_stat_insert",
    "Entries inserted, since boot (/proc/net/stat/nf_conntrack).",
);
static INSERT_FAILED: Metric = Metric::gauge(
    "node_nf_conntrack_stat_insert_failed",
    "Entries that could not be inserted, since boot (/proc/net/stat/nf_conntrack).",
);
static DROP: Metric = Metric::gauge(
    "node_nf_conntrack_stat_drop",
    "Packets dropped because they could not be tracked, since boot (/proc/net/stat/nf_conntrack).",
);
static EARLY_DROP: Metric = Metric::gauge(
    "node_nf_conntrack_stat_early_drop",
    "Entries dropped to make room for others, since boot (/proc/net/stat/nf_conntrack).",
);
static SEARCH_RESTART: Metric = Metric::gauge(
    "node_nf_conntrack_stat_search_restart",
    "Searches begun again because the table was resized, since boot (/proc/net/stat/nf_conntrack).",
);

const FIGURES: [(&str, &Metric); 2] = [
    ("sys/net/netfilter/nf_conntrack_count", &ENTRIES),
    ("sys/net/netfilter/nf_conntrack_max", &LIMIT),
];

/// Nothing where connections are not tracked.
fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    for (file, metric) in FIGURES {
        if let Some(value) = scrape.files.parse_procfs(file, sysfs::unsigned)? {
            scrape.out.single(metric, value);
        }
    }
    let statistics = scrape
        .files
        .parse_net("stat/nf_conntrack", nf_conntrack::parse)?;
    let Statistics {
        found,
        invalid,
        ignore,
        insert,
        insert_failed,
        drop,
        early_drop,
        search_restart,
    } = statistics.unwrap_or_default();
    for (metric, value) in [
        (&FOUND, found),
        (&INVALID, invalid),
        (&IGNORE, ignore),
        (&INSERT, insert),
        (&INSERT_FAILED, insert_failed),
        (&DROP, drop),
        (&EARLY_DROP, early_drop),
        (&SEARCH_RESTART, search_restart),
    ] {
        if let Some(value) = value {
            scrape.out.single(metric, value);
        }
    }
    Ok(())
}
