//! The time zone of the host, from `/etc/localtime` below its root; without that file it is UTC, as it is for everybody.
//!
//! The file is read anew when it was replaced. `TZ` is not asked: it is about this process and not about the host.

use std::fs::{self, Metadata};
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use jiff::tz::TimeZone;

use crate::roots::{self, Malformed, ReadError, is_absence};

/// The zone, and of which file it is.
#[derive(Debug, Default)]
pub struct LocalZone {
    known: Option<(Identity, TimeZone)>,
}

/// What changes when a file is replaced: device, inode, and when it was written last.
type Identity = (u64, u64, i64, i64);

impl LocalZone {
    /// The zone at this moment.
    pub fn zone(&mut self, rootfs: &Path) -> Result<TimeZone, ReadError> {
        let path = target(rootfs, Path::new("etc/localtime"));
        let identity = match fs::metadata(&path) {
            Ok(metadata) => identity(&metadata),
            Err(error) if is_absence(&error) => return Ok(TimeZone::UTC),
            Err(source) => return Err(ReadError::Io { path, source }),
        };
        if let Some((known, zone)) = &self.known
            && *known == identity
        {
            return Ok(zone.clone());
        }
        let zone = read(path)?;
        self.known = Some((identity, zone.clone()));
        Ok(zone)
    }
}

/// What a link below another root leads to: what is absolute begins at that root.
fn target(rootfs: &Path, link: &Path) -> PathBuf {
    let path = rootfs.join(link);
    let target = fs::read_link(&path).ok();
    match target
        .as_deref()
        .and_then(|target| target.strip_prefix("/").ok())
    {
        Some(below_root) => rootfs.join(below_root),
        None => path,
    }
}

fn read(path: PathBuf) -> Result<TimeZone, ReadError> {
    let Some(content) = roots::read(&path)? else {
        let source = io::ErrorKind::NotFound.into();
        return Err(ReadError::Io { path, source });
    };
    TimeZone::tzif("", &content).map_err(|_| ReadError::Malformed {
        path,
        problem: Malformed::Contradiction("it is no description of a time zone"),
    })
}

fn identity(metadata: &Metadata) -> Identity {
    let (seconds, nanoseconds) = (metadata.mtime(), metadata.mtime_nsec());
    (metadata.dev(), metadata.ino(), seconds, nanoseconds)
}

#[cfg(test)]
mod tests;
