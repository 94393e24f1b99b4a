//! The collectors, one file each. A collector is a plain function: it writes families of the host into the scrape,
//! nothing when this host does not have its source, or fails. Adding one is one file and one line in [`COLLECTORS`].

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::files::Files;
use crate::filesystem::{Probe, ProbeError};
use crate::host::Host;
use crate::metric::Metric;
use crate::output::Output;
use crate::roots::ReadError;

mod bonding;
mod conntrack;
mod cpu;
mod cpu_usage;
mod diskstats;
mod filefd;
mod filesystem;
mod hwmon;
mod info;
mod loadavg;
mod mdadm;
mod meminfo;
mod memory_usage;
mod netclass;
mod netdev;
mod netstat;
mod network_usage;
mod os;
mod pressure;
mod process_groups;
mod service_resources;
pub(crate) mod services;
mod sockstat;
mod softnet;
mod stat;
mod swap_usage;
mod systemd;
mod systemd_tasks;
mod textfile;
mod thermal_zone;
mod thresholds;
mod time;
mod timex;
mod uname;
mod vmstat;

/// All collectors, in the order in which they are written.
pub const COLLECTORS: &[Collector] = &[
    cpu_usage::COLLECTOR,
    memory_usage::COLLECTOR,
    swap_usage::COLLECTOR,
    network_usage::COLLECTOR,
    cpu::COLLECTOR,
    loadavg::COLLECTOR,
    stat::COLLECTOR,
    meminfo::COLLECTOR,
    vmstat::COLLECTOR,
    pressure::COLLECTOR,
    filefd::COLLECTOR,
    time::COLLECTOR,
    timex::COLLECTOR,
    uname::COLLECTOR,
    os::COLLECTOR,
    thermal_zone::COLLECTOR,
    hwmon::COLLECTOR,
    filesystem::COLLECTOR,
    diskstats::COLLECTOR,
    mdadm::COLLECTOR,
    netstat::COLLECTOR,
    sockstat::COLLECTOR,
    softnet::COLLECTOR,
    conntrack::COLLECTOR,
    bonding::COLLECTOR,
    netdev::COLLECTOR,
    netclass::COLLECTOR,
    textfile::COLLECTOR,
    services::COLLECTOR,
    service_resources::COLLECTOR,
    process_groups::COLLECTOR,
    systemd::COLLECTOR,
    systemd_tasks::COLLECTOR,
    thresholds::COLLECTOR,
    info::COLLECTOR,
];

/// Those that read the inventory of all loaded units, which is kept only if one of them is on.
pub const OF_INVENTORY: [&str; 2] = [systemd::COLLECTOR.name, systemd_tasks::COLLECTOR.name];

/// Those that tell what the overview's sampler publishes.
pub const OF_OVERVIEW: [&str; 2] = [cpu_usage::COLLECTOR.name, network_usage::COLLECTOR.name];

/// Those that tell what the sampler of processes publishes: its groups, and open files of services.
pub const PROCESS_GROUPS: &str = process_groups::COLLECTOR.name;
/// See [`PROCESS_GROUPS`].
pub const SERVICE_RESOURCES: &str = service_resources::COLLECTOR.name;

/// Whether one of these is among those that are switched on: nobody works for the others.
pub fn is_any_on(switched_on: &[&'static Collector], names: &[&str]) -> bool {
    switched_on.iter().any(|it| names.contains(&it.name))
}

/// One collector.
#[derive(Debug)]
pub struct Collector {
    /// Its name in flags, in `collect[]` and in labels.
    pub name: &'static str,
    /// What it tells, for `--help` and the page at `/`.
    pub about: &'static str,
    /// Every metric that it can write.
    pub metrics: &'static [&'static Metric],
    /// Where it runs; see [`Collector::place_on`].
    pub place: Place,
    /// Whether a thread of its own is worth its cost: where there is nothing that could hang, it is not.
    pub may_hang: fn(&Host) -> bool,
    /// What it does.
    pub gather: fn(&mut Scrape<'_>) -> Gathered,
    /// Whether it runs when nothing is said about it.
    pub is_on_by_default: bool,
    /// Whether its duration is published. Not for the services: their job is scraped every second, and holds
    /// nothing but what its rules need.
    pub publishes_duration: bool,
    /// Whether the metrics of this process belong to it.
    pub has_process_metrics: bool,
}

impl Collector {
    const fn new(
        name: &'static str,
        about: &'static str,
        metrics: &'static [&'static Metric],
        place: Place,
        gather: fn(&mut Scrape<'_>) -> Gathered,
    ) -> Self {
        Self {
            name,
            about,
            metrics,
            place,
            may_hang: |_| true,
            gather,
            is_on_by_default: true,
            publishes_duration: true,
            has_process_metrics: false,
        }
    }
}

impl Collector {
    /// Where it runs on this host.
    pub fn place_on(&self, host: &Host) -> Place {
        match self.place {
            Place::OwnThread if !(self.may_hang)(host) => Place::Files,
            place => place,
        }
    }
}

/// Where a collector may run, which depends on what it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// It reads what others have published: at once, without a hand-over between threads.
    Snapshot,
    /// It reads the kernel's files: one after another, on a thread for blocking work.
    Files,
    /// It takes what file systems answer: last on the same thread, while another has been asking since the beginning.
    Prober,
    /// It asks what may never answer: on a thread of its own, which is not asked again until it comes back.
    OwnThread,
}

/// What one collector is given in one scrape.
#[derive(Debug)]
pub struct Scrape<'a> {
    /// What it reads from.
    pub host: &'a Host,
    /// When it must be done.
    pub deadline: &'a Deadline,
    /// The kernel's files.
    pub files: &'a mut Files,
    /// What file systems are being asked, for [`Place::Prober`].
    pub probe: Option<Probe<'a>>,
    /// Where it writes. What it wrote is thrown away when it fails.
    pub out: &'a mut Output,
}

/// Done, with or without families; or a failure.
pub type Gathered = Result<(), CollectorError>;

/// Why a collector has no figures.
#[derive(Debug, thiserror::Error)]
pub enum CollectorError {
    /// A kernel file.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The file systems.
    #[error(transparent)]
    Probe(#[from] ProbeError),
    /// Too early after the start.
    #[error("there are not two samples yet")]
    NotYet,
    /// The sampler failed.
    #[error("the sampler failed: {0}")]
    Sampler(String),
    /// The sampler has not published for too long.
    #[error("the newest sample is {0:?} old")]
    SampleTooOld(Duration),
    /// No full picture of the units has been had yet.
    #[error("the table of units is not synchronised yet")]
    UnitsNotYet,
    /// systemd is not to be heard.
    #[error("systemd does not answer, or the bus is lost")]
    UnitsLost,
    /// systemd has not been heard for too long.
    #[error("systemd was last heard {0:?} ago")]
    UnitsTooOld(Duration),
    /// It did not end by the deadline.
    #[error("not done by the deadline of the scrape")]
    Late,
    /// The clock cannot be asked about itself.
    #[error("adjtimex fails")]
    Clock(#[source] std::io::Error),
    /// Its thread has not come back from an earlier scrape.
    #[error("it has not come back from an earlier scrape")]
    Hangs,
    /// There is no thread for it.
    #[error("cannot start a thread")]
    Thread(#[source] std::io::Error),
    /// It has a bug.
    #[error("the collector panicked")]
    Panicked,
}

/// An error and its causes in one line.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests;
