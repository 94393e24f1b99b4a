//! How full a file system is, from statvfs, and why it may refuse to tell.

use rustix::fs::StatVfs;
use rustix::io::Errno;

use super::FileSystem;

/// What one file system holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Space {
    /// The size of it in bytes; 0 for what has no size, as pseudo file systems do.
    pub total: u64,
    /// Bytes that are not taken, those that are reserved for root included.
    pub free: u64,
    /// Bytes left for programs without privilege.
    pub available: u64,
    /// How many files it can hold; 0 where there is no such limit.
    pub files: u64,
    /// How many more files it can hold.
    pub files_free: u64,
    /// Whether a folder is mounted. A single file that is bound into a container (`/etc/hosts`) is no disk of
    /// its own: the folder it comes from is what fills up.
    pub is_folder: bool,
}

impl Space {
    /// Whether it is something that can fill up.
    pub fn is_disk(&self) -> bool {
        self.total > 0 && self.is_folder
    }

    /// Bytes that are taken.
    pub fn used(&self) -> u64 {
        self.total.saturating_sub(self.free)
    }

    /// Used divided by what could be used: the percentage of `df`, 1 when programs cannot write any more.
    pub fn usage(&self) -> Option<f64> {
        let usable = self.used().saturating_add(self.available);
        (usable > 0).then(|| crate::machine::ratio(self.used(), usable))
    }
}

/// Why a file system does not tell; the set of texts is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal(Errno);

impl From<Errno> for Refusal {
    fn from(errno: Errno) -> Self {
        Self(errno)
    }
}

impl From<std::io::Error> for Refusal {
    fn from(error: std::io::Error) -> Self {
        Self(Errno::from_io_error(&error).unwrap_or(Errno::IO))
    }
}

impl Refusal {
    /// As `node_exporter` writes it into the label `device_error`.
    pub fn text(self) -> &'static str {
        match self.0 {
            Errno::ACCESS => "permission denied",
            Errno::PERM => "operation not permitted",
            Errno::NOENT => "no such file or directory",
            Errno::NOTDIR => "not a directory",
            Errno::NAMETOOLONG => "file name too long",
            Errno::LOOP => "too many levels of symbolic links",
            Errno::IO => "input/output error",
            Errno::NODEV => "no such device",
            Errno::NXIO => "no such device or address",
            Errno::STALE => "stale NFS file handle",
            Errno::NOTCONN => "transport endpoint is not connected",
            Errno::CONNABORTED => "software caused connection abort",
            Errno::CONNREFUSED => "connection refused",
            Errno::CONNRESET => "connection reset by peer",
            Errno::TIMEDOUT => "connection timed out",
            Errno::HOSTDOWN => "host is down",
            Errno::HOSTUNREACH => "no route to host",
            Errno::NETUNREACH => "network is unreachable",
            Errno::NOSYS => "function not implemented",
            Errno::OPNOTSUPP => "operation not supported",
            Errno::OVERFLOW => "value too large for defined data type",
            Errno::INTR => "interrupted system call",
            Errno::NOMEM => "cannot allocate memory",
            _ => "other error",
        }
    }
}

/// Asks a file system; may hang as long as its server does not answer.
pub fn ask(file_system: &FileSystem) -> Result<Space, Refusal> {
    let is_folder = file_system.is_folder()?;
    let stat = rustix::fs::statvfs(&file_system.path)?;
    // Sizes that cannot be true are as good as none.
    from_statvfs(&stat, is_folder).ok_or(Refusal(Errno::OVERFLOW))
}

fn from_statvfs(stat: &StatVfs, is_folder: bool) -> Option<Space> {
    let bytes = |blocks: u64| blocks.checked_mul(stat.f_frsize);
    // The available count of some file systems goes below zero when root eats into its reserve.
    let available = if stat.f_bavail > i64::MAX.unsigned_abs() {
        0
    } else {
        stat.f_bavail
    };
    (stat.f_bfree <= stat.f_blocks).then_some(())?;
    Some(Space {
        total: bytes(stat.f_blocks)?,
        free: bytes(stat.f_bfree)?,
        available: bytes(available)?,
        files: stat.f_files,
        files_free: stat.f_ffree,
        is_folder,
    })
}

#[cfg(test)]
mod tests;
