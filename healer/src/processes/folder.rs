//! `/proc`, opened once: its processes, and the files of each, into one buffer that is used again.

use std::io;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, CWD, Mode, OFlags, StatxFlags, openat, readlinkat, statx};
use rustix::io::Errno;

use super::ProcessesError;

/// The folder of all processes.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    descriptor: OwnedFd,
}

/// The folder of one process. It stays that process's, whoever gets its number later: once it is gone, nothing can be
/// read there any more.
#[derive(Debug)]
pub struct ProcessFolder {
    pid: u32,
    path: PathBuf,
    descriptor: OwnedFd,
}

const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);
/// Enough for every file that is read here but long command lines.
const CHUNK: usize = 4096;

impl Folder {
    /// Opens `/proc`, or what stands for it.
    pub fn open(path: &Path) -> Result<Self, ProcessesError> {
        let descriptor = openat(CWD, path, FOLDER, Mode::empty())
            .map_err(|errno| read_error(path.to_owned(), errno))?;
        Ok(Self {
            path: path.to_owned(),
            descriptor,
        })
    }

    /// The numbers of all processes.
    pub fn pids(&self) -> Result<Vec<u32>, ProcessesError> {
        let error = |source| ProcessesError::Read {
            path: self.path.clone(),
            source,
        };
        let mut pids = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(error)? {
            let name = entry.map_err(error)?.file_name();
            pids.extend(name.to_str().and_then(|name| name.parse::<u32>().ok()));
        }
        Ok(pids)
    }

    /// Reads a file below, whole, into `buffer`. False when the process is gone; not being let in is an error, because
    /// what cannot be seen may be the greediest of all.
    pub fn read(&self, name: &str, buffer: &mut Vec<u8>) -> Result<bool, ProcessesError> {
        read_at(&self.descriptor, &self.path, name, buffer)
    }

    /// Opens the folder of a process; none when it is gone.
    pub fn process(&self, pid: u32) -> Result<Option<ProcessFolder>, ProcessesError> {
        let name = pid.to_string();
        match openat(&self.descriptor, &name, FOLDER, Mode::empty()) {
            Ok(descriptor) => Ok(Some(ProcessFolder {
                pid,
                path: self.path.join(name),
                descriptor,
            })),
            Err(Errno::NOENT | Errno::SRCH) => Ok(None),
            Err(errno) => Err(read_error(self.path.join(name), errno)),
        }
    }

    /// The folder's own path.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl ProcessFolder {
    /// Whose it is.
    pub fn pid(&self) -> u32 {
        self.pid
    }

    /// Reads a file, as [`Folder::read`] does.
    pub fn read(&self, name: &str, buffer: &mut Vec<u8>) -> Result<bool, ProcessesError> {
        read_at(&self.descriptor, &self.path, name, buffer)
    }

    /// Where `exe` leads to, with device and inode. None when that may not be seen, or there is none.
    pub fn executable(&self) -> Option<(PathBuf, (u32, u32), u64)> {
        let wanted = StatxFlags::TYPE | StatxFlags::INO;
        let file = statx(&self.descriptor, "exe", AtFlags::STATX_DONT_SYNC, wanted).ok()?;
        let path = readlinkat(&self.descriptor, "exe", Vec::new()).ok()?;
        let path = PathBuf::from(super::printable(path.as_bytes()));
        Some((path, (file.stx_dev_major, file.stx_dev_minor), file.stx_ino))
    }

    /// An error about one of its files.
    pub fn malformed(&self, name: &str, item: &'static str) -> ProcessesError {
        ProcessesError::Malformed {
            path: self.path.join(name),
            item,
        }
    }
}

fn read_at(
    folder: &OwnedFd,
    path: &Path,
    name: &str,
    buffer: &mut Vec<u8>,
) -> Result<bool, ProcessesError> {
    buffer.clear();
    let flags = OFlags::RDONLY | OFlags::CLOEXEC;
    let mut read = || -> Result<(), Errno> {
        let file = openat(folder, name, flags, Mode::empty())?;
        loop {
            buffer.reserve(CHUNK);
            let room = buffer.capacity() - buffer.len();
            let spare = rustix::buffer::spare_capacity(buffer);
            // The kernel fills what it is given as far as it has something: less is the end.
            if rustix::io::read(&file, spare)? < room {
                return Ok(());
            }
        }
    };
    match read() {
        Ok(()) => Ok(true),
        Err(Errno::NOENT | Errno::SRCH) => Ok(false),
        Err(Errno::ACCESS | Errno::PERM) => Err(ProcessesError::Hidden),
        Err(errno) => Err(read_error(path.join(name), errno)),
    }
}

fn read_error(path: PathBuf, errno: Errno) -> ProcessesError {
    ProcessesError::Read {
        path,
        source: io::Error::from(errno),
    }
}
