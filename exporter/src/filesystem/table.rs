//! The mounts of process 1, or where it is hidden those of this process, as a list of what is watched.
//!
//! The kernel's list is read afresh each time and parsed only when it differs from the one before. The root is
//! always kept, whatever its type: in a container it is an overlay, and its disk is real. A bind mount keeps a row
//! of its own, because a remedy is bound to the mount point that it is about.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use super::FileSystem;
use crate::files::Files;
use crate::options::FilesystemOptions;
use crate::procfs::label;
use crate::procfs::mountinfo::{self, Mount};
use crate::roots::{Reading, Roots};

/// Types that hold no data of their own, or that are full by nature: what `node_exporter` leaves out.
const PSEUDO: &[&str] = &[
    "autofs",
    "binfmt_misc",
    "bpf",
    "cgroup",
    "cgroup2",
    "configfs",
    "debugfs",
    "devpts",
    "devtmpfs",
    "efivarfs",
    "erofs",
    "fusectl",
    "hugetlbfs",
    "iso9660",
    "mqueue",
    "nsfs",
    "overlay",
    "proc",
    "procfs",
    "pstore",
    "rpc_pipefs",
    "securityfs",
    "selinuxfs",
    "squashfs",
    "sysfs",
    "tracefs",
];
/// Folders that are left out with all below them.
const FOLDERS: &[&str] = &["/dev", "/proc", "/sys"];
/// Folders below which everything is left out.
const BELOW: &[&str] = &[
    "/run/credentials",
    "/var/lib/docker",
    "/var/lib/containers/storage",
];

/// The mounts of process 1.
const OF_INIT: &str = "1/mountinfo";
/// The mounts of this process.
const OF_THIS: &str = "self/mountinfo";

/// The watched mounts; the same list, not an equal one, while the kernel's list is the same.
pub(super) type Watched = Arc<[FileSystem]>;

/// The list as it was read last. Each thread that asks has its own.
#[derive(Debug)]
pub(super) struct Table {
    files: Files,
    rootfs: PathBuf,
    content: Vec<u8>,
    watched: Option<Watched>,
    /// What the watched ones were chosen by.
    options: Arc<FilesystemOptions>,
}

impl Table {
    /// Nothing is read yet.
    pub(super) fn new(roots: &Roots) -> Self {
        Self {
            files: Files::new(roots.clone()),
            rootfs: roots.rootfs.clone(),
            content: Vec::new(),
            watched: None,
            options: Arc::default(),
        }
    }

    /// Reads the list; `None` where there is none. May hang.
    pub(super) fn read(&mut self, options: &Arc<FilesystemOptions>) -> Reading<Watched> {
        self.files.begin();
        let mut name = OF_INIT;
        if !matches!(self.files.procfs(name), Ok(Some(_))) {
            name = OF_THIS;
        }
        let Some(content) = self.files.procfs(name)? else {
            return Ok(None);
        };
        if content == self.content
            && Arc::ptr_eq(&self.options, options)
            && let Some(watched) = &self.watched
        {
            return Ok(Some(Arc::clone(watched)));
        }
        // Whatever fails from here on, the list before is not taken for this one.
        self.watched = None;
        self.content.clear();
        self.content.extend_from_slice(content);
        self.options = Arc::clone(options);
        let Some(mounts) = self.files.parse_procfs(name, mountinfo::parse)? else {
            return Ok(None);
        };
        let watched: Watched = watched(&mounts, &self.rootfs, options).into();
        self.watched = Some(Arc::clone(&watched));
        Ok(Some(watched))
    }
}

/// The mounts that are watched, each mount point once, in the order of their labels.
fn watched(mounts: &[Mount], rootfs: &Path, options: &FilesystemOptions) -> Vec<FileSystem> {
    // A list in which the host's root is a mount point like any other was made inside this container: only
    // what is below that is the host's. Paths are compared, not texts: `/host/` is `/host`.
    let is_from_inside =
        rootfs != Path::new("/") && mounts.iter().any(|mount| mountpoint(mount) == rootfs);
    let view = if is_from_inside {
        rootfs
    } else {
        Path::new("/")
    };
    let mut watched: Vec<Option<FileSystem>> = Vec::new();
    let mut places: HashMap<&Path, usize> = HashMap::new();
    for mount in mounts {
        let Ok(below) = mountpoint(mount).strip_prefix(view) else {
            continue;
        };
        let on_host = Path::new("/").join(below);
        let place = watched.len();
        let file_system = file_system(mount, &on_host, rootfs.join(below));
        watched.push(is_watched(&file_system, options).then_some(file_system));
        // What is mounted later hides what was there before, from statvfs too.
        if let Some(hidden) = places.insert(below, place)
            && let Some(hidden) = watched.get_mut(hidden)
        {
            *hidden = None;
        }
    }
    let mut watched: Vec<FileSystem> = watched.into_iter().flatten().collect();
    // As the labels are written: an ascending family is known to be free of duplicates.
    watched.sort_by(|one, other| labels(one).cmp(&labels(other)));
    watched
}

fn file_system(mount: &Mount, on_host: &Path, path: PathBuf) -> FileSystem {
    FileSystem {
        id: mount.id,
        path,
        mountpoint: label(on_host.as_os_str().as_bytes()),
        device: label(&mount.source),
        fstype: label(&mount.fstype),
        major: mount.device.0.to_string(),
        minor: mount.device.1.to_string(),
        is_readonly: mount.is_readonly,
        is_folder: OnceLock::new(),
    }
}

fn labels(file_system: &FileSystem) -> [&str; 3] {
    let FileSystem {
        device,
        mountpoint,
        fstype,
        ..
    } = file_system;
    [device, mountpoint, fstype]
}

fn mountpoint(mount: &Mount) -> &Path {
    Path::new(OsStr::from_bytes(&mount.mountpoint))
}

fn is_watched(file_system: &FileSystem, options: &FilesystemOptions) -> bool {
    let FilesystemOptions {
        mount_points,
        fs_types,
    } = options;
    file_system.mountpoint == "/"
        || (fs_types.admits(&file_system.fstype, |fstype| !PSEUDO.contains(&fstype))
            && mount_points.admits(&file_system.mountpoint, holds_data_of_the_host))
}

/// By the mount point alone, when nothing is set.
fn holds_data_of_the_host(mountpoint: &str) -> bool {
    let mountpoint = Path::new(mountpoint);
    let is_in = |folder: &&str| mountpoint.starts_with(folder);
    let is_below = |folder: &&str| is_in(folder) && mountpoint != Path::new(folder);
    !FOLDERS.iter().any(is_in) && !BELOW.iter().any(is_below)
}

#[cfg(test)]
mod tests;
