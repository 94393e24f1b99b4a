//! Lists what is old enough to go, before anything goes.
//!
//! By descriptors alone: each folder is opened beneath its parent, never through a link and never across a mount. At
//! most `max_files` victims are kept, the first ones of the order, so that memory is bounded whatever is found.

use std::collections::BinaryHeap;
use std::ffi::{CStr, CString, OsStr};
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{Dir, FileType, Mode, OFlags, ResolveFlags, openat2};
use rustix::io::Errno;

use super::Job;
use super::age::{Victim, is_old};
use super::base::Base;
use super::entry::{Entry, Identity};
use super::open_files::OpenFiles;
use super::removal::Manner;
use super::skip::{SkipReason, Skipped};
use super::sockets::LiveSockets;

/// One descriptor a level.
pub(super) const MAX_DEPTH: usize = 128;
/// Folders are remembered by name and parent: some 100 MB at most.
const MAX_FOLDERS: usize = 1_000_000;
/// Victims likewise, if `max_files` is larger.
const MAX_VICTIMS: usize = 1_000_000;

/// What was found.
#[derive(Debug)]
pub(super) struct Listing {
    /// The base is the first; a parent comes before its children.
    pub(super) folders: Vec<Folder>,
    /// In the order in which they should go.
    pub(super) victims: Vec<Victim>,
    pub(super) skipped: Skipped,
    /// False when the job was told to end.
    pub(super) is_complete: bool,
}

/// A folder that was entered.
#[derive(Debug)]
pub(super) struct Folder {
    pub(super) parent: usize,
    pub(super) name: CString,
    pub(super) identity: Identity,
    /// It goes when it is empty.
    pub(super) is_old: bool,
}

impl Listing {
    /// The path of a folder below the base; empty for the base.
    pub(super) fn path_below_base(&self, folder: usize) -> PathBuf {
        let mut names = Vec::new();
        let mut at = folder;
        while let Some(folder) = self.folders.get(at).filter(|_| at > 0) {
            names.push(OsStr::from_bytes(folder.name.to_bytes()));
            at = folder.parent;
        }
        names.iter().rev().collect()
    }
}

/// Opens a folder beneath another. Its access time is left alone where we may, or cleaning would make folders young.
pub(super) fn open_folder(beneath: BorrowedFd<'_>, path: &Path) -> Result<OwnedFd, Errno> {
    let flags =
        OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
    open_beneath(beneath, path, flags)
}

/// `openat2` as every step of this remedy calls it.
pub(super) fn open_beneath(
    beneath: BorrowedFd<'_>,
    path: &Path,
    flags: OFlags,
) -> Result<OwnedFd, Errno> {
    let resolve = ResolveFlags::BENEATH
        | ResolveFlags::NO_SYMLINKS
        | ResolveFlags::NO_MAGICLINKS
        | ResolveFlags::NO_XDEV;
    let open = |flags| openat2(beneath, path, flags, Mode::empty(), resolve);
    match open(flags | OFlags::NOATIME) {
        // Only the owner and root may ask for that.
        Err(Errno::PERM) => open(flags),
        opened => opened,
    }
}

/// Lists everything below the base. For a removal each folder is locked while it is read, and passed by when it is
/// locked already.
pub(super) fn list(
    manner: Manner,
    base: &Base,
    job: &Job,
    open: &OpenFiles,
    sockets: &LiveSockets,
) -> Result<Listing, Errno> {
    let mut walk = Walk {
        manner,
        base,
        job,
        open,
        sockets,
        protected: job
            .protected
            .iter()
            .filter(|path| path.starts_with(&job.folder))
            .map(PathBuf::as_path)
            .collect(),
        keep: usize::try_from(job.settings.max_files)
            .unwrap_or(usize::MAX)
            .min(MAX_VICTIMS),
        victims: BinaryHeap::new(),
        listing: Listing {
            folders: vec![Folder {
                parent: 0,
                name: CString::default(),
                identity: base.entry.identity,
                is_old: false,
            }],
            victims: Vec::new(),
            skipped: Skipped::default(),
            is_complete: true,
        },
        stack: Vec::new(),
    };
    let fd = open_folder(base.as_fd(), Path::new("."))?;
    if let Err(error) = manner.lock(&fd) {
        walk.listing.skipped.note(error.into());
        return Ok(walk.listing);
    }
    walk.stack.push((Dir::new(fd)?, 0));
    walk.run();
    walk.listing.victims = walk.victims.into_sorted_vec();
    Ok(walk.listing)
}

struct Walk<'a> {
    manner: Manner,
    base: &'a Base,
    job: &'a Job,
    open: &'a OpenFiles,
    sockets: &'a LiveSockets,
    /// Those below the base.
    protected: Vec<&'a Path>,
    /// How many victims are kept.
    keep: usize,
    /// The last of the order on top.
    victims: BinaryHeap<Victim>,
    listing: Listing,
    /// Folders being read, with their index.
    stack: Vec<(Dir, usize)>,
}

impl Walk<'_> {
    fn run(&mut self) {
        while let Some((dir, folder)) = self.stack.last_mut() {
            if !(self.job.may_go_on)() {
                self.listing.is_complete = false;
                return;
            }
            let folder = *folder;
            let visited = match dir.read() {
                None => {
                    self.stack.pop();
                    continue;
                }
                Some(Ok(found)) if matches!(found.file_name().to_bytes(), b"." | b"..") => {
                    continue;
                }
                Some(Ok(found)) => {
                    let name = found.file_name();
                    match dir.fd().and_then(|fd| Entry::read(fd, name)) {
                        Ok(entry) => self.visit(folder, name, &entry),
                        // Somebody else was faster.
                        Err(Errno::NOENT) => Ok(()),
                        Err(error) => Err(error.into()),
                    }
                }
                Some(Err(error)) => {
                    self.stack.pop();
                    Err(error.into())
                }
            };
            if let Err(reason) = visited {
                self.listing.skipped.note(reason);
            }
        }
    }

    fn visit(&mut self, folder: usize, name: &CStr, entry: &Entry) -> Result<(), SkipReason> {
        // A folder of another device is a subvolume. Files are not compared: overlayfs shows those of its layers.
        let is_same_device = entry.identity.device == self.base.entry.identity.device;
        if entry.is_mount_point || (entry.is_folder() && !is_same_device) {
            return Err(SkipReason::MountPoint);
        }
        if is_of_the_file_system(name, entry) || self.is_protected(folder, name) {
            return Err(SkipReason::Protected);
        }
        if entry.is_folder() {
            return self.enter(folder, name, entry);
        }
        let reason = match entry.kind {
            FileType::CharacterDevice | FileType::BlockDevice => Some(SkipReason::Device),
            FileType::RegularFile if entry.is_sticky() => Some(SkipReason::Sticky),
            FileType::Socket if self.sockets.contains(OsStr::from_bytes(name.to_bytes())) => {
                Some(SkipReason::LiveSocket)
            }
            _ if !self.is_old(entry.stamps.of_file()) => Some(SkipReason::Young),
            _ if self.open.contains(entry.identity) => Some(SkipReason::Open),
            _ => None,
        };
        if let Some(reason) = reason {
            return Err(reason);
        }
        self.victims.push(Victim {
            folder,
            name: name.to_owned(),
            identity: entry.identity,
            last_used: entry.stamps.of_file(),
            bytes: entry.bytes_if_removed(),
        });
        if self.victims.len() > self.keep {
            self.victims.pop();
        }
        Ok(())
    }

    /// Folders are entered whatever their age. Sticky ones belong to all and are somebody's meeting point.
    fn enter(&mut self, parent: usize, name: &CStr, entry: &Entry) -> Result<(), SkipReason> {
        if entry.is_sticky() {
            return Err(SkipReason::Sticky);
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(SkipReason::TooDeep);
        }
        if self.listing.folders.len() >= MAX_FOLDERS {
            return Err(SkipReason::TooMany);
        }
        let Some((dir, _)) = self.stack.last() else {
            return Err(SkipReason::Failed);
        };
        let path = Path::new(OsStr::from_bytes(name.to_bytes()));
        let fd = open_folder(dir.fd()?, path)?;
        if Entry::of(fd.as_fd())?.identity != entry.identity {
            return Err(SkipReason::Changed);
        }
        self.manner.lock(&fd)?;
        self.listing.folders.push(Folder {
            parent,
            name: name.to_owned(),
            identity: entry.identity,
            is_old: self.is_old(entry.stamps.of_folder()) && !self.open.contains(entry.identity),
        });
        self.stack
            .push((Dir::new(fd)?, self.listing.folders.len() - 1));
        Ok(())
    }

    fn is_old(&self, stamp: jiff::Timestamp) -> bool {
        is_old(stamp, self.job.now.wall, self.job.settings.older_than)
    }

    fn is_protected(&self, folder: usize, name: &CStr) -> bool {
        !self.protected.is_empty() && {
            let path = self.path(folder, name);
            self.protected.contains(&path.as_path())
        }
    }

    fn path(&self, folder: usize, name: &CStr) -> PathBuf {
        self.base
            .path
            .join(self.listing.path_below_base(folder))
            .join(OsStr::from_bytes(name.to_bytes()))
    }
}

/// What root keeps in the top folder of a file system for the file system itself.
fn is_of_the_file_system(name: &CStr, entry: &Entry) -> bool {
    entry.owner == 0
        && matches!(
            name.to_bytes(),
            b"lost+found" | b".journal" | b"aquota.user" | b"aquota.group"
        )
}
