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
    properties: Properties,
    /// Which file the properties are from.
    version: Option<Version>,
    rotational: Option<File>,
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
    /// What udev says; empty where there is no udev.
    pub properties: &'a Properties,
    /// `1`, `0`, or nothing for what has no queue of its own.
    pub rotational: &'static str,
}

impl Disks {
    /// Begins a scrape.
    pub fn begin(&mut self) {
        self.scrape += 1;
    }

    /// What is known of a device at this moment.
    pub fn about(&mut self, disk: &Disk<'_>, roots: &Roots) -> About<'_> {
        let kept = self.kept.entry((disk.major, disk.minor)).or_default();
        if kept.name != disk.name {
            // The number belongs to another device now.
            *kept = Kept {
                name: disk.name.to_owned(),
                ..Kept::default()
            };
        }
        kept.scrape = self.scrape;
        kept.read_properties(disk, roots);
        About {
            rotational: kept.read_rotational(roots),
            properties: &kept.properties,
        }
    }

    /// Ends a scrape: devices that it did not ask about are forgotten.
    pub fn end(&mut self) {
        self.kept.retain(|_, kept| kept.scrape == self.scrape);
    }
}

impl Kept {
    fn read_properties(&mut self, disk: &Disk<'_>, roots: &Roots) {
        let path = roots
            .udev_data
            .join(format!("b{}:{}", disk.major, disk.minor));
        let version = std::fs::metadata(&path).ok().map(|metadata| Version {
            inode: metadata.ino(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            length: metadata.len(),
        });
        if version != self.version {
            self.version = version;
            // What cannot be read is not known, which is no reason to withhold the counters.
            let content = version.and_then(|_| roots::read(&path).ok().flatten());
            self.properties = content.map_or_else(Properties::default, |it| udev::parse(&it));
        }
    }

    fn read_rotational(&mut self, roots: &Roots) -> &'static str {
        let mut flag = [0];
        let read = |file: &File, flag: &mut [u8]| file.read_at(flag, 0).is_ok_and(|read| read == 1);
        if !self
            .rotational
            .as_ref()
            .is_some_and(|file| read(file, &mut flag))
        {
            self.rotational = File::open(self.path_of_rotational(roots)).ok();
            if !self
                .rotational
                .as_ref()
                .is_some_and(|file| read(file, &mut flag))
            {
                return "";
            }
        }
        match flag {
            [b'0'] => "0",
            [b'1'] => "1",
            _ => "",
        }
    }

    /// sysfs writes `!` for a slash in the name of a device.
    fn path_of_rotational(&self, roots: &Roots) -> PathBuf {
        let folder = roots.sysfs.join("block").join(self.name.replace('/', "!"));
        folder.join("queue/rotational")
    }
}

#[cfg(test)]
mod tests;
