//! All settings, each stated once. Flags, variables, keys of the file, `--help`, the reference and what a reload may
//! change are made from here.

use crate::collector::COLLECTORS;
use entry::switch;
pub(super) use entry::switch_flag;
pub use entry::{Change, Entry, Setting, Takes};

pub mod collectors;
mod entry;

/// The flag that names the configuration file, and its variable; neither is in the file.
pub const CONFIG_FILE: (&str, &str) = ("config.file", "PRUNELLE_EXPORTER_CONFIG_FILE");

/// Where to listen.
pub static LISTEN_ADDRESS: Setting = Setting::new(
    "web.listen-address",
    "web.listen_addresses",
    "ADDRESS",
    "Where to listen; may be given several times",
)
.list()
.default(":9750");
/// The path of the metrics.
pub static TELEMETRY_PATH: Setting = Setting::new(
    "web.telemetry-path",
    "web.telemetry_path",
    "PATH",
    "Path of the metrics",
)
.default("/metrics");
/// The web configuration.
pub static WEB_CONFIG_FILE: Setting = Setting::new(
    "web.config.file",
    "web.config_file",
    "FILE",
    "File of TLS, users, headers and the rate limit, in the format of Prometheus' exporter-toolkit",
)
.told("none");
/// The limit on parallel scrapes.
pub static MAX_REQUESTS: Setting = Setting::new(
    "web.max-requests",
    "web.max_requests",
    "NUMBER",
    "How many scrapes may run at once",
)
.default("40")
.live();
/// Whether a POST may reload.
pub static ENABLE_LIFECYCLE: Setting = Setting::new(
    "web.enable-lifecycle",
    "web.enable_lifecycle",
    "BOOL",
    "Whether a POST to `/-/reload` reloads the settings; SIGHUP always does",
)
.switch()
.default("false");
/// The root of procfs.
pub static PROCFS: Setting = Setting::new(
    "path.procfs",
    "paths.procfs",
    "FOLDER",
    "Where procfs is mounted",
)
.default("/proc");
/// The root of sysfs.
pub static SYSFS: Setting = Setting::new(
    "path.sysfs",
    "paths.sysfs",
    "FOLDER",
    "Where sysfs is mounted",
)
.default("/sys");
/// The root of the host's file systems.
pub static ROOTFS: Setting = Setting::new(
    "path.rootfs",
    "paths.rootfs",
    "FOLDER",
    "Where the host's root file system is seen",
)
.default("/");
/// The folder of udev.
pub static UDEV_DATA: Setting = Setting::new(
    "path.udev.data",
    "paths.udev_data",
    "FOLDER",
    "Where udev keeps what it knows of devices",
)
.default("/run/udev/data");
/// What CPU and memory are measured against.
pub static BOUNDARY: Setting = Setting::new(
    "host.boundary",
    "host.boundary",
    "BOUNDARY",
    "What CPU and memory are measured against: `machine`, or `cgroup` for a container that plays a host",
)
.default("machine");
/// The watched services.
pub static SERVICES: Setting = Setting::new(
    "monitored-services",
    "services",
    "NAMES",
    "Services to watch: names and globs, `nginx` means `nginx.service`",
)
.variable("MONITORED_SERVICES")
.list()
.told("none")
.live();
/// The interval of usage figures.
pub static INTERVAL: Setting = Setting::new(
    "monitoring-interval",
    "monitoring_interval",
    "SECONDS",
    "Over which CPU usage and network traffic are measured: seconds, or `1m`",
)
.variable("MONITORING_INTERVAL")
.default("10")
.live();
/// CPU, warning.
pub static CPU: Setting = Setting::new(
    "cpu-threshold",
    "thresholds.cpu.warning",
    "PERCENT",
    "CPU usage that is worth a warning, in percent",
)
.variable("CPU_THRESHOLD")
.default("80")
.live();
/// CPU, critical.
pub static CPU_CRITICAL: Setting = Setting::new(
    "cpu-threshold-critical",
    "thresholds.cpu.critical",
    "PERCENT",
    "CPU usage that is critical, in percent",
)
.variable("CPU_THRESHOLD_CRITICAL")
.default("95")
.live();
/// Memory, warning.
pub static MEMORY: Setting = Setting::new(
    "memory-threshold",
    "thresholds.memory.warning",
    "PERCENT",
    "Memory usage that is worth a warning, in percent",
)
.variable("MEMORY_THRESHOLD")
.default("85")
.live();
/// Memory, critical.
pub static MEMORY_CRITICAL: Setting = Setting::new(
    "memory-threshold-critical",
    "thresholds.memory.critical",
    "PERCENT",
    "Memory usage that is critical, in percent",
)
.variable("MEMORY_THRESHOLD_CRITICAL")
.default("95")
.live();
/// Disks, warning.
pub static DISK: Setting = Setting::new(
    "disk-threshold",
    "thresholds.disk.warning",
    "PERCENT",
    "Disk usage that is worth a warning, in percent",
)
.variable("DISK_THRESHOLD")
.default("90")
.live();
/// Disks, critical.
pub static DISK_CRITICAL: Setting = Setting::new(
    "disk-threshold-critical",
    "thresholds.disk.critical",
    "PERCENT",
    "Disk usage that is critical, in percent",
)
.variable("DISK_THRESHOLD_CRITICAL")
.default("97")
.live();
/// Network, warning.
pub static NETWORK: Setting = Setting::new(
    "network-threshold",
    "thresholds.network.warning",
    "MB",
    "Traffic of one device in one direction that is worth a warning, in MB (10^6 bytes) a second",
)
.variable("NETWORK_THRESHOLD")
.default("100")
.live();
/// Network, critical.
pub static NETWORK_CRITICAL: Setting = Setting::new(
    "network-threshold-critical",
    "thresholds.network.critical",
    "MB",
    "Traffic that is critical, in MB a second",
)
.variable("NETWORK_THRESHOLD_CRITICAL")
.told("none")
.live();
/// The level of the log.
pub static LOG_LEVEL: Setting = Setting::new(
    "log.level",
    "log.level",
    "LEVEL",
    "Level of the log: error, warn, info, debug, trace or off, or a filter",
)
.default("info")
.live();
/// The format of the log.
pub static LOG_FORMAT: Setting = Setting::new(
    "log.format",
    "log.format",
    "FORMAT",
    "Format of the log, on standard error: logfmt or json",
)
.default("logfmt");

static GENERAL: &[&Setting] = &[
    &LISTEN_ADDRESS,
    &TELEMETRY_PATH,
    &WEB_CONFIG_FILE,
    &MAX_REQUESTS,
    &ENABLE_LIFECYCLE,
    &PROCFS,
    &SYSFS,
    &ROOTFS,
    &UDEV_DATA,
    &BOUNDARY,
    &SERVICES,
    &INTERVAL,
    &CPU,
    &CPU_CRITICAL,
    &MEMORY,
    &MEMORY_CRITICAL,
    &DISK,
    &DISK_CRITICAL,
    &NETWORK,
    &NETWORK_CRITICAL,
    &LOG_LEVEL,
    &LOG_FORMAT,
];

/// All settings of the program, in the order in which people read them.
pub fn entries() -> Vec<Entry> {
    let general = GENERAL.iter().map(|setting| setting.entry("General"));
    let switches = COLLECTORS.iter().map(switch);
    let options = collectors::ALL
        .iter()
        .map(|setting| setting.entry("Options of collectors"));
    general.chain(switches).chain(options).collect()
}
