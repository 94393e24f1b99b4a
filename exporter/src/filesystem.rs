//! The file systems of the host: which are watched (`table`), how full they are (`space`), and the thread that
//! asks them, because asking may hang ([`Prober`]).
//!
//! The collector `filesystem` is the only caller.

use std::io;
use std::path::PathBuf;
use std::sync::OnceLock;

pub use prober::{Answer, Answers, Probe, ProbeError, Prober, Statvfs};
pub use space::{Refusal, Space, ask};

mod prober;
mod space;
mod table;

/// One file system at one mount point.
#[derive(Debug)]
pub struct FileSystem {
    /// The kernel's number of the mount.
    id: u64,
    /// Where this process can ask about it: below `--path.rootfs`.
    pub path: PathBuf,
    /// Where the host has it mounted, as text for a label.
    pub mountpoint: String,
    /// Its device, as text for a label.
    pub device: String,
    /// Its type.
    pub fstype: String,
    /// Major number of the device, as text for a label.
    pub major: String,
    /// Minor number of the device, as text for a label.
    pub minor: String,
    /// Whether nothing can be written through this mount.
    pub is_readonly: bool,
    /// Whether a folder is mounted, and not a single file; found out once, as it cannot change.
    is_folder: OnceLock<bool>,
}

impl FileSystem {
    /// Whether a folder is mounted there; may hang.
    fn is_folder(&self) -> io::Result<bool> {
        if let Some(&known) = self.is_folder.get() {
            return Ok(known);
        }
        let is_folder = std::fs::metadata(&self.path)?.is_dir();
        Ok(*self.is_folder.get_or_init(|| is_folder))
    }
}
