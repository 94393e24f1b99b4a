//! The flags, each with its environment variable. Nothing is checked here and nothing has a default here.

use std::collections::BTreeMap;
use std::ffi::OsString;

use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory, FromArgMatches, Parser};

use super::collectors::CollectorFlags;
use super::switches::Switches;

/// Publishes the resources of one host against thresholds, and its services up or down, for Prometheus.
#[derive(Clone, Debug, Default, Parser)]
#[command(name = "prunelle-exporter", version, max_term_width = 100)]
pub struct Flags {
    /// Address to listen on; may be given several times [default: :9750]
    #[arg(
        long = "web.listen-address",
        value_name = "ADDRESS",
        value_delimiter = ','
    )]
    #[arg(env = "PRUNELLE_EXPORTER_WEB_LISTEN_ADDRESS", hide_env_values = true)]
    pub web_listen_address: Vec<String>,

    /// Path of the metrics [default: /metrics]
    #[arg(long = "web.telemetry-path", value_name = "PATH")]
    #[arg(env = "PRUNELLE_EXPORTER_WEB_TELEMETRY_PATH", hide_env_values = true)]
    pub web_telemetry_path: Option<String>,

    /// How many scrapes may run at once [default: 40]
    #[arg(long = "web.max-requests", value_name = "NUMBER")]
    #[arg(env = "PRUNELLE_EXPORTER_WEB_MAX_REQUESTS", hide_env_values = true)]
    pub web_max_requests: Option<String>,

    /// File of TLS, users, headers and the rate limit, in the format of Prometheus' exporter-toolkit [default: none]
    #[arg(long = "web.config.file", value_name = "FILE")]
    #[arg(env = "PRUNELLE_EXPORTER_WEB_CONFIG_FILE", hide_env_values = true)]
    pub web_config_file: Option<String>,

    /// Where procfs is mounted [default: /proc]
    #[arg(long = "path.procfs", value_name = "FOLDER")]
    #[arg(env = "PRUNELLE_EXPORTER_PATH_PROCFS", hide_env_values = true)]
    pub path_procfs: Option<String>,

    /// Where sysfs is mounted [default: /sys]
    #[arg(long = "path.sysfs", value_name = "FOLDER")]
    #[arg(env = "PRUNELLE_EXPORTER_PATH_SYSFS", hide_env_values = true)]
    pub path_sysfs: Option<String>,

    /// Where the host's root file system is seen [default: /]
    #[arg(long = "path.rootfs", value_name = "FOLDER")]
    #[arg(env = "PRUNELLE_EXPORTER_PATH_ROOTFS", hide_env_values = true)]
    pub path_rootfs: Option<String>,

    /// Where udev keeps what it knows of devices [default: /run/udev/data]
    #[arg(long = "path.udev.data", value_name = "FOLDER")]
    #[arg(env = "PRUNELLE_EXPORTER_PATH_UDEV_DATA", hide_env_values = true)]
    pub path_udev_data: Option<String>,

    /// What CPU and memory are measured against: `machine`, or `cgroup` for a container that plays a host
    /// [default: machine]
    #[arg(long = "host.boundary", value_name = "BOUNDARY")]
    #[arg(env = "PRUNELLE_EXPORTER_HOST_BOUNDARY", hide_env_values = true)]
    pub host_boundary: Option<String>,

    /// Services to watch: names and globs separated by commas, `nginx` means `nginx.service` [default: none]
    #[arg(long = "monitored-services", value_name = "NAMES")]
    #[arg(env = "MONITORED_SERVICES", hide_env_values = true)]
    pub monitored_services: Option<String>,

    /// Seconds over which CPU usage and network traffic are measured [default: 10]
    #[arg(long = "monitoring-interval", value_name = "SECONDS")]
    #[arg(env = "MONITORING_INTERVAL", hide_env_values = true)]
    pub monitoring_interval: Option<String>,

    /// CPU usage that is worth a warning, in percent [default: 80]
    #[arg(long = "cpu-threshold", value_name = "PERCENT")]
    #[arg(env = "CPU_THRESHOLD", hide_env_values = true)]
    pub cpu_threshold: Option<String>,

    /// CPU usage that is critical, in percent [default: 95]
    #[arg(long = "cpu-threshold-critical", value_name = "PERCENT")]
    #[arg(env = "CPU_THRESHOLD_CRITICAL", hide_env_values = true)]
    pub cpu_threshold_critical: Option<String>,

    /// Memory usage that is worth a warning, in percent [default: 85]
    #[arg(long = "memory-threshold", value_name = "PERCENT")]
    #[arg(env = "MEMORY_THRESHOLD", hide_env_values = true)]
    pub memory_threshold: Option<String>,

    /// Memory usage that is critical, in percent [default: 95]
    #[arg(long = "memory-threshold-critical", value_name = "PERCENT")]
    #[arg(env = "MEMORY_THRESHOLD_CRITICAL", hide_env_values = true)]
    pub memory_threshold_critical: Option<String>,

    /// Disk usage that is worth a warning, in percent [default: 90]
    #[arg(long = "disk-threshold", value_name = "PERCENT")]
    #[arg(env = "DISK_THRESHOLD", hide_env_values = true)]
    pub disk_threshold: Option<String>,

    /// Disk usage that is critical, in percent [default: 97]
    #[arg(long = "disk-threshold-critical", value_name = "PERCENT")]
    #[arg(env = "DISK_THRESHOLD_CRITICAL", hide_env_values = true)]
    pub disk_threshold_critical: Option<String>,

    /// Traffic of one device in one direction that is worth a warning, in MB (10^6 bytes) a second [default: 100]
    #[arg(long = "network-threshold", value_name = "MB")]
    #[arg(env = "NETWORK_THRESHOLD", hide_env_values = true)]
    pub network_threshold: Option<String>,

    /// Traffic that is critical, in MB a second [default: none]
    #[arg(long = "network-threshold-critical", value_name = "MB")]
    #[arg(env = "NETWORK_THRESHOLD_CRITICAL", hide_env_values = true)]
    pub network_threshold_critical: Option<String>,

    /// Level of the log, error, warn, info, debug, trace or off, or a filter [default: info]
    #[arg(long = "log.level", value_name = "LEVEL")]
    #[arg(env = "PRUNELLE_EXPORTER_LOG_LEVEL", hide_env_values = true)]
    pub log_level: Option<String>,

    /// Format of the log, logfmt or json [default: logfmt]
    #[arg(long = "log.format", value_name = "FORMAT")]
    #[arg(env = "PRUNELLE_EXPORTER_LOG_FORMAT", hide_env_values = true)]
    pub log_format: Option<String>,

    /// What is set about single collectors.
    #[command(flatten)]
    pub collectors: CollectorFlags,

    /// Collectors that are switched on or off.
    #[command(flatten)]
    pub(super) switches: Switches,
}

/// Flags together with the names under which they were given.
#[derive(Clone, Debug)]
pub struct Given {
    /// The values.
    pub flags: Flags,
    names: BTreeMap<String, String>,
}

impl Given {
    /// Reads arguments and environment; the error is clap's own, help and version among them.
    pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Flags::command().try_get_matches_from(arguments)?;
        let flags = Flags::from_arg_matches(&matches)?;
        Ok(Self {
            names: names(&matches),
            flags,
        })
    }

    /// What to call the setting with this field's name: its variable, unless it was given as a flag.
    pub(super) fn name(&self, field: &str) -> String {
        self.names
            .get(field)
            .cloned()
            .unwrap_or_else(|| field.to_owned())
    }
}

/// For each field the flag, if that is how it was given, and else the variable, from which a default can be changed.
fn names(matches: &ArgMatches) -> BTreeMap<String, String> {
    let command = Flags::command();
    let names = command.get_arguments().filter_map(|argument| {
        let id = argument.get_id().as_str();
        // `help` and `version` exist for clap's parser only.
        let source = matches
            .try_contains_id(id)
            .ok()
            .map(|_| matches.value_source(id))?;
        let flag = argument.get_long().map(|flag| format!("--{flag}"));
        let variable = argument
            .get_env()
            .map(|variable| variable.to_string_lossy().into_owned());
        let name = match source {
            Some(ValueSource::CommandLine) => flag?,
            _ => variable.or(flag)?,
        };
        Some((id.to_owned(), name))
    });
    names.collect()
}
