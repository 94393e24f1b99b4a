//! Goes through the victims in their order until there is enough, or no more: for a plan without, for a run with the
//! removal. The one module that deletes.
//!
//! Right before a name goes it must still be the same inode, as old, closed and unlocked. A name cannot be removed by
//! its inode, so a gap of microseconds stays; who could use it can remove the file himself.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::os::fd::{AsFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use rustix::fs::{AtFlags, FileType, FlockOperation, OFlags, flock};
use rustix::io::Errno;
use serde::{Deserialize, Serialize};

use super::Job;
use super::age::{Victim, is_old};
use super::base::Base;
use super::entry::Entry;
use super::open_files::{OpenFiles, printable};
use super::skip::{SkipReason, Skipped};
use super::walk::{Listing, open_beneath, open_folder};
use crate::verify::free_space::{self, FreeSpace};

/// Names in a plan or report.
const NAMES: usize = 20;
/// After this many victims, and before each one of `LARGE` bytes, it is looked anew what processes have open.
const RESCAN_AFTER: u32 = 512;
const LARGE: u64 = 16 << 20;

/// Why a run ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// Nothing old was left that could go.
    Done,
    /// As much is free as was aimed for.
    EnoughFree,
    /// `max_files` were removed.
    MaxFiles,
    /// What was left would have exceeded `max_bytes`.
    MaxBytes,
    /// The caller said stop: time limit, pause or the end of the program.
    Interrupted,
}

/// What was, or would be, removed.
#[derive(Clone, Debug)]
pub(super) struct Tally {
    pub(super) files: u64,
    pub(super) folders: u64,
    /// By the files' own sizes.
    pub(super) bytes: u64,
    pub(super) first_names: Vec<String>,
    pub(super) skipped: Skipped,
    pub(super) ended: Ended,
}

/// Whether files are removed, or only counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    Count,
    Remove,
}

impl Manner {
    /// Takes a lock for a removal. Counting takes none: it must not be felt by anybody.
    pub(super) fn lock(self, file: &OwnedFd) -> Result<(), Errno> {
        match self {
            Self::Count => Ok(()),
            Self::Remove => flock(file, FlockOperation::NonBlockingLockExclusive),
        }
    }
}

/// Goes through a listing.
pub(super) fn go_through(
    manner: Manner,
    listing: Listing,
    base: &Base,
    job: &Job,
    open: OpenFiles,
    before: FreeSpace,
) -> Tally {
    let mut run = Run {
        manner,
        base,
        job,
        open,
        since_scan: 0,
        before,
        at: None,
        emptied: HashSet::new(),
        tally: Tally {
            files: 0,
            folders: 0,
            bytes: 0,
            first_names: Vec::new(),
            skipped: listing.skipped.clone(),
            ended: if listing.is_complete {
                Ended::Done
            } else {
                Ended::Interrupted
            },
        },
        listing,
    };
    if run.tally.ended == Ended::Done {
        run.files();
    }
    if manner == Manner::Remove && run.tally.ended != Ended::Interrupted {
        run.folders();
    }
    run.tally
}

struct Run<'a> {
    manner: Manner,
    base: &'a Base,
    job: &'a Job,
    listing: Listing,
    open: OpenFiles,
    since_scan: u32,
    before: FreeSpace,
    /// The folder that is open, with its index: neighbours often follow each other.
    at: Option<(usize, OwnedFd)>,
    /// Folders whose own time stamps we changed.
    emptied: HashSet<usize>,
    tally: Tally,
}

impl Run<'_> {
    fn files(&mut self) {
        for victim in std::mem::take(&mut self.listing.victims) {
            if !(self.job.may_go_on)() {
                self.tally.ended = Ended::Interrupted;
                return;
            }
            if self.is_enough_free() {
                self.tally.ended = Ended::EnoughFree;
                return;
            }
            if self.tally.files >= self.job.settings.max_files {
                self.tally.ended = Ended::MaxFiles;
                return;
            }
            if self.tally.bytes.saturating_add(victim.bytes) > self.job.settings.max_bytes {
                self.tally.ended = Ended::MaxBytes;
                self.tally.skipped.note(SkipReason::OverMaxBytes);
                continue;
            }
            match self.file(&victim) {
                Ok(()) => self.count(&victim),
                Err(reason) => self.tally.skipped.note(reason),
            }
        }
    }

    /// The file system's own word, or the sum of what was removed: the first to say so counts. Some file systems give
    /// back late, and too little is cured by the next attempt, too much by nothing.
    fn is_enough_free(&self) -> bool {
        let is_enough = |space: FreeSpace| {
            space
                .ratio()
                .is_some_and(|ratio| ratio >= self.job.settings.stop_at_free)
        };
        is_enough(self.before.after_freeing(self.tally.bytes))
            || (self.manner == Manner::Remove && free_space::of(self.base).is_ok_and(is_enough))
    }

    fn count(&mut self, victim: &Victim) {
        self.tally.files += 1;
        self.tally.bytes = self.tally.bytes.saturating_add(victim.bytes);
        if self.tally.first_names.len() < NAMES {
            let path = self
                .base
                .path
                .join(self.listing.path_below_base(victim.folder))
                .join(OsStr::from_bytes(victim.name.to_bytes()));
            self.tally.first_names.push(printable(&path));
        }
    }

    /// Looks at a victim once more, and removes it.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that the ban points to"
    )]
    fn file(&mut self, victim: &Victim) -> Result<(), SkipReason> {
        self.since_scan += 1;
        if self.since_scan >= RESCAN_AFTER
            || (victim.bytes >= LARGE && self.manner == Manner::Remove)
        {
            self.open = OpenFiles::scan(&self.job.proc);
            self.since_scan = 0;
        }
        let (manner, wall, older_than) =
            (self.manner, self.job.now.wall, self.job.settings.older_than);
        let is_open = self.open.contains(victim.identity);
        let folder = self.folder(victim.folder)?;
        let entry = Entry::read(folder.as_fd(), &victim.name)?;
        if entry.identity != victim.identity || entry.is_folder() {
            return Err(SkipReason::Changed);
        }
        if !is_old(entry.stamps.of_file(), wall, older_than) {
            return Err(SkipReason::Young);
        }
        if is_open {
            return Err(SkipReason::Open);
        }
        if manner == Manner::Remove {
            // Held until the name is gone.
            let _lock = lock(folder, victim, &entry)?;
            rustix::fs::unlinkat(folder, &*victim.name, AtFlags::empty())?;
            self.emptied.insert(victim.folder);
        }
        Ok(())
    }

    /// Removes folders that are old and empty, the innermost first. Those that are not empty stay, as the system sees to.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the module that the ban points to"
    )]
    fn folders(&mut self) {
        self.open = OpenFiles::scan(&self.job.proc);
        for index in (1..self.listing.folders.len()).rev() {
            if !(self.job.may_go_on)() {
                self.tally.ended = Ended::Interrupted;
                return;
            }
            if self.tally.folders >= self.job.settings.max_files {
                return;
            }
            let Some(folder) = self
                .listing
                .folders
                .get(index)
                .filter(|folder| folder.is_old && !self.open.contains(folder.identity))
            else {
                continue;
            };
            let (parent, name, identity) = (folder.parent, folder.name.clone(), folder.identity);
            let is_ours = self.emptied.contains(&index);
            let (wall, older_than) = (self.job.now.wall, self.job.settings.older_than);
            let Ok(beneath) = self.folder(parent) else {
                continue;
            };
            let is_same = Entry::read(beneath.as_fd(), &name).is_ok_and(|entry| {
                entry.identity == identity
                    && (is_ours || is_old(entry.stamps.of_folder(), wall, older_than))
            });
            let is_unlocked = || {
                let path = Path::new(OsStr::from_bytes(name.to_bytes()));
                open_folder(beneath.as_fd(), path)
                    .is_ok_and(|fd| flock(fd, FlockOperation::NonBlockingLockExclusive).is_ok())
            };
            if is_same
                && is_unlocked()
                && rustix::fs::unlinkat(beneath, &*name, AtFlags::REMOVEDIR).is_ok()
            {
                self.tally.folders += 1;
                self.emptied.insert(parent);
            }
        }
    }

    /// The folder, open, locked for a removal, and still the one that was listed.
    fn folder(&mut self, index: usize) -> Result<&OwnedFd, SkipReason> {
        if self.at.as_ref().is_none_or(|(at, _)| *at != index) {
            self.at = None;
            let path = self.listing.path_below_base(index);
            let path = if index == 0 { Path::new(".") } else { &path };
            let fd = open_folder(self.base.as_fd(), path)?;
            let listed = self
                .listing
                .folders
                .get(index)
                .map(|folder| folder.identity);
            if Some(Entry::of(fd.as_fd())?.identity) != listed {
                return Err(SkipReason::Changed);
            }
            self.manner.lock(&fd)?;
            self.at = Some((index, fd));
        }
        match &self.at {
            Some((_, fd)) => Ok(fd),
            None => Err(SkipReason::Failed),
        }
    }
}

/// Locks a regular file. Pipes, sockets and links cannot be locked, and opening a pipe would wake its writer.
fn lock(folder: &OwnedFd, victim: &Victim, entry: &Entry) -> Result<Option<OwnedFd>, SkipReason> {
    if entry.kind != FileType::RegularFile {
        return Ok(None);
    }
    let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    let path = Path::new(OsStr::from_bytes(victim.name.to_bytes()));
    let file = open_beneath(folder.as_fd(), path, flags)?;
    if Entry::of(file.as_fd())?.identity != victim.identity {
        return Err(SkipReason::Changed);
    }
    match flock(&file, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(Some(file)),
        Err(Errno::WOULDBLOCK) => Err(SkipReason::Locked),
        Err(error) => Err(error.into()),
    }
}
