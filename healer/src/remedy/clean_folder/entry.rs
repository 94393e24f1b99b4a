//! One entry of a folder as `statx` describes it, never following a link.

use std::ffi::CStr;
use std::os::fd::BorrowedFd;

use jiff::Timestamp;
use rustix::fs::{AtFlags, FileType, Statx, StatxAttributes, StatxFlags, StatxTimestamp, statx};
use rustix::io::Errno;

use super::age::Stamps;

/// What a name must still mean right before it is removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Identity {
    pub(super) device: (u32, u32),
    pub(super) inode: u64,
}

/// What the walk needs to know.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    pub(super) identity: Identity,
    pub(super) kind: FileType,
    pub(super) stamps: Stamps,
    /// Bytes on disk, not the length.
    pub(super) bytes: u64,
    pub(super) links: u32,
    pub(super) owner: u32,
    pub(super) mode: u16,
    pub(super) is_mount_point: bool,
}

const STICKY: u16 = 0o1000;

impl Entry {
    /// Reads `name` in `folder`.
    pub(super) fn read(folder: BorrowedFd<'_>, name: &CStr) -> Result<Self, Errno> {
        Self::from_statx(folder, name, AtFlags::SYMLINK_NOFOLLOW)
    }

    /// Reads what a descriptor stands for.
    pub(super) fn of(fd: BorrowedFd<'_>) -> Result<Self, Errno> {
        Self::from_statx(fd, c"", AtFlags::EMPTY_PATH)
    }

    fn from_statx(folder: BorrowedFd<'_>, name: &CStr, flags: AtFlags) -> Result<Self, Errno> {
        let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
        let found = statx(folder, name, flags | AtFlags::NO_AUTOMOUNT, wanted)?;
        Ok(Self {
            identity: Identity::from(&found),
            kind: FileType::from_raw_mode(u32::from(found.stx_mode)),
            stamps: Stamps {
                accessed: timestamp(found.stx_atime),
                modified: timestamp(found.stx_mtime),
                changed: timestamp(found.stx_ctime),
                born: (found.stx_mask & StatxFlags::BTIME.bits() != 0)
                    .then(|| timestamp(found.stx_btime)),
            },
            bytes: found.stx_blocks.saturating_mul(512),
            links: found.stx_nlink,
            owner: found.stx_uid,
            mode: found.stx_mode,
            is_mount_point: found.stx_attributes.contains(StatxAttributes::MOUNT_ROOT),
        })
    }

    pub(super) fn is_folder(&self) -> bool {
        self.kind == FileType::Directory
    }

    pub(super) fn is_sticky(&self) -> bool {
        self.mode & STICKY != 0
    }

    /// What the file system gets back when this name goes: nothing while there are others.
    pub(super) fn bytes_if_removed(&self) -> u64 {
        if self.links > 1 { 0 } else { self.bytes }
    }
}

impl From<&Statx> for Identity {
    fn from(found: &Statx) -> Self {
        Self {
            device: (found.stx_dev_major, found.stx_dev_minor),
            inode: found.stx_ino,
        }
    }
}

/// A time that no calendar knows counts as the youngest there is.
fn timestamp(stamp: StatxTimestamp) -> Timestamp {
    i32::try_from(stamp.tv_nsec)
        .ok()
        .and_then(|nanoseconds| Timestamp::new(stamp.tv_sec, nanoseconds).ok())
        .unwrap_or(Timestamp::MAX)
}
