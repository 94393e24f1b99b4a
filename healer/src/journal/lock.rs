//! One healer a store: an exclusive lock on a file that is held as long as the journal is open. The kernel drops it
//! with the process, so a crash leaves nothing to clean up.

use std::fs::{File, OpenOptions};
use std::io::{self, Read as _};
use std::os::unix::fs::{FileExt as _, OpenOptionsExt as _};
use std::path::Path;

use rustix::fs::FlockOperation;
use rustix::io::Errno;

/// The lock, free again when dropped.
#[derive(Debug)]
pub(super) struct StoreLock(#[expect(dead_code, reason = "held for its lock")] File);

/// Who has it.
#[derive(Debug)]
pub(super) enum LockError {
    /// A running healer, with its pid when it could be read.
    Held(Option<u32>),
    /// The file could not be opened or locked.
    Io(io::Error),
}

impl StoreLock {
    /// Takes the lock, or says who has it.
    pub(super) fn take(path: &Path) -> Result<Self, LockError> {
        let mut file = open_private(path).map_err(LockError::Io)?;
        match rustix::fs::flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {}
            Err(Errno::WOULDBLOCK) => return Err(LockError::Held(read_pid(&mut file))),
            Err(error) => return Err(LockError::Io(error.into())),
        }
        // Only for the message of a second healer, so a full disk does not matter here.
        let pid = format!("{:<10}\n", std::process::id());
        if let Err(error) = file.write_all_at(pid.as_bytes(), 0) {
            tracing::warn!(%error, path = %path.display(), "cannot note the pid in the lock file");
        }
        Ok(Self(file))
    }
}

/// Opens or makes a file that others cannot read, as it is.
pub(super) fn open_private(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    file.read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}
