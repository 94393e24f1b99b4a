//! Everything that collectors read from, handed in: nothing in this crate is global.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::web_config::WebConfig;
use prunelle_systemd::UnitTable;
use tokio::sync::watch;

use crate::filesystem::Prober;
use crate::machine::Machine;
use crate::options::Options;
use crate::overview::OverviewSample;
use crate::roots::Roots;
use crate::textfile;
use crate::thresholds::Thresholds;

/// One host, as the exporter sees it.
#[derive(Debug)]
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
    /// Asks the file systems.
    pub filesystems: Prober,
    /// Reads textfiles.
    pub textfiles: textfile::Reader,
    /// The watched units; none when none are to be watched.
    pub units: Option<Units>,
    /// The same table where it holds the inventory of all loaded units; none when nobody wants that, or the machine has
    /// no systemd.
    pub inventory: Option<Units>,
    /// How it is served; none without a web configuration.
    pub web_config: Option<WebConfig>,
    /// What the rules compare with.
    pub thresholds: Thresholds,
}

/// The live table of units.
#[derive(Clone, Debug)]
pub struct Units {
    /// What the client of systemd published last.
    pub table: watch::Receiver<Arc<UnitTable>>,
    /// How long ago systemd may last have agreed with it.
    pub max_age: Duration,
}
