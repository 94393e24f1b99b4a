//! What `/proc/self` says.

use std::fs;
use std::sync::LazyLock;

use rustix::process::{Resource, getrlimit};

/// Unix time of boot in seconds, read once: it follows steps of the wall clock, and a start time that moves would look
/// like a restart.
static BOOT_TIME: LazyLock<Option<f64>> = LazyLock::new(|| {
    let stat = fs::read_to_string("/proc/stat").ok()?;
    boot_time(&stat)
});

/// Facts about this process; none where the kernel did not tell.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ProcSelf {
    pub(super) cpu_seconds: Option<f64>,
    pub(super) resident_bytes: Option<u64>,
    pub(super) virtual_bytes: Option<u64>,
    pub(super) threads: Option<u64>,
    pub(super) start_time_seconds: Option<f64>,
    pub(super) open_fds: Option<u64>,
    pub(super) max_fds: Option<f64>,
}

/// The machine's constants that the figures are counted in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Scale {
    pub(super) ticks_per_second: f64,
    pub(super) page_bytes: u64,
    /// Unix time of boot, seconds.
    pub(super) boot_time: Option<f64>,
}

impl ProcSelf {
    pub(super) fn read() -> Self {
        let scale = Scale {
            ticks_per_second: to_f64(rustix::param::clock_ticks_per_second()),
            page_bytes: rustix::param::page_size() as u64,
            boot_time: *BOOT_TIME,
        };
        let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
        Self {
            open_fds: open_fds(),
            max_fds: Some(
                getrlimit(Resource::Nofile)
                    .current
                    .map_or(f64::INFINITY, to_f64),
            ),
            ..Self::parse(&stat, scale)
        }
    }

    /// Fields as `proc_pid_stat(5)` numbers them. The name in brackets may hold spaces and brackets itself.
    pub(super) fn parse(stat: &str, scale: Scale) -> Self {
        let behind_name = stat.rsplit_once(')').map_or("", |(_, rest)| rest);
        let fields: Vec<&str> = behind_name.split_ascii_whitespace().collect();
        let field = |number: usize| -> Option<u64> { fields.get(number - 3)?.parse().ok() };
        let seconds = |ticks: u64| to_f64(ticks) / scale.ticks_per_second;
        Self {
            cpu_seconds: field(14)
                .zip(field(15))
                .map(|(user, system)| seconds(user + system)),
            threads: field(20),
            start_time_seconds: field(22)
                .zip(scale.boot_time)
                .map(|(start, boot)| boot + seconds(start)),
            virtual_bytes: field(23),
            resident_bytes: field(24).map(|pages| pages * scale.page_bytes),
            open_fds: None,
            max_fds: None,
        }
    }
}

/// Since Linux 6.2 the size of the folder says how many there are; before, it has to be listed.
fn open_fds() -> Option<u64> {
    let folder = "/proc/self/fd";
    match fs::metadata(folder).ok()?.len() {
        // The descriptor that lists the folder is one of them, for as long as it lists.
        0 => Some((fs::read_dir(folder).ok()?.count() as u64).saturating_sub(1)),
        count => Some(count),
    }
}

/// `btime` of `/proc/stat`.
pub(super) fn boot_time(stat: &str) -> Option<f64> {
    stat.lines()
        .find_map(|line| line.strip_prefix("btime "))?
        .trim()
        .parse()
        .ok()
}

#[expect(
    clippy::cast_precision_loss,
    reason = "ticks and limits are far below 2⁵³, and metrics are floats anyway"
)]
fn to_f64(number: u64) -> f64 {
    number as f64
}
