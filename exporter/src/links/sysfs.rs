//! Network devices from `/sys/class/net`, a file for each attribute.
//!
//! A file that does not exist, and one that the device refuses to answer, is an attribute that it does not have; a
//! device without a number has gone while it was read.

use std::ffi::OsStr;
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::{Errno, pread};

use super::link::Link;
use crate::procfs::label;
use crate::roots::{Malformed, ReadError, Reading};

/// An alias is the longest value, 255 bytes.
const LONGEST: usize = 512;

/// All devices that `admits` holds for; none where sysfs has no such class.
pub fn devices(classes: &Path, admits: impl Fn(&str) -> bool) -> Reading<Vec<Link>> {
    let failed = |source| ReadError::Io {
        path: classes.to_owned(),
        source,
    };
    let entries = match std::fs::read_dir(classes) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(failed(error)),
    };
    let mut links = Vec::new();
    for entry in entries {
        let raw_name = entry.map_err(failed)?.file_name();
        let name = label(raw_name.as_bytes());
        if admits(&name)
            && let Some(link) = device(classes, raw_name.as_bytes(), name)?
        {
            links.push(link);
        }
    }
    links.sort_by_key(|link| link.index);
    Ok(Some(links))
}

fn device(classes: &Path, raw_name: &[u8], name: String) -> Reading<Link> {
    let Some(folder) = Folder::open(classes, raw_name)? else {
        return Ok(None);
    };
    let Some(index) = folder.number("ifindex")? else {
        return Ok(None);
    };
    let flags = folder.number("flags")?;
    Ok(Some(Link {
        raw_name: raw_name.to_vec(),
        name,
        index: u32::try_from(index).unwrap_or(u32::MAX),
        link: folder.number("iflink")?,
        address: folder.text("address")?,
        broadcast: folder.text("broadcast")?,
        alias: folder.text("ifalias")?,
        operstate: folder.text("operstate")?.into(),
        duplex: folder.text("duplex")?,
        flags,
        carrier: folder.number("carrier")?,
        carrier_changes: folder.number("carrier_changes")?,
        carrier_up_count: folder.number("carrier_up_count")?,
        carrier_down_count: folder.number("carrier_down_count")?,
        dormant: folder.number("dormant")?,
        link_mode: folder.number("link_mode")?,
        mtu: folder.number("mtu")?,
        group: folder.number("netdev_group")?,
        hardware_type: folder.number("type")?,
        queue_length: folder.number("tx_queue_len")?,
        speed: folder.number("speed")?,
        device_id: folder.number("dev_id")?,
        name_assign_type: folder.number("name_assign_type")?,
        address_assign_type: folder.number("addr_assign_type")?,
        traffic: None,
    }))
}

/// What one file says.
pub(super) type Value = Vec<u8>;

/// The folder of one device.
#[derive(Debug)]
pub(super) struct Folder {
    folder: OwnedFd,
    path: PathBuf,
}

impl Folder {
    /// None when there is no such device.
    pub(super) fn open(classes: &Path, name: &[u8]) -> Reading<Self> {
        let path = classes.join(OsStr::from_bytes(name));
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        match openat(CWD, &path, flags, Mode::empty()) {
            Ok(folder) => Ok(Some(Self { folder, path })),
            Err(error) if is_not_told(error) => Ok(None),
            Err(error) => Err(ReadError::Io {
                path,
                source: error.into(),
            }),
        }
    }

    /// One of its files, open; none when it does not have it.
    pub(super) fn file(&self, name: &'static str) -> Reading<OwnedFd> {
        let flags = OFlags::RDONLY | OFlags::CLOEXEC;
        match openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => Ok(Some(file)),
            Err(error) if is_not_told(error) => Ok(None),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    /// A number; none when the device does not tell it.
    pub(super) fn number(&self, name: &'static str) -> Reading<i64> {
        match self.value(name)? {
            Some(value) => number(&value, name),
            None => Ok(None),
        }
    }

    /// A text; empty when the device does not tell it.
    pub(super) fn text(&self, name: &'static str) -> Result<String, ReadError> {
        Ok(self
            .value(name)?
            .map_or_else(String::new, |value| text(&value)))
    }

    fn value(&self, name: &'static str) -> Reading<Value> {
        let Some(file) = self.file(name)? else {
            return Ok(None);
        };
        match read(&file) {
            Ok(value) => Ok(Some(value)),
            Err(error) if is_not_told(error) => Ok(None),
            Err(error) => Err(self.failed(name, error)),
        }
    }

    fn failed(&self, name: &str, error: Errno) -> ReadError {
        ReadError::Io {
            path: self.path.join(name),
            source: error.into(),
        }
    }
}

/// Reads a file from its beginning.
pub(super) fn read(file: &OwnedFd) -> Result<Value, Errno> {
    let mut buffer = [0; LONGEST];
    let length = loop {
        match pread(file, &mut buffer[..], 0) {
            Err(Errno::INTR) => {}
            other => break other?,
        }
    };
    Ok(buffer.get(..length).unwrap_or_default().to_vec())
}

/// A number, decimal or with `0x`; `item` is the file's name. An empty file tells nothing.
pub(super) fn number(value: &[u8], item: &'static str) -> Reading<i64> {
    parse_number(value, item).map_err(|problem| ReadError::Malformed {
        path: item.into(),
        problem,
    })
}

/// A number, decimal or with `0x`; an empty file tells nothing.
pub fn parse_number(value: &[u8], item: &'static str) -> Result<Option<i64>, Malformed> {
    let value = value.trim_ascii();
    if value.is_empty() {
        return Ok(None);
    }
    let number = std::str::from_utf8(value).ok().and_then(|text| {
        let is_plain = |digits: &str| !digits.starts_with('+');
        match text.strip_prefix("0x") {
            Some(digits) => i64::from_str_radix(digits, 16)
                .ok()
                .filter(|_| is_plain(digits)),
            None => text.parse().ok().filter(|_| is_plain(text)),
        }
    });
    match number {
        Some(number) => Ok(Some(number)),
        None => Err(Malformed::Item {
            line: 1,
            item,
            wanted: "a number",
        }),
    }
}

/// A text for a label.
pub(super) fn text(value: &[u8]) -> String {
    label(value.trim_ascii())
}

/// Whether an error is the device's answer, and not about this process.
fn is_not_told(error: Errno) -> bool {
    !matches!(
        error,
        Errno::ACCESS | Errno::PERM | Errno::MFILE | Errno::NFILE | Errno::NOMEM
    )
}

#[cfg(test)]
mod tests;
