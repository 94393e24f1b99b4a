//! The files of one log: the finished ones, which rotation by the healer or by another program has left, and the file
//! itself. Found by their names, put in order by the numbers of their lines.
//!
//! Compressing leaves a file in both forms for a moment; then the plain one counts.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _};
use std::path::{Path, PathBuf};

use flate2::bufread::MultiGzDecoder;

use super::part_name::{Form, PartName};
use crate::journal::seal::Seal;

/// Part of the name of a file that was moved aside because it is of another journal.
pub(super) const ASIDE: &str = "foreign-";
/// How much of a file of others is searched for a line with a number.
const SEARCHED: u64 = 1 << 20;
const BUFFER: usize = 1 << 16;

/// A file with lines of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::journal) struct Part {
    pub(in crate::journal) path: PathBuf,
    /// What its name says, when it is one of ours.
    pub(super) name: Option<(PartName, Form)>,
}

/// All files of a log that exist: finished ones first, from the oldest on, then the file itself.
pub(in crate::journal) fn all(log: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths: Vec<_> = finished(log)?.into_iter().map(|part| part.path).collect();
    if log.try_exists()? {
        paths.push(log.to_owned());
    }
    Ok(paths)
}

/// The finished files of a log, from the oldest on.
pub(super) fn finished(log: &Path) -> io::Result<Vec<Part>> {
    let own_name = own_name(log)?;
    let names = beside(log)?;
    let mut parts = Vec::new();
    for name in &names {
        if is_half_done(name, &names) || name.to_string_lossy().contains(ASIDE) {
            continue;
        }
        let path = log.with_file_name(name);
        if !fs::symlink_metadata(&path)?.is_file() {
            continue;
        }
        let name = PartName::parse(own_name, name);
        // Nothing to be made of it: whoever reads it will say so.
        let place = match name {
            Some((name, _)) => name.last_seq,
            None => place(&path),
        };
        parts.push((place, Part { path, name }));
    }
    parts.sort_by(|a, b| (a.0, &a.1.path).cmp(&(b.0, &b.1.path)));
    Ok(parts.into_iter().map(|(_, part)| part).collect())
}

/// Files that were moved aside because they are of another journal, or were changed.
pub(in crate::journal) fn aside(log: &Path) -> io::Result<Vec<PathBuf>> {
    let names = beside(log)?.into_iter();
    let is_aside = |name: &OsString| name.to_string_lossy().contains(ASIDE);
    Ok(names
        .filter(is_aside)
        .map(|name| log.with_file_name(name))
        .collect())
}

/// Lines of a file, whether it is compressed or not.
pub(in crate::journal) fn read(path: &Path) -> io::Result<Box<dyn BufRead>> {
    read_open(File::open(path)?)
}

/// The same, of a file that is open.
pub(in crate::journal) fn read_open(file: File) -> io::Result<Box<dyn BufRead>> {
    let mut file = BufReader::with_capacity(BUFFER, file);
    let head = file.fill_buf()?;
    if head.starts_with(&[0x1f, 0x8b]) {
        let plain = MultiGzDecoder::new(file);
        return Ok(Box::new(BufReader::with_capacity(BUFFER, plain)));
    }
    let foreign: [(&[u8], &str); 3] = [
        (&[0xfd, b'7', b'z', b'X', b'Z'], "xz"),
        (&[0x28, 0xb5, 0x2f, 0xfd], "zstd"),
        (b"BZh", "bzip2"),
    ];
    match foreign.iter().find(|(magic, _)| head.starts_with(magic)) {
        Some((_, name)) => Err(io::Error::new(
            io::ErrorKind::Unsupported,
            format!("it is compressed with {name}: unpack it first"),
        )),
        None => Ok(Box::new(file)),
    }
}

/// The last line of a file that ends as a line of ours does; none when there is none.
pub(super) fn last_sealed_line(path: &Path) -> io::Result<Option<(i64, String)>> {
    let mut lines = read(path)?;
    let (mut line, mut last) = (Vec::new(), None);
    while lines.read_until(b'\n', &mut line)? > 0 {
        if let Some(text) = line.strip_suffix(b"\n")
            && Seal::read(text).is_some()
        {
            last = Some(text.to_owned());
        }
        line.clear();
    }
    Ok(last.and_then(|text| {
        let seq = Seal::read(&text)?.seq;
        Some((seq, String::from_utf8(text).ok()?))
    }))
}

fn own_name(log: &Path) -> io::Result<&OsStr> {
    log.file_name()
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "the log's path names no file"))
}

/// Names in the log's folder that begin as the log's own does: after it comes a dot or a dash.
fn beside(log: &Path) -> io::Result<BTreeSet<OsString>> {
    let own = own_name(log)?.as_encoded_bytes();
    let folder = match log.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let rest = name.as_encoded_bytes().strip_prefix(own);
        if rest.is_some_and(|rest| matches!(rest.first(), Some(b'.' | b'-'))) {
            names.insert(name);
        }
    }
    Ok(names)
}

/// It is not finished yet, or the plain form is still there.
fn is_half_done(name: &OsStr, names: &BTreeSet<OsString>) -> bool {
    let path = Path::new(name);
    match path.extension().and_then(OsStr::to_str) {
        Some("tmp") => true,
        Some("gz") => names.contains(path.with_extension("").as_os_str()),
        _ => false,
    }
}

/// Where a file belongs among others of its log; 0 when nothing can be made of it.
pub(in crate::journal) fn place(path: &Path) -> i64 {
    first_number(path).unwrap_or(0)
}

/// The number of the first line that has one.
fn first_number(path: &Path) -> Option<i64> {
    let mut lines = read(path).ok()?.take(SEARCHED);
    let mut line = Vec::new();
    while lines.read_until(b'\n', &mut line).ok()? > 0 {
        if let Some(seal) = line.strip_suffix(b"\n").and_then(Seal::read) {
            return Some(seal.seq);
        }
        line.clear();
    }
    None
}

#[cfg(test)]
mod tests;
