//! Flags of single collectors, with `node_exporter`'s names where it has them, and what they come to.

use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;
use prunelle_foundation::setting::Problem;
use regex::Regex;

use super::resolve::Errors;
use crate::options::{FilesystemOptions, Filter, Options};

/// The flags, each with its environment variable. Nothing is checked here and nothing has a default here.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Options of collectors")]
pub struct CollectorFlags {
    /// Mount points that `filesystem` leaves out [default: what holds no data, and what containers mount]
    #[arg(
        long = "collector.filesystem.mount-points-exclude",
        value_name = "REGEX"
    )]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_FILESYSTEM_MOUNT_POINTS_EXCLUDE",
        hide_env_values = true
    )]
    pub filesystem_mount_points_exclude: Option<String>,

    /// Mount points that `filesystem` tells [default: all others]
    #[arg(
        long = "collector.filesystem.mount-points-include",
        value_name = "REGEX"
    )]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_FILESYSTEM_MOUNT_POINTS_INCLUDE",
        hide_env_values = true
    )]
    pub filesystem_mount_points_include: Option<String>,

    /// Types that `filesystem` leaves out [default: what holds no data]
    #[arg(long = "collector.filesystem.fs-types-exclude", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_FILESYSTEM_FS_TYPES_EXCLUDE",
        hide_env_values = true
    )]
    pub filesystem_fs_types_exclude: Option<String>,

    /// Types that `filesystem` tells [default: all others]
    #[arg(long = "collector.filesystem.fs-types-include", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_FILESYSTEM_FS_TYPES_INCLUDE",
        hide_env_values = true
    )]
    pub filesystem_fs_types_include: Option<String>,

    /// Devices that `diskstats` leaves out [default: partitions, RAM, loop and floppy disks]
    #[arg(long = "collector.diskstats.device-exclude", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_DISKSTATS_DEVICE_EXCLUDE",
        hide_env_values = true
    )]
    pub diskstats_device_exclude: Option<String>,

    /// Devices that `diskstats` tells [default: all others]
    #[arg(long = "collector.diskstats.device-include", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_DISKSTATS_DEVICE_INCLUDE",
        hide_env_values = true
    )]
    pub diskstats_device_include: Option<String>,

    /// Devices that `netdev` and `netclass` leave out [default: those of containers and virtual machines]
    #[arg(long = "collector.netdev.device-exclude", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_NETDEV_DEVICE_EXCLUDE",
        hide_env_values = true
    )]
    pub netdev_device_exclude: Option<String>,

    /// Devices that `netdev` and `netclass` tell [default: all others]
    #[arg(long = "collector.netdev.device-include", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_NETDEV_DEVICE_INCLUDE",
        hide_env_values = true
    )]
    pub netdev_device_include: Option<String>,

    /// Fields that `vmstat` tells [default: paging, swapping, faults and OOM kills]
    #[arg(long = "collector.vmstat.fields", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_VMSTAT_FIELDS",
        hide_env_values = true
    )]
    pub vmstat_fields: Option<String>,

    /// Fields that `netstat` tells [default: those that tell of traffic, errors and overflows]
    #[arg(long = "collector.netstat.fields", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_NETSTAT_FIELDS",
        hide_env_values = true
    )]
    pub netstat_fields: Option<String>,

    /// Folder with `*.prom` files for `textfile`, may be a glob; may be given several times [default: none]
    #[arg(
        long = "collector.textfile.directory",
        value_name = "FOLDER",
        value_delimiter = ','
    )]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_TEXTFILE_DIRECTORY",
        hide_env_values = true
    )]
    pub textfile_directory: Vec<String>,

    /// Units whose state `systemd` leaves out [default: none of those told]
    #[arg(long = "collector.systemd.unit-exclude", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_SYSTEMD_UNIT_EXCLUDE",
        hide_env_values = true
    )]
    pub systemd_unit_exclude: Option<String>,

    /// Units whose state `systemd` tells [default: services]
    #[arg(long = "collector.systemd.unit-include", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_SYSTEMD_UNIT_INCLUDE",
        hide_env_values = true
    )]
    pub systemd_unit_include: Option<String>,

    /// Chips that `hwmon` leaves out [default: none]
    #[arg(long = "collector.hwmon.chip-exclude", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_HWMON_CHIP_EXCLUDE",
        hide_env_values = true
    )]
    pub hwmon_chip_exclude: Option<String>,

    /// Chips that `hwmon` tells [default: all]
    #[arg(long = "collector.hwmon.chip-include", value_name = "REGEX")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_HWMON_CHIP_INCLUDE",
        hide_env_values = true
    )]
    pub hwmon_chip_include: Option<String>,

    /// How many groups of processes are told by CPU, and as many by memory [default: 10]
    #[arg(long = "collector.process_groups.count", value_name = "NUMBER")]
    #[arg(
        env = "PRUNELLE_EXPORTER_COLLECTOR_PROCESS_GROUPS_COUNT",
        hide_env_values = true
    )]
    pub process_groups_count: Option<String>,

    /// How many series one collector may write in one scrape [default: 20000]
    #[arg(long = "collector.max-series", value_name = "NUMBER")]
    #[arg(env = "PRUNELLE_EXPORTER_COLLECTOR_MAX_SERIES", hide_env_values = true)]
    pub max_series: Option<String>,
}

/// Checks them and fills in the defaults.
pub(super) fn options(errors: &mut Errors<'_>) -> Options {
    let flags = &errors.given.flags.collectors;
    // node_exporter takes these for the whole name.
    let systemd_units = Filter {
        include: errors.parse(
            "systemd_unit_include",
            flags.systemd_unit_include.as_ref(),
            whole,
        ),
        exclude: errors.parse(
            "systemd_unit_exclude",
            flags.systemd_unit_exclude.as_ref(),
            whole,
        ),
    };
    let mut filter = |include: (&str, Option<&String>), exclude: (&str, Option<&String>)| Filter {
        include: errors.parse(include.0, include.1, regex),
        exclude: errors.parse(exclude.0, exclude.1, regex),
    };
    Options {
        filesystem: Arc::new(FilesystemOptions {
            mount_points: filter(
                (
                    "filesystem_mount_points_include",
                    flags.filesystem_mount_points_include.as_ref(),
                ),
                (
                    "filesystem_mount_points_exclude",
                    flags.filesystem_mount_points_exclude.as_ref(),
                ),
            ),
            fs_types: filter(
                (
                    "filesystem_fs_types_include",
                    flags.filesystem_fs_types_include.as_ref(),
                ),
                (
                    "filesystem_fs_types_exclude",
                    flags.filesystem_fs_types_exclude.as_ref(),
                ),
            ),
        }),
        diskstats_devices: filter(
            (
                "diskstats_device_include",
                flags.diskstats_device_include.as_ref(),
            ),
            (
                "diskstats_device_exclude",
                flags.diskstats_device_exclude.as_ref(),
            ),
        ),
        network_devices: filter(
            (
                "netdev_device_include",
                flags.netdev_device_include.as_ref(),
            ),
            (
                "netdev_device_exclude",
                flags.netdev_device_exclude.as_ref(),
            ),
        ),
        vmstat_fields: filter(("vmstat_fields", flags.vmstat_fields.as_ref()), ("", None)),
        netstat_fields: filter(
            ("netstat_fields", flags.netstat_fields.as_ref()),
            ("", None),
        ),
        systemd_units,
        hwmon_chips: filter(
            ("hwmon_chip_include", flags.hwmon_chip_include.as_ref()),
            ("hwmon_chip_exclude", flags.hwmon_chip_exclude.as_ref()),
        ),
        textfile_directories: folders(&flags.textfile_directory),
        process_groups: errors
            .parse(
                "process_groups_count",
                flags.process_groups_count.as_ref(),
                |text| number(text, 100),
            )
            .unwrap_or(Options::DEFAULT_PROCESS_GROUPS),
        max_series: errors
            .parse("max_series", flags.max_series.as_ref(), |text| {
                number(text, 10_000_000)
            })
            .unwrap_or(Options::DEFAULT_MAX_SERIES),
    }
}

fn folders(given: &[String]) -> Vec<PathBuf> {
    let given = given.iter().map(|text| text.trim());
    given
        .filter(|text| !text.is_empty())
        .map(PathBuf::from)
        .collect()
}

fn whole(text: &str) -> Result<Regex, Problem> {
    regex(text)?;
    regex(&format!("^(?:{text})$"))
}

fn regex(text: &str) -> Result<Regex, Problem> {
    Regex::new(text).map_err(|_| {
        Problem::new(
            "is not a regular expression",
            "write it as `^(sda|nvme0n1)$`; a literal `.`, `(` or `[` needs a backslash",
        )
    })
}

fn number(text: &str, largest: usize) -> Result<usize, Problem> {
    let number = text.parse().ok();
    number
        .filter(|number| (1..=largest).contains(number))
        .ok_or_else(|| Problem::new("is not such a number", "give a whole number from 1 on"))
}
