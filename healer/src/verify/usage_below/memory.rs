//! Memory used: of the machine by `/proc/meminfo`, of a container by its cgroup.

use super::{UsageError, container, ratio, read};
use crate::remediation::steps::Roots;

/// The share of memory that is not available (0–1).
pub(super) fn used_ratio(roots: &Roots) -> Result<f64, UsageError> {
    let path = roots.proc.join("meminfo");
    let malformed = || UsageError::Malformed { path: path.clone() };
    let content = read(path.clone())?;
    let total = kilobytes(&content, "MemTotal:").ok_or_else(malformed)?;
    let available = kilobytes(&content, "MemAvailable:")
        .filter(|available| *available <= total)
        .or_else(|| estimate(&content))
        .ok_or_else(malformed)?;
    if let Some(limit) = container(roots)?.and_then(|cgroups| cgroups.memory())
        && limit.bytes < total
    {
        return ratio(limit.used.min(limit.bytes), limit.bytes).ok_or_else(malformed);
    }
    ratio(total - available.min(total), total).ok_or_else(malformed)
}

/// What kernels before 3.14 do not say: free memory and caches, less shared memory, which cannot be dropped.
fn estimate(content: &str) -> Option<u64> {
    let caches = kilobytes(content, "Buffers:")? + kilobytes(content, "Cached:")?;
    let slab = kilobytes(content, "SReclaimable:").unwrap_or(0);
    let shared = kilobytes(content, "Shmem:").unwrap_or(0);
    Some(kilobytes(content, "MemFree:")? + (caches + slab).saturating_sub(shared))
}

/// The bytes of a line.
fn kilobytes(content: &str, key: &str) -> Option<u64> {
    let rest = content.lines().find_map(|line| line.strip_prefix(key))?;
    let number = rest.trim().strip_suffix("kB")?.trim_end();
    number.parse::<u64>().ok()?.checked_mul(1024)
}
