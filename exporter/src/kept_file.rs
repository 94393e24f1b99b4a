//! One small file of a device under `/sys`, read in scrape after scrape while the device is there.
//!
//! As in [`crate::files`], nothing is kept but the descriptor: opening costs more than reading. Whoever has many such files
//! keeps only some of them open, so that a big machine does not use up what a process may open.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use crate::roots::{Malformed, ReadError, Reading, is_absence};

/// So many descriptors one owner of such files keeps open.
pub const KEPT_OPEN: usize = 64;
/// These files hold one value.
const LONGEST_CONTENT: usize = 256;

/// A file that may be kept open.
#[derive(Debug)]
pub struct KeptFile {
    path: PathBuf,
    file: Option<File>,
    is_kept_open: bool,
}

impl KeptFile {
    /// Opens nothing yet.
    pub fn new(path: PathBuf, is_kept_open: bool) -> Self {
        Self {
            path,
            file: None,
            is_kept_open,
        }
    }

    /// Reads the file and parses it; `None` when there is no such file.
    pub fn parse<T>(&mut self, parser: impl FnOnce(&[u8]) -> Result<T, Malformed>) -> Reading<T> {
        let mut content = [0; LONGEST_CONTENT];
        let length = match self.read(&mut content) {
            Ok(length) => length,
            Err(error) if is_absence(&error) => return Ok(None),
            Err(source) => {
                let path = self.path.clone();
                return Err(ReadError::Io { path, source });
            }
        };
        let content = content.get(..length).unwrap_or_default();
        parser(content)
            .map(Some)
            .map_err(|problem| ReadError::Malformed {
                path: self.path.clone(),
                problem,
            })
    }

    fn read(&mut self, content: &mut [u8]) -> std::io::Result<usize> {
        let file = match self.file.take() {
            Some(file) => file,
            None => File::open(&self.path)?,
        };
        let length = file.read_at(content, 0)?;
        self.file = self.is_kept_open.then_some(file);
        Ok(length)
    }
}

#[cfg(test)]
mod tests;
