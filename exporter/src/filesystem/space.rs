//! How full a file system is, counted as `df` does.

use std::io;
use std::path::Path;

use rustix::fs::{FileType, StatVfs};

/// Bytes of one file system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// The size of it.
    pub total: u64,
    /// What is taken.
    pub used: u64,
    /// What is left for programs without privilege: less than what is free where some is reserved for root.
    pub available: u64,
}

impl Space {
    /// Used divided by what could be used: the percentage of `df`, 1 when programs cannot write any more.
    pub fn usage(self) -> Option<f64> {
        let usable = self.used.saturating_add(self.available);
        (usable > 0).then(|| crate::machine::ratio(self.used, usable))
    }
}

/// Asks a file system; may hang as long as its server does not answer.
///
/// `None` for what has no size, as pseudo file systems do, and for a single file that is bound into a
/// container (`/etc/hosts`): the folder it comes from is what fills up.
pub fn ask(path: &Path) -> io::Result<Option<Space>> {
    let stat = rustix::fs::stat(path)?;
    if FileType::from_raw_mode(stat.st_mode) != FileType::Directory {
        return Ok(None);
    }
    from_statvfs(&rustix::fs::statvfs(path)?)
}

fn from_statvfs(stat: &StatVfs) -> io::Result<Option<Space>> {
    if stat.f_blocks == 0 {
        return Ok(None);
    }
    let bytes = |blocks: u64| blocks.checked_mul(stat.f_frsize);
    // The available count of some file systems goes below zero when root eats into its reserve.
    let available = if stat.f_bavail > i64::MAX.unsigned_abs() {
        0
    } else {
        stat.f_bavail
    };
    stat.f_blocks
        .checked_sub(stat.f_bfree)
        .and_then(|used| {
            Some(Space {
                total: bytes(stat.f_blocks)?,
                used: bytes(used)?,
                available: bytes(available)?,
            })
        })
        .map(Some)
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidData, "sizes that cannot be true"))
}

#[cfg(test)]
mod tests;
