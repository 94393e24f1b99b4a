//! Which file systems are watched, from `/proc/1/mountinfo`; how full they are is [`Prober`]'s business.
//!
//! What `node_exporter` leaves out by default is left out: pseudo file systems, and what containers mount. The
//! root is always kept, whatever its type: in a container it is an overlay, and its disk is real. A bind mount
//! keeps a row of its own, because a remedy is bound to the mount point that it is about.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::procfs::label;
use crate::procfs::mountinfo::{self, Mount};
use crate::roots::{self, ReadError, Reading, Roots};

pub use prober::{Answer, Answers, ProbeError, Prober, Statvfs};
pub use space::{Space, ask};

mod prober;
mod space;

/// Types that hold no data of their own, or that are full by nature.
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

/// One file system at one mount point.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FileSystem {
    /// The kernel's number of the mount.
    pub id: u64,
    /// Where this process can ask about it: below `--path.rootfs`.
    pub path: PathBuf,
    /// Where the host has it mounted, as text for a label.
    pub mountpoint: String,
    /// Its device, as text for a label.
    pub device: String,
    /// Its type.
    pub fstype: String,
}

/// Reads the mounts of process 1, or where it is hidden those of this process.
pub fn list(roots: &Roots) -> Reading<Vec<FileSystem>> {
    let of_init = roots::parse(&roots.procfs.join("1/mountinfo"), mountinfo::parse);
    let mounts = match of_init {
        Ok(Some(mounts)) => Some(mounts),
        Ok(None) | Err(ReadError::Io { .. }) => {
            roots::parse(&roots.procfs.join("self/mountinfo"), mountinfo::parse)?
        }
        Err(malformed) => return Err(malformed),
    };
    Ok(mounts.map(|mounts| watched(mounts, &roots.rootfs)))
}

/// The mounts that are watched, each mount point once.
fn watched(mounts: Vec<Mount>, rootfs: &Path) -> Vec<FileSystem> {
    // A list in which the host's root is a mount point like any other was made inside this container: only
    // what is below that is the host's. Paths are compared, not texts: `/host/` is `/host`.
    let path = |mount: &Mount| PathBuf::from(OsStr::from_bytes(&mount.mountpoint));
    let is_from_inside =
        rootfs != Path::new("/") && mounts.iter().any(|mount| path(mount) == rootfs);
    let view = if is_from_inside {
        rootfs
    } else {
        Path::new("/")
    };
    let mut watched: Vec<FileSystem> = Vec::new();
    for mount in mounts {
        let mountpoint = path(&mount);
        let Ok(below) = mountpoint.strip_prefix(view) else {
            continue;
        };
        let on_host = Path::new("/").join(below);
        if is_left_out(&on_host, &mount.fstype) {
            continue;
        }
        let file_system = FileSystem {
            id: mount.id,
            path: rootfs.join(below),
            mountpoint: label(on_host.as_os_str().as_bytes()),
            device: label(&mount.source),
            fstype: label(&mount.fstype),
        };
        // What is mounted later hides what was there before, from statvfs too.
        watched.retain(|earlier| earlier.mountpoint != file_system.mountpoint);
        watched.push(file_system);
    }
    watched
}

fn is_left_out(mountpoint: &Path, fstype: &[u8]) -> bool {
    if mountpoint == Path::new("/") {
        return false;
    }
    let is_pseudo = PSEUDO.iter().any(|pseudo| pseudo.as_bytes() == fstype);
    is_pseudo
        || FOLDERS.iter().any(|folder| mountpoint.starts_with(folder))
        || BELOW
            .iter()
            .any(|folder| mountpoint.starts_with(folder) && mountpoint != Path::new(folder))
}

#[cfg(test)]
mod tests;
