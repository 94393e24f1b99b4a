//! The files of systemd's journal, and which of them are old: by their names, which systemd makes of the time of the first
//! entry, and by the time of birth of those that are being written.
//!
//! Read by their names and sizes only; their contents are for root and the group systemd-journal.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rustix::fs::{AtFlags, Mode, OFlags, StatxFlags, statx};

/// What the journal takes on disk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// Of all its files.
    pub(super) bytes: u64,
    /// How many of them begin before what is to be kept.
    pub(super) old_files: u64,
    /// Their bytes.
    pub(super) old_bytes: u64,
}

/// The files of this machine in those of the journal's two folders that are wanted. A folder that is not there is empty.
pub(super) fn usage(
    root: &Path,
    now: Timestamp,
    keep: Duration,
    is_wanted: impl Fn(&Path) -> bool,
) -> io::Result<Usage> {
    let mut usage = Usage::default();
    let machine = match std::fs::read_to_string(root.join("etc/machine-id")) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(usage),
        read => read?,
    };
    let oldest_kept = now.checked_sub(keep).unwrap_or(Timestamp::MIN);
    for parent in ["var/log/journal", "run/log/journal"] {
        let folder = root.join(parent).join(machine.trim());
        let entries = match std::fs::read_dir(&folder) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
            read => read?,
        };
        if !is_wanted(&folder) {
            continue;
        }
        let fd = open(&folder)?;
        for entry in entries {
            let name = entry?.file_name();
            if let Some(found) = look(&fd, &name, oldest_kept)? {
                usage.bytes += found.bytes;
                if found.is_old {
                    usage.old_files += 1;
                    usage.old_bytes += found.bytes;
                }
            }
        }
    }
    Ok(usage)
}

struct Found {
    bytes: u64,
    is_old: bool,
}

fn open(folder: &PathBuf) -> io::Result<OwnedFd> {
    let flags = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(folder, flags, Mode::empty())?)
}

/// One file; none when it is no file of the journal, or gone by now.
fn look(folder: &OwnedFd, name: &OsStr, oldest_kept: Timestamp) -> io::Result<Option<Found>> {
    let Some(begin) = name.to_str().and_then(begin) else {
        return Ok(None);
    };
    let wanted = StatxFlags::BASIC_STATS | StatxFlags::BTIME;
    let found = match statx(folder, name, AtFlags::SYMLINK_NOFOLLOW, wanted) {
        Err(rustix::io::Errno::NOENT) => return Ok(None),
        found => found?,
    };
    let begin = match begin {
        Begin::At(begin) => Some(begin),
        Begin::WithTheFile if found.stx_mask & StatxFlags::BTIME.bits() != 0 => {
            Timestamp::from_second(found.stx_btime.tv_sec).ok()
        }
        Begin::WithTheFile => None,
    };
    Ok(Some(Found {
        bytes: found.stx_blocks.saturating_mul(512),
        // Where it cannot be told, it may be.
        is_old: begin.is_none_or(|begin| begin < oldest_kept),
    }))
}

/// When the first entry of a file was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Begin {
    /// Then.
    At(Timestamp),
    /// When the file was made: it is being written.
    WithTheFile,
}

/// Reads the name of a file of the journal: `system.journal`; archived, `system@ID-SEQUENCE-TIME.journal`; archived
/// because it was broken, `system@TIME-RANDOM.journal~`. None for other names.
fn begin(name: &str) -> Option<Begin> {
    let (stem, is_broken) = match name.strip_suffix(".journal") {
        Some(stem) => (stem, false),
        None => (name.strip_suffix(".journal~")?, true),
    };
    let Some((_, marks)) = stem.split_once('@') else {
        return Some(Begin::WithTheFile);
    };
    let mark = if is_broken {
        marks.split('-').next()
    } else {
        marks.split('-').nth(2)
    };
    let microseconds = i64::from_str_radix(mark?, 16).ok()?;
    Timestamp::from_microsecond(microseconds)
        .ok()
        .map(Begin::At)
}

#[cfg(test)]
mod tests;
