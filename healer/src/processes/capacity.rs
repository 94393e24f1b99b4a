//! How much there is of a resource on this machine, or in the container that it is.

use std::fs;
use std::path::Path;

use super::parse::{key_in_kilobytes, single};
use super::{Folder, ProcessesError};

/// What the machine has.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Capacity {
    /// Memory in bytes, swap not counted.
    pub memory: u64,
    /// Processors, or the quota of them.
    pub processors: f64,
    /// Whether anything is swapped out.
    pub is_swapping: bool,
}

impl Capacity {
    /// Reads `meminfo` and `stat` of the machine, and the limits of the cgroup at the top of what is mounted below
    /// `root`: inside a container that is the container's own.
    pub fn read(proc: &Folder, root: &Path) -> Result<Self, ProcessesError> {
        let mut content = Vec::new();
        proc.read("meminfo", &mut content)?;
        let value = |key: &[u8], item| {
            key_in_kilobytes(&content, key).ok_or(ProcessesError::Malformed {
                path: proc.path().join("meminfo"),
                item,
            })
        };
        let memory = value(b"MemTotal", "MemTotal")?;
        let is_swapping = value(b"SwapTotal", "SwapTotal")? > value(b"SwapFree", "SwapFree")?;
        proc.read("stat", &mut content)?;
        let processors = content
            .split(|&byte| byte == b'\n')
            .filter(|line| {
                let number = line.strip_prefix(b"cpu");
                number.is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_digit))
            })
            .count();
        let processors = u32::try_from(processors).unwrap_or(u32::MAX).max(1);
        let groups = root.join("sys/fs/cgroup");
        Ok(Self {
            memory: memory_limit(&groups)
                .map_or(memory, |limit| limit.min(memory))
                .max(1),
            processors: cpu_limit(&groups).map_or(f64::from(processors), |limit| {
                limit.min(f64::from(processors))
            }),
            is_swapping,
        })
    }
}

/// The container's limit; version 1 writes a number beyond any machine's where there is none.
fn memory_limit(groups: &Path) -> Option<u64> {
    ["memory.max", "memory/memory.limit_in_bytes"]
        .iter()
        .find_map(|file| single(&fs::read(groups.join(file)).ok()?))
        .filter(|&limit| limit > 0)
}

fn cpu_limit(groups: &Path) -> Option<f64> {
    let number = |file: &str| single::<f64>(&fs::read(groups.join(file)).ok()?);
    let unified = || {
        let text = fs::read_to_string(groups.join("cpu.max")).ok()?;
        let (quota, period) = text.trim_end().split_once(' ')?;
        Some((quota.parse::<f64>().ok()?, period.parse::<f64>().ok()?))
    };
    let (quota, period) = unified().or_else(|| {
        Some((
            number("cpu/cpu.cfs_quota_us")?,
            number("cpu/cpu.cfs_period_us")?,
        ))
    })?;
    (quota > 0.0 && period > 0.0).then(|| quota / period)
}
