//! Everything that collectors read from, handed in: nothing in this crate is global.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::web_config::WebConfig;
use prunelle_systemd::UnitTable;
use tokio::sync::watch;

use crate::cgroup::services::ServiceCgroups;
use crate::cpu_times::CpuTimes;
use crate::filesystem::Prober;
use crate::local_zone::LocalZone;
use crate::machine::Machine;
use crate::options::Options;
use crate::overview::OverviewSample;
use crate::processes::Processes;
use crate::reload::LastReload;
use crate::roots::Roots;
use crate::textfile;
use crate::thermal::Thermal;
use crate::thresholds::Thresholds;
use crate::throttles::Throttles;

/// One host, as the exporter sees it.
#[derive(Clone, Debug)]
pub struct Host {
    /// What tells the time.
    pub clock: SharedClock,
    /// Where the kernel's files are.
    pub roots: Roots,
    /// What is set about single collectors.
    pub options: Options,
    /// The machine, or the container that plays one.
    pub machine: Arc<dyn Machine>,
    /// What the sampler published last.
    pub overview: watch::Receiver<Arc<OverviewSample>>,
    /// How old that may be.
    pub overview_max_age: Duration,
    /// What the sampler of processes published last.
    pub processes: Processes,
    /// Asks the file systems.
    pub filesystems: Arc<Prober>,
    /// Reads textfiles.
    pub textfiles: Arc<textfile::Reader>,
    /// The watched units; none when none are to be watched.
    pub units: Option<Units>,
    /// The same table where it holds the inventory of all loaded units; none when nobody wants that, or the machine has
    /// no systemd.
    pub inventory: Option<Units>,
    /// How it is served; none without a web configuration.
    pub web_config: Option<WebConfig>,
    /// What the rules compare with.
    pub thresholds: Thresholds,
    /// What came of the last reload of the settings.
    pub reload: watch::Receiver<LastReload>,
    /// What collectors keep from one scrape for the next.
    pub remembered: Arc<Remembered>,
}

/// What collectors keep from one scrape for the next: where things are, and what a counter may not fall below. Never
/// figures in place of reading them.
#[derive(Debug, Default)]
pub struct Remembered {
    /// CPU time, which never goes backwards.
    pub cpu_times: Mutex<CpuTimes>,
    /// Where cores and packages count how often they were slowed down.
    pub throttles: Mutex<Throttles>,
    /// Thermal zones and cooling devices.
    pub thermal: Mutex<Thermal>,
    /// Cgroups of watched services.
    pub service_cgroups: Mutex<ServiceCgroups>,
    /// The time zone.
    pub local_zone: Mutex<LocalZone>,
}

/// The live table of units.
#[derive(Clone, Debug)]
pub struct Units {
    /// What the client of systemd published last.
    pub table: watch::Receiver<Arc<UnitTable>>,
    /// How long ago systemd may last have agreed with it.
    pub max_age: Duration,
}
