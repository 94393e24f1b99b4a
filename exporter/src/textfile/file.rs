//! Reading one textfile: never something that hangs or never ends, and not again while it has not changed.

use std::fs::{File, Metadata};
use std::io::{self, ErrorKind, Read as _};
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use rustix::fs::{Mode, OFlags};

use super::family::Family;
use super::parse::{Problem, parse};

/// No program that writes textfiles means to write more.
pub(super) const LARGEST: u64 = 16 << 20;

/// So long after it was written a file that was read may still have been written to, within the same tick of its clock.
const SETTLING_SECONDS: i64 = 2;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is there, and not to be read.
    #[error("cannot read it")]
    Io(#[source] io::Error),
    /// A folder, a pipe, a device.
    #[error("it is no regular file")]
    NotRegular,
    /// Larger than any that is meant.
    #[error("it is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// All of them together.
    #[error("textfiles together are larger than {} MiB", .0 >> 20)]
    TooMuch(u64),
    /// It is not in text format 0.0.4.
    #[error(transparent)]
    Format(#[from] Problem),
}

/// What tells whether a file has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity {
    device: u64,
    inode: u64,
    pub(super) size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Identity {
    fn of(metadata: &Metadata) -> Self {
        Self {
            device: metadata.dev(),
            inode: metadata.ino(),
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }

    /// When it was written, in seconds.
    pub(super) fn modified(&self) -> i64 {
        self.modified.0
    }

    /// Whether a change after `now`, in seconds, is sure to show.
    pub(super) fn is_settled(&self, now: i64) -> bool {
        let written = self.modified.0.max(self.changed.0);
        now.saturating_sub(written) > SETTLING_SECONDS
    }
}

/// What is at `path` now; `None` when nothing is.
pub(super) fn look(path: &Path) -> Result<Option<Identity>, FileError> {
    match std::fs::metadata(path) {
        Ok(metadata) if !metadata.is_file() => Err(FileError::NotRegular),
        Ok(metadata) => Ok(Some(Identity::of(&metadata))),
        // A link that leads nowhere is there, and is a mistake.
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            Ok(None)
        }
        Err(error) => Err(FileError::Io(error)),
    }
}

/// Reads and parses a file; `None` when there is none any more.
pub(super) fn read(path: &Path) -> Result<Option<(Identity, Vec<Family>)>, FileError> {
    // What is no regular file any more by now must not hang either.
    let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
    let file = match rustix::fs::open(path, flags, Mode::empty()) {
        Ok(file) => File::from(file),
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        Err(error) => return Err(FileError::Io(error.into())),
    };
    let metadata = file.metadata().map_err(FileError::Io)?;
    if !metadata.is_file() {
        return Err(FileError::NotRegular);
    }
    // Taken before reading: what is written meanwhile shows the next time.
    let identity = Identity::of(&metadata);
    if identity.size > LARGEST {
        return Err(FileError::TooLarge);
    }
    let mut content = Vec::with_capacity(usize::try_from(identity.size).unwrap_or(0) + 1);
    file.take(LARGEST + 1)
        .read_to_end(&mut content)
        .map_err(FileError::Io)?;
    if content.len() as u64 > LARGEST {
        return Err(FileError::TooLarge);
    }
    Ok(Some((identity, parse(&content)?)))
}
