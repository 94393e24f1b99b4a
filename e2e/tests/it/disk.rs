//! Files on the file systems of a sandbox, as the scenarios about full ones need them.

use std::fs::{self, File, FileTimes};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use anyhow::{Context, Result};
use prunelle_sandbox::wait::{Stopwatch, now};
use prunelle_sandbox::wait_until;
use rustix::fs::{CWD, Dir, Mode, OFlags, openat};

pub(crate) const KIB: u64 = 1 << 10;
pub(crate) const MIB: u64 = 1 << 20;

/// The age that makes a file old, and a little more.
const OLD: Duration = Duration::from_millis(5200);

/// A folder that everybody may write to, like `/var/tmp`.
pub(crate) fn temporary_folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path)?;
    Ok(fs::set_permissions(
        path,
        fs::Permissions::from_mode(0o1777),
    )?)
}

/// Writes a file, with the folders it needs.
pub(crate) fn write(path: &Path, bytes: u64) -> Result<()> {
    fs::create_dir_all(path.parent().context("no folder")?)?;
    Ok(fs::write(path, vec![b'x'; usize::try_from(bytes)?])?)
}

/// Writes a file that leaves so many bytes of its file system free.
pub(crate) fn write_all_but(path: &Path, free: u64) -> Result<()> {
    write(path, 0)?;
    write(path, available(path)? - free)
}

/// Writes a file until not a byte more fits.
pub(crate) fn write_to_the_end(path: &Path) -> Result<()> {
    write(path, 0)?;
    let mut file = File::options().append(true).open(path)?;
    loop {
        match file.write(&[b'x'; 4096]) {
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

/// Waits until what was written before is old.
pub(crate) fn wait_until_old() -> Result<()> {
    let watch = Stopwatch::start();
    wait_until("the files are old", 2 * OLD, || {
        (watch.elapsed() >= OLD).then_some(())
    })
}

/// What a program does to a file that it needs.
pub(crate) fn touch(path: &Path) -> Result<()> {
    let now = SystemTime::try_from(now())?;
    let times = FileTimes::new().set_accessed(now).set_modified(now);
    Ok(File::open(path)?.set_times(times)?)
}

/// Free bytes of the file system that holds `path`.
pub(crate) fn available(path: &Path) -> Result<u64> {
    let space = rustix::fs::statvfs(path)?;
    Ok(space.f_bavail * space.f_frsize)
}

/// Free share of the file system that holds `path`.
pub(crate) fn free_percent(path: &Path) -> Result<u64> {
    let space = rustix::fs::statvfs(path)?;
    Ok(100 * space.f_bavail / space.f_blocks)
}

/// One entry of a listing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Below the folder.
    pub(crate) name: PathBuf,
    is_folder: bool,
    inode: u64,
    mode: u32,
    owner: u32,
    size: u64,
    links: u64,
    accessed: (i64, i64),
    modified: (i64, i64),
    changed: (i64, i64),
}

/// Everything below a folder, by name, read without leaving a trace.
pub(crate) fn listing(folder: &Path) -> Result<Vec<Entry>> {
    let mut entries = vec![entry(folder, folder)?];
    let mut unread = vec![folder.to_owned()];
    while let Some(path) = unread.pop() {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOATIME | OFlags::CLOEXEC;
        for found in Dir::new(openat(CWD, &path, flags, Mode::empty())?)? {
            let name = found?.file_name().to_str()?.to_owned();
            if name == "." || name == ".." {
                continue;
            }
            let entry = entry(folder, &path.join(name))?;
            if entry.is_folder {
                unread.push(folder.join(&entry.name));
            }
            entries.push(entry);
        }
    }
    entries.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(entries)
}

/// The names of all files and links below a folder, sorted.
pub(crate) fn files(folder: &Path) -> Result<Vec<String>> {
    let mut entries = listing(folder)?;
    entries.retain(|entry| !entry.is_folder);
    let names = entries.iter().map(|it| it.name.display().to_string());
    Ok(names.collect())
}

fn entry(folder: &Path, path: &Path) -> Result<Entry> {
    let found = fs::symlink_metadata(path)?;
    Ok(Entry {
        name: path.strip_prefix(folder)?.to_owned(),
        is_folder: found.is_dir(),
        inode: found.ino(),
        mode: found.mode(),
        owner: found.uid(),
        size: found.size(),
        links: found.nlink(),
        accessed: (found.atime(), found.atime_nsec()),
        modified: (found.mtime(), found.mtime_nsec()),
        changed: (found.ctime(), found.ctime_nsec()),
    })
}
