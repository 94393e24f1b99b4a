//! Where the kernel's files are, and the one way to read them.
//!
//! Every reader is given its root, so that tests point it at a fixture tree and a container at its host.
//! A file that does not exist is `None`, never an error and never a zero: kernels differ.

use std::fs::File;
use std::io::{ErrorKind, Read};
use std::path::{Path, PathBuf};

/// No kernel file that is read here is larger; what is beyond it is not one.
pub(crate) const LARGEST_FILE: usize = 32 << 20;

/// The roots of the kernel's files and of the host's file systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Roots {
    /// Where procfs is mounted, `/proc`.
    pub procfs: PathBuf,
    /// Where sysfs is mounted, `/sys`.
    pub sysfs: PathBuf,
    /// Where the host's root file system is seen, `/`.
    pub rootfs: PathBuf,
    /// Where udev keeps what it knows of devices, `/run/udev/data`.
    pub udev_data: PathBuf,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            procfs: "/proc".into(),
            sysfs: "/sys".into(),
            rootfs: "/".into(),
            udev_data: "/run/udev/data".into(),
        }
    }
}

/// A kernel file could not be read, or does not say what it should.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The file exists and cannot be read.
    #[error("cannot read `{}`", path.display())]
    Io {
        /// Which file.
        path: PathBuf,
        /// Why not.
        source: std::io::Error,
    },
    /// The file was read and its content is not understood.
    #[error("`{}` is not as expected: {problem}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong with which item.
        problem: Malformed,
    },
}

/// What is wrong in a kernel file: the pure parsers' error, which does not know the path.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// An item that every kernel has is not there.
    #[error("`{0}` is missing")]
    Missing(&'static str),
    /// An item is there and is not what it should be.
    #[error("line {line}: {item} should be {wanted}")]
    Item {
        /// Line number, from 1.
        line: usize,
        /// Which item.
        item: &'static str,
        /// What was expected.
        wanted: &'static str,
    },
    /// Two items cannot both be true.
    #[error("{0}")]
    Contradiction(&'static str),
}

/// Data, absent (`None`), or failed: the three answers of every reader.
pub type Reading<T> = Result<Option<T>, ReadError>;

/// Reads a whole file; `None` when there is no such file.
pub fn read(path: &Path) -> Reading<Vec<u8>> {
    let mut content = Vec::with_capacity(4096);
    match File::open(path).and_then(|file| file.take(LARGEST_FILE as u64).read_to_end(&mut content))
    {
        Ok(_) => Ok(Some(content)),
        Err(error) if is_absence(&error) => Ok(None),
        Err(source) => Err(ReadError::Io {
            path: path.to_owned(),
            source,
        }),
    }
}

/// Whether an error says that there is no such file.
pub(crate) fn is_absence(error: &std::io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Reads a file and parses it with one of the pure parsers.
pub fn parse<T>(path: &Path, parser: impl FnOnce(&[u8]) -> Result<T, Malformed>) -> Reading<T> {
    let Some(content) = read(path)? else {
        return Ok(None);
    };
    match parser(&content) {
        Ok(value) => Ok(Some(value)),
        Err(problem) => Err(ReadError::Malformed {
            path: path.to_owned(),
            problem,
        }),
    }
}

#[cfg(test)]
mod tests;
