//! What is known of block devices beside their counters: udev's properties, and whether they rotate.
//!
//! udev writes a device's properties into a file of its own, and replaces the file whenever something changes; it is
//! read again when it is another file than before. The flag in sysfs is read each time, from a descriptor kept open.
//! The collector `diskstats` keeps one [`Disks`] from scrape to scrape.

use std::collections::HashMap;
use std::fs::File;
use std::os::unix::fs::{FileExt as _, MetadataExt as _};
use std::path::PathBuf;

use crate::procfs::diskstats::Disk;
use crate::roots::{self, Roots};
use udev::Properties;

pub mod udev;

/// What is kept of each device, by major and minor number.
#[derive(Debug, Default)]
pub struct Disks {
    kept: HashMap<(u32, u32), Kept>,
    scrape: u64,
}

/// What is kept of one device.
#[derive(Debug, Default)]
struct Kept {
    name: String,
    major: String,
    minor: String,
    properties: Properties,
    /// Which file the properties are from.
    version: Option<Version>,
    path_of_properties: PathBuf,
    rotational: Option<File>,
    path_of_rotational: PathBuf,
    rotates: &'static str,
    /// The scrape that asked about it last.
    scrape: u64,
}

/// A file that was replaced is another: another inode, or a later time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Version {
    inode: u64,
    changed: (i64, i64),
    length: u64,
}

/// What is known of one device.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// Its major number.
    pub major: &'a str,
    /// Its minor number.
    pub minor: &'a str,
    /// What udev says; empty where there is no udev.
    pub properties: &'a Properties,
    /// `1`, `0`, or nothing for what has no queue of its own.
    pub rotational: &'static str,
}

impl Disks {
    /// Finds out about these devices, and forgets all others.
    pub fn refresh(&mut self, disks: &[Disk<'_>], roots: &Roots) {
        self.scrape += 1;
        for disk in disks {
            let kept = self.kept.entry((disk.major, disk.minor)).or_default();
            if kept.name != disk.name {
                // It is new, or the number belongs to another device now.
                *kept = Kept::new(disk, roots);
            }
            kept.scrape = self.scrape;
            kept.read_properties();
            kept.read_rotational();
        }
        self.kept.retain(|_, kept| kept.scrape == self.scrape);
    }

    /// What was found out.
    pub fn about(&self, disk: &Disk<'_>) -> Option<About<'_>> {
        let kept = self.kept.get(&(disk.major, disk.minor))?;
        Some(About {
            major: &kept.major,
            minor: &kept.minor,
            properties: &kept.properties,
            rotational: kept.rotates,
        })
    }
}

impl Kept {
    fn new(disk: &Disk<'_>, roots: &Roots) -> Self {
        let (major, minor) = (disk.major.to_string(), disk.minor.to_string());
        // sysfs writes `!` for a slash in the name of a device.
        let folder = roots.sysfs.join("block").join(disk.name.replace('/', "!"));
        Self {
            name: disk.name.to_owned(),
            path_of_properties: roots.udev_data.join(format!("b{major}:{minor}")),
            path_of_rotational: folder.join("queue/rotational"),
            major,
            minor,
            ..Self::default()
        }
    }

    fn read_properties(&mut self) {
        let path = &self.path_of_properties;
        let version = std::fs::metadata(path).ok().map(|metadata| Version {
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
        });
        if version != self.version {
            self.version = version;
            // What cannot be read is not known, which is no reason to withhold the counters.
            let content = version.and_then(|_| roots::read(path).ok().flatten());
            self.properties = content.map_or_else(Properties::default, |it| udev::parse(&it));
        }
    }

    fn read_rotational(&mut self) {
        let mut flag = self.rotational.as_ref().and_then(first_byte);
        if flag.is_none() {
            self.rotational = File::open(&self.path_of_rotational).ok();
            flag = self.rotational.as_ref().and_then(first_byte);
        }
        self.rotates = match flag {
            Some(b'0') => "0",
            Some(b'1') => "1",
            _ => "",
        };
    }
}

fn first_byte(file: &File) -> Option<u8> {
    let mut byte = [0];
    let read = file.read_at(&mut byte, 0).ok()?;
    (read == 1).then_some(byte[0])
}

#[cfg(test)]
mod tests;
