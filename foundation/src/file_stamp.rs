//! What tells that a file was written or replaced, without reading it: one `stat`.
//!
//! Used for everything that is read again when it changes: tokens, certificates, users.

use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

/// Changes whenever a file is written or replaced, its owner or its mode included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStamp {
    device: u64,
    inode: u64,
    size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl FileStamp {
    /// The stamp of the file behind `path`, symbolic links followed; none when there is none.
    pub fn of(path: &Path) -> Option<Self> {
        let file = std::fs::metadata(path).ok()?;
        Some(Self {
            device: file.dev(),
            inode: file.ino(),
            size: file.size(),
            modified: (file.mtime(), file.mtime_nsec()),
            changed: (file.ctime(), file.ctime_nsec()),
        })
    }
}
