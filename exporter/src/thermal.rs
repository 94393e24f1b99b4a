//! Thermal zones and cooling devices: which there are, looked for anew when `/sys/class/thermal` has others.
//!
//! A machine may have a cooling device for each CPU, so that what never changes, their types, is read once, and
//! descriptors of the rest are kept. The collector `thermal_zone` owns this.

use std::ffi::OsString;
use std::fs::{self, DirEntry};
use std::io;
use std::os::unix::fs::DirEntryExt as _;
use std::path::Path;

use crate::kept_file::{KEPT_OPEN, KeptFile};
use crate::roots::{self, ReadError, Reading, is_absence};
use crate::sysfs;

/// What there is.
#[derive(Debug, Default)]
pub struct Thermal {
    /// Names and inodes of the folders for which this was found.
    folders: Vec<(OsString, u64)>,
    /// The zones, by their numbers.
    pub zones: Vec<Zone>,
    /// The cooling devices, by their numbers.
    pub cooling_devices: Vec<CoolingDevice>,
}

/// One thermal zone.
#[derive(Debug)]
pub struct Zone {
    number: u64,
    /// Its number, as text for a label.
    pub name: String,
    /// Its type, as text for a label.
    pub kind: String,
    mode: KeptFile,
    temperature: KeptFile,
}

/// One cooling device.
#[derive(Debug)]
pub struct CoolingDevice {
    number: u64,
    /// Its number, as text for a label.
    pub name: String,
    /// Its type, as text for a label.
    pub kind: String,
    state: KeptFile,
    max_state: KeptFile,
}

impl Thermal {
    /// Looks for zones and devices when the folder has others than when it last did.
    pub fn follow(&mut self, sysfs: &Path) -> Result<(), ReadError> {
        let class = sysfs.join("class/thermal");
        let folders = match list(&class) {
            Ok(folders) => folders,
            Err(error) if is_absence(&error) => Vec::new(),
            Err(source) => {
                return Err(ReadError::Io {
                    path: class,
                    source,
                });
            }
        };
        if folders == self.folders {
            return Ok(());
        }
        *self = Self::default();
        for (name, _) in &folders {
            self.add(&class, &name.to_string_lossy())?;
        }
        self.zones.sort_by_key(|zone| zone.number);
        self.cooling_devices.sort_by_key(|device| device.number);
        self.folders = folders;
        Ok(())
    }

    fn add(&mut self, class: &Path, name: &str) -> Result<(), ReadError> {
        let folder = class.join(name);
        let Some(kind) = roots::read(&folder.join("type"))? else {
            return Ok(());
        };
        let kind = sysfs::text(&kind);
        let is_kept_open = 2 * (self.zones.len() + self.cooling_devices.len()) < KEPT_OPEN;
        let file = |name| KeptFile::new(folder.join(name), is_kept_open);
        if let Some((number, name)) = number(name, "thermal_zone") {
            let (mode, temperature) = (file("mode"), file("temp"));
            self.zones.push(Zone {
                number,
                name,
                kind,
                mode,
                temperature,
            });
        } else if let Some((number, name)) = number(name, "cooling_device") {
            let (state, max_state) = (file("cur_state"), file("max_state"));
            self.cooling_devices.push(CoolingDevice {
                number,
                name,
                kind,
                state,
                max_state,
            });
        }
        Ok(())
    }
}

impl Zone {
    /// Thousandths of a degree Celsius; none while the zone is disabled or its sensor does not answer.
    pub fn temperature(&mut self) -> Reading<i64> {
        let is_disabled = |content: &[u8]| Ok(content.trim_ascii() == b"disabled");
        if present(self.mode.parse(is_disabled))? == Some(true) {
            return Ok(None);
        }
        present(self.temperature.parse(sysfs::signed))
    }
}

impl CoolingDevice {
    /// How much it cools, and the most that it can; none when it does not answer.
    pub fn states(&mut self) -> Reading<(i64, i64)> {
        let state = present(self.state.parse(sysfs::signed))?;
        let max_state = present(self.max_state.parse(sysfs::signed))?;
        Ok(state.zip(max_state))
    }
}

/// A device that does not answer, or has just gone, is as good as none.
fn present<T>(reading: Reading<T>) -> Reading<T> {
    match reading {
        Err(ReadError::Io { .. }) => Ok(None),
        reading => reading,
    }
}

/// Names and inodes; a device that is replaced gets another inode.
fn list(folder: &Path) -> io::Result<Vec<(OsString, u64)>> {
    let identity = |entry: DirEntry| (entry.file_name(), entry.ino());
    fs::read_dir(folder)?
        .map(|entry| entry.map(identity))
        .collect()
}

/// The number at the end of a name, and the same as text.
fn number(name: &str, prefix: &str) -> Option<(u64, String)> {
    let digits = name.strip_prefix(prefix)?;
    Some((crate::procfs::number(digits.as_bytes())?, digits.to_owned()))
}

#[cfg(test)]
mod tests;
