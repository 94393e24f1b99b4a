//! The collectors, one file each. A collector is a plain function from the host to families, to nothing when this
//! host does not have its source, or to an error. Adding one is one file and one line in [`COLLECTORS`].

use std::error::Error;
use std::fmt::Write as _;
use std::time::Duration;

use crate::deadline::Deadline;
use crate::family::Family;
use crate::filesystem::ProbeError;
use crate::host::Host;
use crate::roots::ReadError;

mod cpu;
mod disk;
mod info;
mod memory;
mod network;
mod services;
mod swap;
mod thresholds;

/// All collectors, in the order in which they are written.
pub const COLLECTORS: &[Collector] = &[
    cpu::COLLECTOR,
    memory::COLLECTOR,
    swap::COLLECTOR,
    disk::COLLECTOR,
    network::COLLECTOR,
    services::COLLECTOR,
    thresholds::COLLECTOR,
    info::COLLECTOR,
];

/// One collector.
#[derive(Debug)]
pub struct Collector {
    /// Its name in flags, in `collect[]` and in labels.
    pub name: &'static str,
    /// What it tells, for `--help` and the page at `/`.
    pub about: &'static str,
    /// How it does.
    pub source: Source,
    /// Whether its duration is published. Not for the services: their job is scraped every second, and holds
    /// nothing but what its rules need.
    pub publishes_duration: bool,
    /// Whether the metrics of this process belong to it.
    pub has_process_metrics: bool,
}

impl Collector {
    const fn new(name: &'static str, about: &'static str, source: Source) -> Self {
        Self {
            name,
            about,
            source,
            publishes_duration: true,
            has_process_metrics: false,
        }
    }
}

/// What a collector reads, which says where it may run.
#[derive(Clone, Copy, Debug)]
pub enum Source {
    /// What others have published: it runs at once, without a hand-over between threads.
    Snapshot(fn(&Host) -> Gathered),
    /// Files: it runs on a thread for blocking work, and ends by the deadline.
    Files(fn(&Host, &Deadline) -> Gathered),
}

/// Families, nothing to tell on this host, or a failure.
pub type Gathered = Result<Option<Vec<Family>>, CollectorError>;

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
