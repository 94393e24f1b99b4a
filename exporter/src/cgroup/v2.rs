//! Files of a cgroup of version 2: `cpu.max`, `cpu.stat`, `memory.max`, `memory.current`, `memory.stat`,
//! `memory.swap.max`, `memory.swap.current`.

use std::path::Path;
use std::time::Duration;

use super::parse::number;
use super::{ByteLimit, CpuLimit, MemoryFiles, cores, keyed, limit, value};
use crate::roots::{self, Malformed, Reading};

/// What the kernel would give up before it refuses memory; shared memory is not among the file lists.
const RECLAIMABLE: &[&str] = &["active_file", "inactive_file", "slab_reclaimable"];

pub(super) fn cpu(folder: &Path) -> Reading<CpuLimit> {
    let quota = roots::parse(&folder.join("cpu.max"), |content| {
        let mut words = content.trim_ascii().split(|&byte| byte == b' ');
        let quota = match words.next().unwrap_or_default() {
            b"max" => return Ok(None),
            quota => number(quota, 1)?,
        };
        let period = words.next().ok_or(Malformed::Missing("the period"))?;
        Ok(cores(quota, number(period, 1)?))
    })?;
    let Some(cores) = quota.flatten() else {
        return Ok(None);
    };
    let used = keyed(&folder.join("cpu.stat"), "usage_usec")?;
    Ok(used.map(|microseconds| CpuLimit {
        cores,
        used: Duration::from_micros(microseconds),
    }))
}

pub(super) const MEMORY: MemoryFiles = MemoryFiles {
    limit: "memory.max",
    used: "memory.current",
    reclaimable: RECLAIMABLE,
};

pub(super) fn swap(folder: &Path) -> Reading<ByteLimit> {
    let Some(bytes) = limit(&folder.join("memory.swap.max"))? else {
        return Ok(None);
    };
    let used = value(&folder.join("memory.swap.current"))?;
    Ok(used.map(|used| ByteLimit { bytes, used }))
}
