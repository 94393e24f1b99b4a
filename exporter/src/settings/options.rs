//! Collectors: which are on, and what is set about them.

use std::sync::Arc;

use prunelle_foundation::setting::boolean;

use super::parsers::{number, regex, whole};
use super::resolve::Resolver;
use super::table::Setting;
use super::table::collectors as table;
use crate::collector::{COLLECTORS, Collector};
use crate::options::{FilesystemOptions, Filter, Options};

/// The collectors that are switched on.
pub(super) fn switched_on(resolver: &mut Resolver<'_>) -> Vec<&'static Collector> {
    let are_defaults_off = resolver
        .value(&table::DISABLE_DEFAULTS, boolean)
        .unwrap_or_default();
    let is_on = |collector: &&'static Collector| {
        let default = collector.is_on_by_default && !are_defaults_off;
        let said = resolver.value_of(&super::table::switch_flag(collector), boolean);
        said.unwrap_or(default)
    };
    COLLECTORS.iter().filter(is_on).collect()
}

/// The options of all collectors.
pub(super) fn options(resolver: &mut Resolver<'_>) -> Options {
    // node_exporter takes these for the whole name.
    let systemd_units = Filter {
        include: resolver.value(&table::SYSTEMD_INCLUDE, whole),
        exclude: resolver.value(&table::SYSTEMD_EXCLUDE, whole),
    };
    let mut filter = |include: Option<&Setting>, exclude: Option<&Setting>| Filter {
        include: include.and_then(|setting| resolver.value(setting, regex)),
        exclude: exclude.and_then(|setting| resolver.value(setting, regex)),
    };
    Options {
        filesystem: Arc::new(FilesystemOptions {
            mount_points: filter(
                Some(&table::MOUNT_POINTS_INCLUDE),
                Some(&table::MOUNT_POINTS_EXCLUDE),
            ),
            fs_types: filter(
                Some(&table::FS_TYPES_INCLUDE),
                Some(&table::FS_TYPES_EXCLUDE),
            ),
        }),
        diskstats_devices: filter(
            Some(&table::DISKSTATS_INCLUDE),
            Some(&table::DISKSTATS_EXCLUDE),
        ),
        network_devices: filter(Some(&table::NETDEV_INCLUDE), Some(&table::NETDEV_EXCLUDE)),
        vmstat_fields: filter(Some(&table::VMSTAT_FIELDS), None),
        netstat_fields: filter(Some(&table::NETSTAT_FIELDS), None),
        systemd_units,
        hwmon_chips: filter(Some(&table::HWMON_INCLUDE), Some(&table::HWMON_EXCLUDE)),
        textfile_directories: resolver.paths(&table::TEXTFILE_DIRECTORY),
        process_groups: resolver
            .value(&table::PROCESS_GROUPS, number(100, "10"))
            .unwrap_or_default(),
        max_series: resolver
            .value(&table::MAX_SERIES, number(10_000_000, "20000"))
            .unwrap_or_default(),
    }
}
