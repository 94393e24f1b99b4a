//! The folder to clean: what is refused, and opening it so that it cannot be exchanged.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::{Component, Path, PathBuf};

use rustix::fs::{Mode, OFlags, ResolveFlags, openat2};

use super::CleanFolderError;
use super::entry::Entry;

/// Folders of depth 1 that exist to be cleaned.
const TEMPORARY: [&str; 1] = ["/tmp"];
/// Refused with everything in them.
const REFUSED_TREES: [&str; 10] = [
    "/bin", "/boot", "/dev", "/etc", "/lib", "/lib64", "/proc", "/sbin", "/sys", "/usr",
];
/// Refused themselves; single folders in them may be cleaned. (All of depth 1 are refused anyway.)
const REFUSED: [&str; 3] = ["/var/lib", "/var/log", "/var/spool"];
/// A folder in here is somebody's whole home.
const HOMES: &str = "/home";

/// The folder, held open.
#[derive(Debug)]
pub(super) struct Base {
    pub(super) path: PathBuf,
    pub(super) entry: Entry,
    fd: OwnedFd,
}

/// Whether the policy may name this folder at all; judged by its path alone.
pub fn is_refused(path: &Path) -> Option<&'static str> {
    let is_plain = path.is_absolute()
        && path
            .components()
            .all(|part| matches!(part, Component::RootDir | Component::Normal(_)));
    if !is_plain {
        return Some("it is not an absolute path without `..`");
    }
    let depth = path.components().count() - 1;
    if TEMPORARY.iter().any(|folder| path == Path::new(folder)) {
        None
    } else if depth < 2 {
        Some("it is too near the root")
    } else if REFUSED_TREES.iter().any(|tree| path.starts_with(tree)) {
        Some("it belongs to the system")
    } else if REFUSED.iter().any(|folder| path == Path::new(folder)) {
        Some("it holds the state of the whole system")
    } else if depth == 2 && path.starts_with(HOMES) {
        Some("it is a whole home")
    } else {
        None
    }
}

impl Base {
    /// Opens the folder step by step from the root, without following a link, and refuses it when somebody else could
    /// put another one in its place.
    pub(super) fn open(path: &Path) -> Result<Self, CleanFolderError> {
        let refused = |why| CleanFolderError::Refused {
            folder: path.to_owned(),
            why,
        };
        let failed = |source| CleanFolderError::Open {
            folder: path.to_owned(),
            source,
        };
        if let Some(why) = is_refused(path) {
            return Err(refused(why));
        }
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let mut fd = rustix::fs::open("/", flags, Mode::empty()).map_err(failed)?;
        let mut entry = Entry::of(fd.as_fd()).map_err(failed)?;
        for part in path.components().skip(1) {
            let parent = entry;
            fd = openat2(
                &fd,
                Path::new(part.as_os_str()),
                flags,
                Mode::empty(),
                ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS,
            )
            .map_err(|error| match error {
                rustix::io::Errno::LOOP => refused("it, or a folder above it, is a symbolic link"),
                error => failed(error),
            })?;
            entry = Entry::of(fd.as_fd()).map_err(failed)?;
            if is_replaceable(&parent, &entry, rustix::process::geteuid().as_raw()) {
                return Err(refused(
                    "others may put another folder in its place: look at the owners and modes of the folders above it",
                ));
            }
        }
        Ok(Self {
            path: path.to_owned(),
            entry,
            fd,
        })
    }
}

impl AsFd for Base {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.fd.as_fd()
    }
}

/// Whether somebody other than root, us and the child's own owner can rename `child` in `parent`.
pub(super) fn is_replaceable(parent: &Entry, child: &Entry, us: u32) -> bool {
    let is_trusted = |user: u32| user == 0 || user == us;
    let is_writable_by_others = parent.mode & 0o022 != 0;
    let owner_may = !is_trusted(parent.owner) && parent.owner != child.owner;
    let others_may = is_writable_by_others && !parent.is_sticky();
    // In a sticky folder each may rename what is his own.
    let its_owner_may = is_writable_by_others && !is_trusted(child.owner);
    owner_may || others_may || its_owner_may
}
