//! How many tasks each service has, from its cgroup's `pids.current`, version 1 or 2. Off unless asked for, since it is
//! one file for each service that runs; `node_exporter` keeps it behind a flag too.
//!
//! Which cgroup is whose comes from the inventory of units. A cgroup that is gone has no file, and no series.

use std::path::Path;

use prunelle_systemd::inventory::Details;

use super::services::trusted;
use super::systemd::{is_chosen, told};
use super::{Collector, Gathered, Place, Scrape};
use crate::cgroup;
use crate::metric::Metric;
use crate::roots::{self, ReadError};

pub(super) const COLLECTOR: Collector = Collector {
    is_on_by_default: false,
    ..Collector::new(
        "systemd_tasks",
        "how many tasks each of systemd's services has",
        METRICS,
        Place::Files,
        gather,
    )
};

const METRICS: &[&Metric] = &[&TASKS];

static TASKS: Metric = Metric::gauge(
    "node_systemd_unit_tasks_current",
    "How many tasks the service has (`pids.current` of its cgroup).",
)
.labels(&["name"]);

/// Where the controller may be, below sysfs: version 2, and version 1.
const HIERARCHIES: [&str; 2] = ["fs/cgroup", "fs/cgroup/pids"];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    let Some(units) = &host.inventory else {
        return Ok(());
    };
    let table = trusted(host, units)?;
    let Some(inventory) = &table.inventory else {
        return Ok(());
    };
    let mut tasks = scrape.out.family(&TASKS);
    for unit in told(inventory).filter(|it| is_chosen(&it.id, &host.options.systemd_units)) {
        if let Details::Service(service) = &unit.details
            && let Some(group) = &service.control_group
            && let Some(current) = current(&host.roots.sysfs, group)?
        {
            tasks.sample(&[unit.id.as_str()], current);
        }
    }
    Ok(())
}

fn current(sysfs: &Path, group: &str) -> Result<Option<u64>, ReadError> {
    for hierarchy in HIERARCHIES {
        let folder = sysfs.join(hierarchy).join(group.trim_start_matches('/'));
        match roots::parse(&folder.join("pids.current"), cgroup::parse::value) {
            Ok(None) => {}
            // It ended while it was read.
            Err(ReadError::Io { source, .. }) if is_gone(&source) => return Ok(None),
            tasks => return tasks,
        }
    }
    Ok(None)
}

fn is_gone(error: &std::io::Error) -> bool {
    error.raw_os_error() == Some(rustix::io::Errno::NODEV.raw_os_error())
}
