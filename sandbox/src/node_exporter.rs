//! What the tests and the bench that compare with `node_exporter` know of it.

/// Debian's name for it.
pub const PROGRAM: &str = "prometheus-node-exporter";

/// Collectors that both programs have, but for `systemd`, which is compared in a sandbox.
pub const COLLECTORS: &[&str] = &[
    "bonding",
    "conntrack",
    "cpu",
    "diskstats",
    "filefd",
    "filesystem",
    "loadavg",
    "mdadm",
    "meminfo",
    "netclass",
    "netdev",
    "netstat",
    "os",
    "pressure",
    "sockstat",
    "softnet",
    "stat",
    "textfile",
    "thermal_zone",
    "time",
    "timex",
    "uname",
    "vmstat",
];

/// What `node_exporter` leaves out by default; Debian's leaves out more, and would have less to do.
pub const UPSTREAM_S_DEFAULTS: &[&str] = &[
    "--collector.filesystem.mount-points-exclude=\
     ^/(dev|proc|run/credentials/.+|sys|var/lib/docker/.+|var/lib/containers/storage/.+)($|/)",
    "--collector.netdev.device-exclude=^$",
];
