//! Files of a cgroup of version 1: `cpu.cfs_quota_us`, `cpu.cfs_period_us`, `cpuacct.usage`,
//! `memory.limit_in_bytes`, `memory.usage_in_bytes`, `memory.memsw.limit_in_bytes`, `memory.stat`.

use std::path::Path;
use std::time::Duration;

use super::{ByteLimit, CpuLimit, MemoryFiles, cores, keyed, limit, value};
use crate::roots::Reading;

/// As in version 2, of the cgroup with all below it; this version does not count the slab here.
const RECLAIMABLE: &[&str] = &["total_active_file", "total_inactive_file"];

pub(super) fn cpu(folder: &Path, accounting: &Path) -> Reading<CpuLimit> {
    let (Some(quota), Some(period)) = (
        limit(&folder.join("cpu.cfs_quota_us"))?,
        value(&folder.join("cpu.cfs_period_us"))?,
    ) else {
        return Ok(None);
    };
    let Some(cores) = cores(quota, period) else {
        return Ok(None);
    };
    let used = value(&accounting.join("cpuacct.usage"))?;
    Ok(used.map(|nanoseconds| CpuLimit {
        cores,
        used: Duration::from_nanos(nanoseconds),
    }))
}

pub(super) const MEMORY: MemoryFiles = MemoryFiles {
    limit: "memory.limit_in_bytes",
    used: "memory.usage_in_bytes",
    reclaimable: RECLAIMABLE,
};

/// The limit there is on memory and swap together; the files are missing where swap is not accounted for.
pub(super) fn swap(folder: &Path) -> Reading<ByteLimit> {
    let (Some(memory), Some(both)) = (
        limit(&folder.join("memory.limit_in_bytes"))?,
        limit(&folder.join("memory.memsw.limit_in_bytes"))?,
    ) else {
        return Ok(None);
    };
    let used = keyed(&folder.join("memory.stat"), "total_swap")?;
    Ok(used.map(|used| ByteLimit {
        bytes: both.saturating_sub(memory),
        used,
    }))
}
