//! What can be set about collectors, under `node_exporter`'s names where it has them.

use super::Setting;

/// A regular expression; `told` says what holds without it.
const fn filter(
    flag: &'static str,
    key: &'static str,
    about: &'static str,
    told: &'static str,
) -> Setting {
    Setting::new(flag, key, "REGEX", about).told(told).live()
}

/// Whether only those run that are switched on.
pub static DISABLE_DEFAULTS: Setting = Setting::new(
    "collector.disable-defaults",
    "collectors.disable_defaults",
    "BOOL",
    "Run only those collectors that are switched on",
)
.switch()
.default("false")
.live();
/// The limit on series.
pub static MAX_SERIES: Setting = Setting::new(
    "collector.max-series",
    "collectors.max_series",
    "NUMBER",
    "How many series one collector may write in one scrape",
)
.default("20000")
.live();
/// `filesystem`.
pub static MOUNT_POINTS_EXCLUDE: Setting = filter(
    "collector.filesystem.mount-points-exclude",
    "collectors.filesystem.mount_points_exclude",
    "Mount points that `filesystem` leaves out",
    "what holds no data, and what containers mount",
);
/// `filesystem`.
pub static MOUNT_POINTS_INCLUDE: Setting = filter(
    "collector.filesystem.mount-points-include",
    "collectors.filesystem.mount_points_include",
    "Mount points that `filesystem` tells",
    "all others",
);
/// `filesystem`.
pub static FS_TYPES_EXCLUDE: Setting = filter(
    "collector.filesystem.fs-types-exclude",
    "collectors.filesystem.fs_types_exclude",
    "Types that `filesystem` leaves out",
    "what holds no data",
);
/// `filesystem`.
pub static FS_TYPES_INCLUDE: Setting = filter(
    "collector.filesystem.fs-types-include",
    "collectors.filesystem.fs_types_include",
    "Types that `filesystem` tells",
    "all others",
);
/// `diskstats`.
pub static DISKSTATS_EXCLUDE: Setting = filter(
    "collector.diskstats.device-exclude",
    "collectors.diskstats.device_exclude",
    "Devices that `diskstats` leaves out",
    "partitions, RAM, loop and floppy disks",
);
/// `diskstats`.
pub static DISKSTATS_INCLUDE: Setting = filter(
    "collector.diskstats.device-include",
    "collectors.diskstats.device_include",
    "Devices that `diskstats` tells",
    "all others",
);
/// `netdev`, `netclass`.
pub static NETDEV_EXCLUDE: Setting = filter(
    "collector.netdev.device-exclude",
    "collectors.netdev.device_exclude",
    "Devices that `netdev` and `netclass` leave out",
    "those of containers and virtual machines",
);
/// `netdev`, `netclass`.
pub static NETDEV_INCLUDE: Setting = filter(
    "collector.netdev.device-include",
    "collectors.netdev.device_include",
    "Devices that `netdev` and `netclass` tell",
    "all others",
);
/// `vmstat`.
pub static VMSTAT_FIELDS: Setting = filter(
    "collector.vmstat.fields",
    "collectors.vmstat.fields",
    "Fields that `vmstat` tells",
    "paging, swapping, faults and OOM kills",
);
/// `netstat`.
pub static NETSTAT_FIELDS: Setting = filter(
    "collector.netstat.fields",
    "collectors.netstat.fields",
    "Fields that `netstat` tells",
    "those that tell of traffic, errors and overflows",
);
/// `textfile`.
pub static TEXTFILE_DIRECTORY: Setting = Setting::new(
    "collector.textfile.directory",
    "collectors.textfile.directories",
    "FOLDER",
    "Folder with `*.prom` files for `textfile`, may be a glob; may be given several times",
)
.list()
.told("none")
.live();
/// `systemd`.
pub static SYSTEMD_EXCLUDE: Setting = filter(
    "collector.systemd.unit-exclude",
    "collectors.systemd.unit_exclude",
    "Units whose state `systemd` leaves out",
    "none of those told",
);
/// `systemd`.
pub static SYSTEMD_INCLUDE: Setting = filter(
    "collector.systemd.unit-include",
    "collectors.systemd.unit_include",
    "Units whose state `systemd` tells",
    "services",
);
/// `hwmon`.
pub static HWMON_EXCLUDE: Setting = filter(
    "collector.hwmon.chip-exclude",
    "collectors.hwmon.chip_exclude",
    "Chips that `hwmon` leaves out",
    "none",
);
/// `hwmon`.
pub static HWMON_INCLUDE: Setting = filter(
    "collector.hwmon.chip-include",
    "collectors.hwmon.chip_include",
    "Chips that `hwmon` tells",
    "all",
);
/// `process_groups`.
pub static PROCESS_GROUPS: Setting = Setting::new(
    "collector.process_groups.count",
    "collectors.process_groups.count",
    "NUMBER",
    "How many groups of processes are told by CPU, and as many by memory",
)
.default("10")
.live();

pub(super) static ALL: &[&Setting] = &[
    &DISABLE_DEFAULTS,
    &MAX_SERIES,
    &MOUNT_POINTS_EXCLUDE,
    &MOUNT_POINTS_INCLUDE,
    &FS_TYPES_EXCLUDE,
    &FS_TYPES_INCLUDE,
    &DISKSTATS_EXCLUDE,
    &DISKSTATS_INCLUDE,
    &NETDEV_EXCLUDE,
    &NETDEV_INCLUDE,
    &VMSTAT_FIELDS,
    &NETSTAT_FIELDS,
    &TEXTFILE_DIRECTORY,
    &SYSTEMD_EXCLUDE,
    &SYSTEMD_INCLUDE,
    &HWMON_EXCLUDE,
    &HWMON_INCLUDE,
    &PROCESS_GROUPS,
];
