//! Where the hierarchies of cgroups are mounted, by `/proc/self/mountinfo`: the one of version 2, and those of
//! version 1, one for each controller or for a few together.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::procfs::mountinfo::Mount;
use crate::roots::Roots;

/// The hierarchy of version 2.
pub(super) fn unified(mounts: &[Mount]) -> Option<&Mount> {
    mounts.iter().rfind(|mount| mount.fstype == b"cgroup2")
}

/// The hierarchy of version 1 that has a controller.
pub(super) fn legacy<'a>(mounts: &'a [Mount], controller: &str) -> Option<&'a Mount> {
    mounts
        .iter()
        .rfind(|mount| mount.fstype == b"cgroup" && has(&mount.super_options, controller))
}

/// Whether a list that is separated by commas has a controller.
pub(super) fn has(list: &[u8], controller: &str) -> bool {
    list.split(|&byte| byte == b',')
        .any(|item| item == controller.as_bytes())
}

/// The folder where a hierarchy is mounted, as it is seen below the roots.
pub(super) fn folder(mount: &Mount, roots: &Roots) -> PathBuf {
    let mountpoint = Path::new(OsStr::from_bytes(&mount.mountpoint));
    match mountpoint.strip_prefix("/sys") {
        Ok(below) => roots.sysfs.join(below),
        Err(_) => mountpoint.to_owned(),
    }
}
