//! Open files of the whole machine, from `/proc/sys/fs/file-nr`.

use super::{Collector, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::procfs::file_nr;

pub(super) const COLLECTOR: Collector = Collector::new(
    "filefd",
    "open files of the machine",
    METRICS,
    Place::Files,
    gather,
);

const METRICS: &[&Metric] = &[&ALLOCATED, &MAXIMUM];

static ALLOCATED: Metric = Metric::gauge(
    "node_filefd_allocated",
    "File handles that are allocated (/proc/sys/fs/file-nr).",
);
static MAXIMUM: Metric = Metric::gauge(
    "node_filefd_maximum",
    "How many file handles there may be (/proc/sys/fs/file-nr).",
);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    if let Some(handles) = scrape
        .files
        .parse_procfs("sys/fs/file-nr", file_nr::parse)?
    {
        scrape.out.single(&ALLOCATED, handles.allocated);
        scrape.out.single(&MAXIMUM, handles.maximum);
    }
    Ok(())
}
