//! What processes have open, from `/proc/*/fd`: nothing that is in use may be removed.
//!
//! Whoever is not root sees the descriptors of its own processes only; how many others there were is kept, and told.

use std::collections::HashSet;
use std::ffi::CString;
use std::fs;
use std::os::unix::ffi::OsStringExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, FileType, Statx, StatxFlags, statx};
use serde::{Deserialize, Serialize};

use super::entry::Identity;

/// Everything that is open.
#[derive(Clone, Debug, Default)]
pub(super) struct OpenFiles {
    held: HashSet<Identity>,
    /// Processes whose descriptors may not be read.
    pub(super) unseen_processes: u64,
}

/// A process that keeps a deleted file, and so its space.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// Its process id.
    pub pid: u32,
    /// Its name (`/proc/<pid>/comm`).
    pub process: String,
    /// The file's former path.
    pub path: String,
    /// Bytes that come free when it closes the file or ends.
    pub bytes: u64,
}

/// A deleted file's path ends so in `/proc/<pid>/fd`.
const DELETED: &str = " (deleted)";

impl OpenFiles {
    /// Looks at every process under `proc`.
    pub(super) fn scan(proc: &Path) -> Self {
        let mut found = Self::default();
        let own = std::process::id();
        for (pid, process) in processes(proc) {
            for link in ["cwd", "root", "exe"] {
                if let Some(file) = target(&process.join(link)) {
                    found.held.insert(Identity::from(&file));
                }
            }
            let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
                found.unseen_processes += u64::from(is_user_process(&process));
                continue;
            };
            for descriptor in descriptors.flatten() {
                let Some(file) = target(&descriptor.path()) else {
                    continue;
                };
                // Folders that we hold are held by the walk itself.
                let is_walk = pid == own
                    && FileType::from_raw_mode(u32::from(file.stx_mode)) == FileType::Directory;
                if !is_walk {
                    found.held.insert(Identity::from(&file));
                }
            }
        }
        found
    }

    pub(super) fn contains(&self, identity: Identity) -> bool {
        self.held.contains(&identity)
    }
}

/// Who holds deleted files of a device, most bytes first, at most `limit`.
pub(super) fn holders_of_deleted(proc: &Path, device: (u32, u32), limit: usize) -> Vec<Holder> {
    let mut holders = Vec::new();
    let mut seen = HashSet::new();
    for (pid, process) in processes(proc) {
        let Ok(descriptors) = fs::read_dir(process.join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            let path = descriptor.path();
            let Some(file) = target(&path) else { continue };
            let identity = Identity::from(&file);
            let is_deleted = file.stx_nlink == 0 && identity.device == device;
            if !is_deleted || file.stx_blocks == 0 || !seen.insert((pid, identity)) {
                continue;
            }
            let name = fs::read_link(&path).unwrap_or_default();
            let name = name.to_string_lossy();
            holders.push(Holder {
                pid,
                process: printable(
                    &fs::read(process.join("comm")).map_or_else(|_| PathBuf::new(), to_path),
                ),
                path: printable(Path::new(name.strip_suffix(DELETED).unwrap_or(&name))),
                bytes: file.stx_blocks.saturating_mul(512),
            });
        }
    }
    holders.sort_by_key(|holder| (std::cmp::Reverse(holder.bytes), holder.pid));
    holders.truncate(limit);
    holders
}

/// A name for people and logs: no control characters, whatever bytes it has.
pub(super) fn printable(path: &Path) -> String {
    let mut text = String::new();
    for c in path.to_string_lossy().chars() {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}

fn to_path(mut line: Vec<u8>) -> PathBuf {
    if line.last() == Some(&b'\n') {
        line.pop();
    }
    std::ffi::OsString::from_vec(line).into()
}

/// The processes under `proc`, with their folders.
pub(super) fn processes(proc: &Path) -> impl Iterator<Item = (u32, PathBuf)> {
    fs::read_dir(proc)
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
}

/// False for kernel threads: they have no command line, and no files either.
pub(super) fn is_user_process(process: &Path) -> bool {
    fs::read(process.join("cmdline")).is_ok_and(|line| !line.is_empty())
}

/// What a link in `/proc` leads to, without asking a server that may not answer.
fn target(link: &Path) -> Option<Statx> {
    let link = CString::new(link.as_os_str().to_owned().into_vec()).ok()?;
    let wanted = StatxFlags::TYPE | StatxFlags::INO | StatxFlags::NLINK | StatxFlags::BLOCKS;
    statx(CWD, &*link, AtFlags::STATX_DONT_SYNC, wanted).ok()
}
