//! `free_space`: does the file system have as much free as it should?
//!
//! Counted as df counts it for people without privileges: available / (used + available). The blocks that are reserved
//! for root are neither. Also what `clean_folder` measures with, so that remedy and check cannot disagree.

use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// The space of a file system at one moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FreeSpace {
    /// Bytes that an unprivileged user may still write.
    pub available_bytes: u64,
    /// Bytes in use.
    pub used_bytes: u64,
}

/// Why the space cannot be told.
#[derive(Debug, thiserror::Error)]
pub enum FreeSpaceError {
    /// statvfs failed.
    #[error("cannot read the free space of {}", path.display())]
    Statvfs {
        /// On what.
        path: PathBuf,
        /// Why.
        source: rustix::io::Errno,
    },
    /// A file system without blocks, such as /proc.
    #[error("the file system of {} has no space to speak of", .0.display())]
    NoSpace(PathBuf),
}

/// What the check found.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// Free now (0–1).
    pub free_ratio: f64,
    /// Wanted (0–1).
    pub at_least: f64,
}

impl Verdict {
    /// Whether enough is free.
    pub fn holds(&self) -> bool {
        self.free_ratio >= self.at_least
    }
}

impl FreeSpace {
    /// Free share, 0–1; none for a file system without blocks.
    pub fn ratio(&self) -> Option<f64> {
        let all = self.available_bytes.checked_add(self.used_bytes)?;
        (all > 0).then(|| to_f64(self.available_bytes) / to_f64(all))
    }

    /// As it would be with `bytes` given back.
    #[must_use]
    pub fn after_freeing(&self, bytes: u64) -> Self {
        let bytes = bytes.min(self.used_bytes);
        Self {
            available_bytes: self.available_bytes.saturating_add(bytes),
            used_bytes: self.used_bytes - bytes,
        }
    }
}

/// Reads the space of the file system that holds an open file.
pub fn of(fd: impl AsFd) -> Result<FreeSpace, rustix::io::Errno> {
    rustix::fs::fstatvfs(fd).map(|space| from_statvfs(&space))
}

/// Checks the file system that holds `folder`.
pub fn check(folder: &Path, at_least: f64) -> Result<Verdict, FreeSpaceError> {
    let space = rustix::fs::statvfs(folder)
        .map(|space| from_statvfs(&space))
        .map_err(|source| FreeSpaceError::Statvfs {
            path: folder.to_owned(),
            source,
        })?;
    let free_ratio = space
        .ratio()
        .ok_or_else(|| FreeSpaceError::NoSpace(folder.to_owned()))?;
    Ok(Verdict {
        free_ratio,
        at_least,
    })
}

fn from_statvfs(space: &rustix::fs::StatVfs) -> FreeSpace {
    FreeSpace {
        available_bytes: space.f_bavail.saturating_mul(space.f_frsize),
        used_bytes: space
            .f_blocks
            .saturating_sub(space.f_bfree)
            .saturating_mul(space.f_frsize),
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a ratio of bytes needs no more than 53 bits"
)]
fn to_f64(bytes: u64) -> f64 {
    bytes as f64
}

#[cfg(test)]
mod tests;
