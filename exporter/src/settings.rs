//! Settings: flags and environment in, one checked value out.
//!
//! [`Flags`] is what was given, as text; `Flags::resolve` is pure and reports everything that is wrong at once, by
//! the name under which it was given. A flag wins over its variable, an empty text counts as not given. The model
//! report's variables keep their bare units (percent, MB per second, seconds) and are converted here.

use std::path::PathBuf;
use std::time::Duration;

use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::telemetry::LogFormat;
use prunelle_systemd::WatchList;

pub use flags::{Flags, Given};

use crate::options::Options;
use crate::roots::Roots;
use crate::thresholds::Thresholds;
use crate::web::Web;

mod collectors;
mod flags;
mod levels;
mod resolve;
mod switches;

/// What the exporter runs with.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where to listen.
    pub listen: Vec<ListenAddress>,
    /// How to serve.
    pub web: Web,
    /// The web configuration; none = HTTP, open to all.
    pub web_config_file: Option<PathBuf>,
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
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Boundary {
    /// All that the machine has.
    Machine,
    /// The limits of the container that this process is in.
    Cgroup,
}

/// A root that was given, or its default.
fn root(given: Option<&str>, default: PathBuf) -> PathBuf {
    given.map_or(default, PathBuf::from)
}

#[cfg(test)]
mod tests;
