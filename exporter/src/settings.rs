//! Settings: flags, environment and a configuration file in, one checked value out.
//!
//! Each setting is stated once, in [`table`]: its flag, its variable, its key in the file, what it means, its default and
//! whether it can change while the program runs. `choose` picks what counts (flag, variable, file,
//! default, in this order) and `resolve` checks it; both are pure, and everything that is wrong is
//! told at once, by the name and place under which it was given. An empty text counts as not given.

use std::path::PathBuf;
use std::time::Duration;

use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::telemetry::LogFormat;
use prunelle_systemd::WatchList;

pub use given::Given;
pub use invalid::InvalidSettings;
pub use load::Loaded;
pub use precedence::{Chosen, Text};

use crate::collector::Collector;
use crate::options::Options;
use crate::roots::Roots;
use crate::thresholds::Thresholds;
use crate::web::Web;

pub mod difference;
mod given;
mod invalid;
mod levels;
mod load;
mod options;
mod parsers;
mod precedence;
mod resolve;
pub mod table;

/// What the exporter runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: Vec<ListenAddress>,
    /// How to serve.
    pub web: Web,
    /// The web configuration; none = HTTP, open to all.
    pub web_config_file: Option<PathBuf>,
    /// How many scrapes may run at once.
    pub max_requests: usize,
    /// The collectors that are switched on.
    pub collectors: Vec<&'static Collector>,
    /// Where the kernel's files are.
    pub roots: Roots,
    /// What is set about single collectors.
    pub options: Options,
    /// What CPU and memory are measured against.
    pub boundary: Boundary,
    /// Names and globs of units to watch.
    pub services: WatchList,
    /// Over which usage ratios are computed.
    pub interval: Duration,
    /// What is too much.
    pub thresholds: Thresholds,
    /// A level or filter.
    pub log_level: String,
    /// How log lines look.
    pub log_format: LogFormat,
}

/// What CPU and memory are measured against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Boundary {
    /// All that the machine has.
    #[default]
    Machine,
    /// The limits of the container that this process is in.
    Cgroup,
}

/// The configuration file, if one is used, as it is named in errors.
pub type ConfigFile = Option<PathBuf>;

#[cfg(test)]
mod tests;
