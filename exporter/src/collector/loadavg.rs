//! Load averages, from `/proc/loadavg`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::loadavg;

pub(super) const COLLECTOR: Collector =
    Collector::new("loadavg", "load averages", METRICS, Place::Files, gather);

const METRICS: &[&Metric] = &[&LOAD1, &LOAD5, &LOAD15];

static LOAD1: Metric = Metric::gauge(
    "node_load1",
    "Tasks that run or wait, averaged over one minute (/proc/loadavg).",
);
static LOAD5: Metric = Metric::gauge(
    "node_load5",
    "Tasks that run or wait, averaged over five minutes (/proc/loadavg).",
);
static LOAD15: Metric = Metric::gauge(
    "node_load15",
    "Tasks that run or wait, averaged over fifteen minutes (/proc/loadavg).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    if let Some([one, five, fifteen]) = scrape.files.parse_procfs("loadavg", loadavg::parse)? {
        scrape.out.single(&LOAD1, one);
        scrape.out.single(&LOAD5, five);
        scrape.out.single(&LOAD15, fifteen);
    }
    Ok(())
}
