//! The settings of remedies and of checks, each kind in one struct; which of them belong to whom is one table each.
//!
//! So that a setting of another remedy is an error that names its owner, not merely an unknown key.

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::Scalar;
use crate::policy::{RemedyKind, schema};

/// A struct in which every key may be missing, and the list of the keys that are given.
macro_rules! settings {
    ($(#[$meta:meta])* $name:ident { $($(#[$field_meta:meta])* $field:ident $key:literal: $kind:ty,)+ }) => {
        #[derive(Debug, Default, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        $(#[$meta])*
        pub(in crate::policy) struct $name {
            $($(#[$field_meta])* #[serde(rename = $key)] pub(in crate::policy) $field: Option<$kind>,)+
        }

        impl $name {
            /// The keys that are given.
            pub(in crate::policy) fn given(&self) -> Vec<&'static str> {
                [$(($key, self.$field.is_some())),+]
                    .into_iter()
                    .filter_map(|(key, is_given)| is_given.then_some(key))
                    .collect()
            }
        }
    };
}

settings! {
    /// The settings of a remedy.
    #[schemars(rename = "Settings")]
    SettingsWire {
        /// `restart_service`: `leave` a unit alone that is up (default), or `restart` it.
        #[schemars(default, schema_with = "schema::live")]
        live "live": Scalar,
        /// `throttle_service`: share of one processor, such as `50%`; `200%` are two.
        cpu_quota "cpu_quota": Scalar,
        /// `throttle_service`: from 1 to 10000; systemd's default is 100.
        cpu_weight "cpu_weight": Scalar,
        /// `throttle_service`: memory above which the unit is slowed down.
        memory_high "memory_high": Scalar,
        /// `throttle_service`: undone after this long, if the alert has not resolved before (default: 1h).
        lasts "for": Scalar,
        /// `clean_folder` on a mount: the folder, which lies on that mount.
        folder "folder": Scalar,
        /// `clean_folder`: only what no time stamp is younger than.
        older_than "older_than": Scalar,
        /// `clean_folder`: stop when so much of the file system is free.
        stop_at_free "stop_at_free": Scalar,
        /// `clean_folder`: stop after so many bytes (default: 20 GiB).
        max_bytes "max_bytes": Scalar,
        /// `clean_folder`: stop after so many files (default: 100000).
        max_files "max_files": Scalar,
        /// `vacuum_journal`: younger entries stay (default: 7d, at least 24h).
        keep "keep": Scalar,
        /// `end_process`: from SIGTERM to SIGKILL (default: 10s).
        grace "grace": Scalar,
        /// `run_command`: program, by an absolute path, and arguments; there is no shell.
        argv "argv": Vec<Scalar>,
        /// `run_command`: labels that the command may see, each as the variable `PRUNELLE_LABEL_<NAME>`.
        labels "labels": Vec<Scalar>,
        /// `run_command`: most memory of all its processes (default: 256 MiB).
        memory_max "memory_max": Scalar,
        /// `run_command`: it may be run again after a crash (default: false).
        #[schemars(default, schema_with = "schema::boolean")]
        idempotent "idempotent": Scalar,
        /// `reboot`: so long the machine has to have been up since its last boot (default: 1d, at least 10m).
        healthy_for "healthy_for": Scalar,
    }
}

settings! {
    /// The settings of a check.
    #[schemars(rename = "CheckSettings")]
    CheckSettingsWire {
        /// `unit_active`, `unit_inactive`: it has to stay so for this long (default: 2s).
        stable_for "stable_for": Scalar,
        /// `free_space`: at least so much is free.
        at_least "at_least": Scalar,
        /// `pressure_below`: tasks wait for processors less than this share of the time.
        cpu "cpu": Scalar,
        /// `pressure_below`: tasks wait for memory less than this share of the time.
        memory "memory": Scalar,
        /// `pressure_below`: tasks wait for disks less than this share of the time.
        io "io": Scalar,
        /// `http`: what is asked with a GET.
        url "url": Scalar,
        /// `http`: which status codes are good (default: 200).
        status "status": Vec<Scalar>,
    }
}

/// The settings that a remedy has.
pub(in crate::policy) const fn of_remedy(kind: RemedyKind) -> &'static [&'static str] {
    match kind {
        RemedyKind::RestartService => &["live"],
        RemedyKind::ThrottleService => &["cpu_quota", "cpu_weight", "memory_high", "for"],
        RemedyKind::CleanFolder => &[
            "folder",
            "older_than",
            "stop_at_free",
            "max_bytes",
            "max_files",
        ],
        RemedyKind::VacuumJournal => &["keep"],
        RemedyKind::EndProcess => &["grace"],
        RemedyKind::RunCommand => &["argv", "labels", "memory_max", "idempotent"],
        RemedyKind::Reboot => &["healthy_for"],
        RemedyKind::StartService
        | RemedyKind::StopService
        | RemedyKind::ReloadService
        | RemedyKind::ResetFailed
        | RemedyKind::CleanPackageCache
        | RemedyKind::DropCaches => &[],
    }
}

/// The checks that have settings in a mapping, with their settings.
pub(in crate::policy) const OF_CHECKS: [(&str, &[&str]); 6] = [
    ("unit_active", &["stable_for"]),
    ("unit_inactive", &["stable_for"]),
    ("free_space", &["at_least"]),
    ("pressure_below", &["cpu", "memory", "io"]),
    ("http", &["url", "status"]),
    ("alert_inactive", &[]),
];
