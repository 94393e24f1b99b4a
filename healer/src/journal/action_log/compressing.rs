//! Compressing a finished file, so that a crash at any moment loses nothing and leaves nothing twice.
//!
//! The compressed form is written under a name of its own, synced, renamed, read back and compared; only then the plain
//! form goes. Until then the plain form counts. Whatever a crash leaves is found by its name, and done again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;
use flate2::write::GzEncoder;

use super::options::{LogOptions, LogStep};
use super::part_name::{Form, PartName};
use super::removal::remove;
use super::rotating::sync_folder;

const CHUNK: usize = 1 << 16;
/// Of 1 to 9: what `gzip` takes.
const LEVEL: u32 = 6;

/// Why a file was not compressed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CompressError {
    /// The program ends; the next start goes on.
    #[error("interrupted")]
    Interrupted,
    /// The plain form stays.
    #[error("cannot compress `{path}`")]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Both forms stay.
    #[error("`{path}` and its compressed form differ: both are kept")]
    Differs {
        /// The plain one.
        path: PathBuf,
    },
}

/// Compresses one finished file of `log`, and removes its plain form.
pub(super) fn compress(
    log: &Path,
    name: PartName,
    options: &LogOptions,
    may_go_on: &dyn Fn() -> bool,
) -> Result<(), CompressError> {
    let log_name = log.file_name().unwrap_or_default();
    let path = |form| log.with_file_name(name.of(log_name, form));
    let [plain, unfinished, compressed] =
        [Form::Plain, Form::Unfinished, Form::Compressed].map(path);
    let failed = |source| CompressError::Io {
        path: plain.clone(),
        source,
    };
    // A crash may have come after the renaming.
    if !compressed.try_exists().map_err(failed)? {
        options.step(LogStep::Compress);
        match write(&plain, &unfinished, options, may_go_on) {
            Ok(true) => {}
            Ok(false) => return Err(CompressError::Interrupted),
            Err(error) => {
                // It takes space, and may be why there is none.
                let _ = remove(log, &unfinished);
                return Err(failed(error));
            }
        }
        options.step(LogStep::NameCompressed);
        fs::rename(&unfinished, &compressed).map_err(failed)?;
        sync_folder(log).map_err(failed)?;
    }
    options.step(LogStep::Compare);
    if !is_same(&plain, &compressed).map_err(failed)? {
        return Err(CompressError::Differs { path: plain });
    }
    options.step(LogStep::RemovePlain);
    remove(log, &plain).map_err(failed)
}

/// Writes the compressed form and syncs it; false when interrupted.
fn write(
    plain: &Path,
    unfinished: &Path,
    options: &LogOptions,
    may_go_on: &dyn Fn() -> bool,
) -> io::Result<bool> {
    let mut source = File::open(plain)?;
    let target = OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o640)
        .open(unfinished)?;
    let mut encoder = GzEncoder::new(target, flate2::Compression::new(LEVEL));
    let mut chunk = vec![0; CHUNK];
    loop {
        let read = source.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        if !may_go_on() {
            return Ok(false);
        }
        encoder.write_all(chunk.get(..read).unwrap_or_default())?;
        options.step(LogStep::CompressMore);
    }
    let target = encoder.finish()?;
    // Whoever looks for the newest file goes by this.
    if let Ok(modified) = source.metadata()?.modified() {
        target.set_modified(modified)?;
    }
    options.step(LogStep::SyncCompressed);
    target.sync_all()?;
    Ok(true)
}

/// Whether the compressed form unpacks to the plain one, byte for byte.
fn is_same(plain: &Path, compressed: &Path) -> io::Result<bool> {
    let mut plain = BufReader::with_capacity(CHUNK, File::open(plain)?);
    let compressed = BufReader::with_capacity(CHUNK, File::open(compressed)?);
    let mut unpacked = BufReader::with_capacity(CHUNK, MultiGzDecoder::new(compressed));
    loop {
        let expected = plain.fill_buf()?;
        let found = match unpacked.fill_buf() {
            Ok(found) => found,
            Err(error) if is_damage(&error) => return Ok(false),
            Err(error) => return Err(error),
        };
        let length = expected.len().min(found.len());
        if length == 0 {
            return Ok(expected.len() == found.len());
        }
        if expected.get(..length) != found.get(..length) {
            return Ok(false);
        }
        plain.consume(length);
        unpacked.consume(length);
    }
}

/// Whether an error of reading is about what is read: not gzip, or damaged, or cut off.
pub(in crate::journal) fn is_damage(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput | io::ErrorKind::UnexpectedEof
    )
}
