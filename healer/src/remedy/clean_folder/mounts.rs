//! Which mount holds a folder or a file, from `/proc/self/mountinfo`.

use std::ffi::{OsStr, OsString};
use std::os::fd::AsFd;
use std::os::unix::ffi::OsStringExt as _;
use std::path::PathBuf;

use rustix::fs::{AtFlags, StatxFlags, statx};
use rustix::io::Errno;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Mount {
    pub(super) id: u64,
    /// Major and minor number of its file system, as text.
    pub(super) device: String,
    pub(super) point: PathBuf,
}

/// The id of the mount that holds an open folder.
pub(super) fn id_of(folder: impl AsFd) -> Result<u64, Errno> {
    let wanted = StatxFlags::MNT_ID;
    let found = statx(folder, c"", AtFlags::EMPTY_PATH, wanted)?;
    if found.stx_mask & wanted.bits() == 0 {
        return Err(Errno::NOTSUP); // Linux before 5.8
    }
    Ok(found.stx_mnt_id)
}

/// The mounts, in the order of the file: a later one on the same point hides an earlier one.
pub(super) fn parse(mountinfo: &[u8]) -> Vec<Mount> {
    mountinfo
        .split(|byte| *byte == b'\n')
        .filter_map(|line| {
            let mut fields = line.split(|byte| *byte == b' ');
            let id = std::str::from_utf8(fields.next()?).ok()?.parse().ok()?;
            let device = std::str::from_utf8(fields.nth(1)?).ok()?.to_owned();
            let point = PathBuf::from(unescape(fields.nth(1)?));
            Some(Mount { id, device, point })
        })
        .collect()
}

/// Whether the mount at `mountpoint` is of the file system that the mount `id` is of.
///
/// The file system is compared, not the point: a service manager that confines the healer binds folders onto
/// themselves, and free space is the file system's. The alert's text is looked up only, never opened.
pub(super) fn is_same_file_system(mounts: &[Mount], id: u64, mountpoint: &str) -> bool {
    let holder = mounts.iter().find(|mount| mount.id == id);
    let named = mounts
        .iter()
        .rev()
        .find(|mount| mount.point.as_os_str() == OsStr::new(mountpoint));
    match (holder, named) {
        (Some(holder), Some(named)) => holder.device == named.device,
        _ => false,
    }
}

/// Whether an open file or folder lies on the file system that is mounted at `mountpoint`.
pub(super) fn holds(mountpoint: &str, file: impl AsFd) -> std::io::Result<bool> {
    let id = id_of(file)?;
    let mounts = parse(&std::fs::read("/proc/self/mountinfo")?);
    Ok(is_same_file_system(&mounts, id, mountpoint))
}

/// Space, tab, newline and backslash are written as `\040` and so on.
fn unescape(field: &[u8]) -> OsString {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = tail
            .get(..3)
            .filter(|_| first == b'\\')
            .and_then(|digits| std::str::from_utf8(digits).ok())
            .and_then(|digits| u8::from_str_radix(digits, 8).ok());
        if let Some(byte) = octal {
            bytes.push(byte);
            rest = tail.get(3..).unwrap_or_default();
        } else {
            bytes.push(first);
            rest = tail;
        }
    }
    OsString::from_vec(bytes)
}
