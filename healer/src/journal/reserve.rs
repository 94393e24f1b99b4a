//! Space held back on the journal's file system for the day it is full.
//!
//! A file of allocated blocks beside the database. When a commit finds the disk full, a slice of it is given up and
//! the commit is tried again, so that the healer can still write down, clean and verify. Slices, because whatever
//! filled the disk may take what is freed as well. It is allocated anew once there is plenty of space.

use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::Path;

use rustix::fs::FallocateFlags;
use rustix::io::Errno;

use super::lock::open_private;

/// The reserve is given up in this many slices.
const SLICES: u64 = 8;
/// A file system with less space than this counts as full.
const FULL_BELOW: u64 = 1 << 20;
/// A block of `st_blocks`.
const STAT_BLOCK: u64 = 512;

/// The reserve file.
#[derive(Debug)]
pub(super) struct Reserve {
    file: File,
    wanted: u64,
    held: u64,
}

impl Reserve {
    /// Takes over what an earlier run still holds; allocates nothing yet.
    pub(super) fn open(path: &Path, wanted: u64) -> io::Result<Self> {
        let file = open_private(path)?;
        let metadata = file.metadata()?;
        let allocated = metadata.blocks().saturating_mul(STAT_BLOCK);
        // A sparse file holds nothing back.
        let held = metadata.len().min(allocated);
        let mut reserve = Self { file, wanted, held };
        if held > wanted || held < metadata.len() {
            reserve.shrink_to(held.min(wanted))?;
        }
        Ok(reserve)
    }

    /// Bytes held back now.
    pub(super) fn held(&self) -> u64 {
        self.held
    }

    /// Bytes that are to be held back.
    pub(super) fn wanted(&self) -> u64 {
        self.wanted
    }

    /// Something is missing from it.
    pub(super) fn is_short(&self) -> bool {
        self.held < self.wanted
    }

    /// Whether next to nothing is free beside it.
    pub(super) fn is_file_system_full(&self) -> bool {
        rustix::fs::fstatvfs(&self.file)
            .is_ok_and(|status| status.f_bavail.saturating_mul(status.f_frsize) < FULL_BELOW)
    }

    /// Whether so little is left, free or held back, that it is for repairs alone: less than half of what is to be held
    /// back, and of a small file system less than a sixteenth.
    pub(super) fn is_for_repairs_only(&self) -> bool {
        rustix::fs::fstatvfs(&self.file).is_ok_and(|status| {
            let available = status.f_bavail.saturating_mul(status.f_frsize);
            let total = status.f_blocks.saturating_mul(status.f_frsize);
            available.saturating_add(self.held) < (self.wanted / 2).min(total / 16)
        })
    }

    /// Frees one slice for use; false when nothing is left.
    pub(super) fn give_up_slice(&mut self) -> bool {
        if self.held == 0 {
            return false;
        }
        let slice = self.wanted.div_ceil(SLICES).max(1);
        match self.shrink_to(self.held.saturating_sub(slice)) {
            Ok(()) => true,
            Err(error) => {
                tracing::error!(%error, "cannot give up the reserve");
                false
            }
        }
    }

    /// Allocates what is missing, when at least as much as the whole reserve stays free beside it. Whether it did.
    pub(super) fn refill(&mut self) -> io::Result<bool> {
        let missing = self.wanted.saturating_sub(self.held);
        if missing == 0 {
            return Ok(false);
        }
        let status = rustix::fs::fstatvfs(&self.file)?;
        let available = status.f_bavail.saturating_mul(status.f_frsize);
        if available < missing.saturating_add(self.wanted) {
            return Ok(false);
        }
        if let Err(error) = self.allocate() {
            // Part of it may have been allocated.
            self.shrink_to(self.held)?;
            return Err(error);
        }
        self.held = self.wanted;
        self.file.sync_all()?;
        Ok(true)
    }

    fn allocate(&self) -> io::Result<()> {
        match rustix::fs::fallocate(&self.file, FallocateFlags::empty(), 0, self.wanted) {
            Err(Errno::OPNOTSUPP) => self.fill_with_zeros(),
            other => Ok(other?),
        }
    }

    /// For file systems that cannot allocate without writing.
    fn fill_with_zeros(&self) -> io::Result<()> {
        let zeros = vec![0; 1 << 16];
        let mut offset = self.held;
        while offset < self.wanted {
            let length = usize::try_from(self.wanted - offset).unwrap_or(usize::MAX);
            let chunk = zeros.get(..length).unwrap_or(&zeros);
            self.file.write_all_at(chunk, offset)?;
            offset += chunk.len() as u64;
        }
        Ok(())
    }

    fn shrink_to(&mut self, length: u64) -> io::Result<()> {
        self.file.set_len(length)?;
        self.held = length;
        // Some file systems hand freed blocks out only once the change of length is on disk.
        self.file.sync_all()
    }
}

#[cfg(test)]
mod tests;
