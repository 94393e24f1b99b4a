//! What a cleaning would do and what it did, for the journal and for people.

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::error::Percent;
use super::open_files::Holder;
use super::removal::Ended;
use super::skip::Skipped;
use crate::verify::free_space::FreeSpace;

/// What would be removed, as things are now. Locks are not looked at: what is locked is counted here, and stays.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// The folder.
    pub folder: PathBuf,
    /// How many files.
    pub files: u64,
    /// Their bytes on disk; a file with other names counts as none.
    pub bytes: u64,
    /// The first of them, in the order in which they would go.
    pub first_names: Vec<String>,
    /// What would stay, by reason.
    pub skipped: Skipped,
    /// Why it would end.
    pub ended: Ended,
    /// Space before.
    pub before: FreeSpace,
    /// Processes of other users whose open files cannot be seen.
    pub unseen_processes: u64,
}

/// What was removed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// The folder.
    pub folder: PathBuf,
    /// How many files.
    pub files: u64,
    /// How many folders that were old and empty.
    pub folders: u64,
    /// The files' bytes on disk.
    pub bytes: u64,
    /// What the file system gave back, by its own account; others write meanwhile.
    pub freed_bytes: u64,
    /// The first of the files, in the order in which they went.
    pub first_names: Vec<String>,
    /// What stayed, by reason.
    pub skipped: Skipped,
    /// Why it ended.
    pub ended: Ended,
    /// Space before.
    pub before: FreeSpace,
    /// Space after.
    pub after: FreeSpace,
    /// Who keeps deleted files of this file system open, and so their space; most bytes first.
    pub holders: Vec<Holder>,
    /// Processes of other users whose open files cannot be seen.
    pub unseen_processes: u64,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "would remove {} files, {}, from {}",
            self.files,
            Bytes(self.bytes),
            self.folder.display()
        )
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "removed {} files and {} folders from {}: {} freed, {} free now",
            self.files,
            self.folders,
            self.folder.display(),
            Bytes(self.freed_bytes),
            Percent(self.after.ratio().unwrap_or(0.0)),
        )?;
        if let Some(holder) = self.holders.first() {
            write!(
                f,
                "; {} (process {}) keeps {} of deleted files",
                holder.process,
                holder.pid,
                Bytes(holder.bytes)
            )?;
        }
        if self.unseen_processes > 0 {
            write!(
                f,
                "; the open files of {} processes could not be seen",
                self.unseen_processes
            )?;
        }
        Ok(())
    }
}

/// Bytes with one decimal, for people.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, shift) = [("GiB", 30), ("MiB", 20), ("KiB", 10)]
            .into_iter()
            .find(|(_, shift)| self.0 >= 1 << shift)
            .unwrap_or(("B", 0));
        let tenths = (u128::from(self.0) * 10) >> shift;
        match (unit, tenths % 10) {
            ("B", _) | (_, 0) => write!(f, "{} {unit}", tenths / 10),
            (_, tenth) => write!(f, "{}.{tenth} {unit}", tenths / 10),
        }
    }
}
