//! What can be set about single collectors. A collector reads its part from [`crate::host::Host::options`]; what is
//! left out when nothing is set is the collector's own business.

use std::path::PathBuf;
use std::sync::Arc;

use regex::Regex;

/// The options of all collectors.
#[derive(Clone, Debug)]
pub struct Options {
    /// Of `filesystem`; the list of mounts is chosen anew when this is another value than before.
    pub filesystem: Arc<FilesystemOptions>,
    /// Devices of `diskstats`.
    pub diskstats_devices: Filter,
    /// Devices of `netdev` and `netclass`.
    pub network_devices: Filter,
    /// Fields of `vmstat`.
    pub vmstat_fields: Filter,
    /// Fields of `netstat`, written as `Tcp_InSegs`.
    pub netstat_fields: Filter,
    /// Folders of `textfile`, which may be globs.
    pub textfile_directories: Vec<PathBuf>,
    /// Units of `systemd`, by their full names.
    pub systemd_units: Filter,
    /// Chips of `hwmon`.
    pub hwmon_chips: Filter,
    /// How many groups `process_groups` tells by CPU, and as many by memory.
    pub process_groups: usize,
    /// How many series one collector may write in one scrape.
    pub max_series: usize,
}

/// The options of `filesystem`.
#[derive(Clone, Debug, Default)]
pub struct FilesystemOptions {
    /// Which mount points.
    pub mount_points: Filter,
    /// Which types.
    pub fs_types: Filter,
}

impl Options {
    /// How many series one collector may write when nothing is set: far above what any sound host has.
    pub const DEFAULT_MAX_SERIES: usize = 20_000;
    /// How many groups of processes are told when nothing is set.
    pub const DEFAULT_PROCESS_GROUPS: usize = 10;
}

impl Default for Options {
    fn default() -> Self {
        Self {
            filesystem: Arc::default(),
            diskstats_devices: Filter::default(),
            network_devices: Filter::default(),
            vmstat_fields: Filter::default(),
            netstat_fields: Filter::default(),
            textfile_directories: Vec::new(),
            systemd_units: Filter::default(),
            hwmon_chips: Filter::default(),
            process_groups: Self::DEFAULT_PROCESS_GROUPS,
            max_series: Self::DEFAULT_MAX_SERIES,
        }
    }
}

/// Which names of a kind are told: both expressions are looked for anywhere in the name, as `node_exporter` does.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// What is told; everything when none.
    pub include: Option<Regex>,
    /// What is not told, after that.
    pub exclude: Option<Regex>,
}

impl Filter {
    /// Whether anything is set.
    pub fn is_set(&self) -> bool {
        self.include.is_some() || self.exclude.is_some()
    }

    /// Whether a name is told. Where nothing is set, `is_admitted_by_default` decides.
    pub fn admits(&self, name: &str, is_admitted_by_default: impl FnOnce(&str) -> bool) -> bool {
        match self {
            Self {
                include: None,
                exclude: None,
            } => is_admitted_by_default(name),
            Self { include, exclude } => {
                include.as_ref().is_none_or(|it| it.is_match(name))
                    && !exclude.as_ref().is_some_and(|it| it.is_match(name))
            }
        }
    }
}

#[cfg(test)]
mod tests;
