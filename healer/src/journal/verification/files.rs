//! Which files are checked, and in which order. The newest are opened at once, so that a rotation meanwhile does not change
//! what is read.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::parts;

/// How many are held open.
const HELD_OPEN: usize = 100;
/// A rotation takes a moment; the next one comes much later.
const TRIES: usize = 10;

/// A file of the log, open or not yet.
#[derive(Debug)]
pub struct LogPart {
    pub(super) path: PathBuf,
    file: Option<File>,
}

impl LogPart {
    /// One that is opened when its turn comes.
    pub fn closed(path: PathBuf) -> Self {
        Self { path, file: None }
    }

    pub(super) fn open(self) -> io::Result<File> {
        match self.file {
            Some(file) => Ok(file),
            None => File::open(&self.path),
        }
    }
}

/// All files of a log, in order; and those that were moved aside because they did not belong to it.
pub fn all(log: &Path) -> io::Result<(Vec<LogPart>, Vec<PathBuf>)> {
    let mut tries = TRIES;
    loop {
        tries -= 1;
        let before = state(log)?;
        match opened(before.0.clone()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries > 0 => {}
            Err(error) => return Err(error),
            Ok(parts) if tries == 0 || state(log)? == before => {
                return Ok((parts, parts::aside(log)?));
            }
            Ok(_) => {}
        }
    }
}

/// Files by name, in the order of their lines.
pub fn ordered(files: Vec<PathBuf>) -> Vec<LogPart> {
    let mut placed: Vec<_> = files
        .into_iter()
        .map(|path| (parts::place(&path), path))
        .collect();
    placed.sort_by_key(|(place, _)| *place);
    placed
        .into_iter()
        .map(|(_, path)| LogPart::closed(path))
        .collect()
}

/// The files' names, and which file the log itself is: device and inode.
type State = (Vec<PathBuf>, Option<(u64, u64)>);

fn state(log: &Path) -> io::Result<State> {
    use std::os::unix::fs::MetadataExt as _;
    let identity = log.metadata().ok().map(|found| (found.dev(), found.ino()));
    Ok((parts::all(log)?, identity))
}

fn opened(paths: Vec<PathBuf>) -> io::Result<Vec<LogPart>> {
    let first = paths.len().saturating_sub(HELD_OPEN);
    let open = |(index, path): (usize, PathBuf)| {
        let file = (index >= first).then(|| File::open(&path)).transpose()?;
        Ok(LogPart { path, file })
    };
    paths.into_iter().enumerate().map(open).collect()
}
