//! Whether a package manager is at work: it stops and starts services itself, and must not be disturbed.
//!
//! They hold locks on known files while they work, and `/proc/locks` tells everyone which files are locked. pacman's
//! lock is the presence of its file. What cannot be read is unknown, and blocks.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::facts::Fact;
use crate::remediation::steps::{Ports, Roots};

/// Lock files, relative to the root, and whose they are.
const LOCK_FILES: &[(&str, &str)] = &[
    ("var/lib/dpkg/lock-frontend", "apt"),
    ("var/lib/dpkg/lock", "dpkg"),
    ("var/cache/apt/archives/lock", "apt"),
    ("var/lib/rpm/.rpm.lock", "rpm"),
    ("usr/lib/sysimage/rpm/.rpm.lock", "rpm"),
];
/// Files that are there only while their owner works.
const PRESENT_FILES: &[(&str, &str)] = &[("var/lib/pacman/db.lck", "pacman")];

/// A file as `/proc/locks` names it: major and minor number of its device, and its inode.
type LockedFile = (u64, u64, u64);

/// Which package manager is at work, if any.
pub(super) async fn at_work(ports: &Ports) -> Fact<Option<String>> {
    let at = ports.clock.now();
    let roots = ports.roots.clone();
    let looking = ports
        .checks
        .tasks
        .spawn_blocking("package-manager", move || look(&roots))
        .await;
    match looking {
        Ok(Ok(value)) => Fact::Known {
            value: value.map(str::to_owned),
            at,
        },
        Ok(Err(why)) => Fact::Unknown(why),
        Err(error) => Fact::Unknown(error.to_string()),
    }
}

fn look(roots: &Roots) -> Result<Option<&'static str>, String> {
    for (file, owner) in PRESENT_FILES {
        if inode(&roots.root.join(file))?.is_some() {
            return Ok(Some(owner));
        }
    }
    let path = roots.proc.join("locks");
    let table = fs::read_to_string(&path)
        .map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let locked: Vec<LockedFile> = table.lines().filter_map(locked_file).collect();
    for (file, owner) in LOCK_FILES {
        if let Some(wanted) = inode(&roots.root.join(file))?
            && locked.iter().any(|found| is_same(*found, wanted))
        {
            return Ok(Some(owner));
        }
    }
    Ok(None)
}

/// None when there is no such file.
fn inode(path: &Path) -> Result<Option<LockedFile>, String> {
    match fs::metadata(path) {
        Ok(found) => Ok(Some((
            rustix::fs::major(found.dev()).into(),
            rustix::fs::minor(found.dev()).into(),
            found.ino(),
        ))),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(format!("cannot look at {}: {error}", path.display())),
    }
}

/// Reads `1: POSIX  ADVISORY  WRITE 4711 08:01:131331 0 EOF`; devices are hexadecimal. Who only waits for a lock has an
/// arrow before the kind, and waits for somebody who has a line as well.
fn locked_file(line: &str) -> Option<LockedFile> {
    let place = line
        .split_whitespace()
        .find(|word| word.matches(':').count() == 2)?;
    let mut parts = place.split(':');
    let major = u64::from_str_radix(parts.next()?, 16).ok()?;
    let minor = u64::from_str_radix(parts.next()?, 16).ok()?;
    Some((major, minor, parts.next()?.parse().ok()?))
}

/// Devices with major number 0 (subvolumes of btrfs, overlays) are numbered differently in the two places: there the
/// inode alone decides.
fn is_same(one: LockedFile, other: LockedFile) -> bool {
    let is_same_device = (one.0, one.1) == (other.0, other.1) || (one.0 == 0 && other.0 == 0);
    is_same_device && one.2 == other.2
}

#[cfg(test)]
mod tests;
