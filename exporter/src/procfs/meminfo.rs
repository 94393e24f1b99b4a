//! `/proc/meminfo`: memory and swap, in bytes.

use super::{lines, number, words};
use crate::roots::Malformed;

/// What the overview takes from the file, in bytes; `None` where this kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MemInfo {
    /// `MemTotal`.
    pub total: Option<u64>,
    /// `MemFree`.
    pub free: Option<u64>,
    /// `MemAvailable`, since Linux 3.14.
    pub available: Option<u64>,
    /// `Buffers`.
    pub buffers: Option<u64>,
    /// `Cached`.
    pub cached: Option<u64>,
    /// `SReclaimable`, since Linux 2.6.19.
    pub slab_reclaimable: Option<u64>,
    /// `Shmem`, since Linux 2.6.32: counted in `Cached`, and not reclaimable.
    pub shmem: Option<u64>,
    /// `SwapTotal`; absent without swap support.
    pub swap_total: Option<u64>,
    /// `SwapFree`.
    pub swap_free: Option<u64>,
}

impl MemInfo {
    /// Memory that programs can have without swapping.
    ///
    /// The kernel's own estimate where it makes one that can be true. Before Linux 3.14: free memory and the
    /// caches, less shared memory, which sits among the caches and cannot be dropped.
    pub fn available(&self) -> Option<u64> {
        let can_be_true = |available: &u64| self.total.is_none_or(|total| *available <= total);
        self.available.filter(can_be_true).or_else(|| {
            let reclaimable = self
                .buffers?
                .saturating_add(self.cached?)
                .saturating_add(self.slab_reclaimable.unwrap_or(0))
                .saturating_sub(self.shmem.unwrap_or(0));
            Some(self.free?.saturating_add(reclaimable))
        })
    }
}

/// Parses the file.
pub fn parse(content: &[u8]) -> Result<MemInfo, Malformed> {
    let mut info = MemInfo::default();
    for (line_number, line) in lines(content) {
        let mut words = words(line);
        let field = match words.next() {
            Some(b"MemTotal:") => &mut info.total,
            Some(b"MemFree:") => &mut info.free,
            Some(b"MemAvailable:") => &mut info.available,
            Some(b"Buffers:") => &mut info.buffers,
            Some(b"Cached:") => &mut info.cached,
            Some(b"SReclaimable:") => &mut info.slab_reclaimable,
            Some(b"Shmem:") => &mut info.shmem,
            Some(b"SwapTotal:") => &mut info.swap_total,
            Some(b"SwapFree:") => &mut info.swap_free,
            _ => continue,
        };
        let bytes = words.next().and_then(number).and_then(|kibibytes| {
            let is_in_kibibytes = words.next() == Some(b"kB");
            kibibytes.checked_mul(1024).filter(|_| is_in_kibibytes)
        });
        *field = Some(bytes.ok_or(Malformed::Item {
            line: line_number,
            item: "the size",
            wanted: "a number of kB",
        })?);
    }
    Ok(info)
}

#[cfg(test)]
mod tests;
