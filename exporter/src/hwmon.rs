//! Chips that watch the hardware, from `/sys/class/hwmon`: their sensors and what those say at this moment.
//!
//! A driver may take its time, or answer with an error where a sensor is off: what does not answer is left out. The
//! collector of the same name calls this, on a thread of its own.

use std::collections::{BTreeMap, HashSet};
use std::fs;
use std::path::{Path, PathBuf};

use crate::procfs::label;
use crate::roots::{self, ReadError, is_absence};
use crate::sysfs::hwmon::{attribute, clean};

/// One chip.
#[derive(Debug)]
pub struct Chip {
    /// Unique and the same after each boot where the device allows that: by its bus and device.
    pub name: String,
    /// What its driver calls it; several chips may be called the same.
    pub driver_name: Option<String>,
    /// By their names, as `temp1`.
    pub sensors: BTreeMap<String, Sensor>,
}

/// One sensor.
#[derive(Debug)]
pub struct Sensor {
    /// The kind of sensor.
    pub kind: &'static str,
    /// The texts of its properties by their names, as `input`.
    pub properties: BTreeMap<String, String>,
}

/// The chips whose names are admitted, in the order of their folders.
pub fn chips(sysfs: &Path, is_admitted: impl Fn(&str) -> bool) -> Result<Vec<Chip>, ReadError> {
    let mut chips = Vec::new();
    let mut names = HashSet::new();
    for folder in folders(&sysfs.join("class/hwmon"))? {
        let driver_name = value(&folder.join("name")).map(|name| clean(&name));
        let driver_name = driver_name.filter(|name| !name.is_empty());
        let own_name = folder.file_name().map(|name| name.to_string_lossy());
        let own_name = own_name.map_or(String::new(), |name| clean(&name));
        let mut name = device_name(&folder)
            .or_else(|| driver_name.clone())
            .unwrap_or_else(|| own_name.clone());
        if !is_admitted(&name) {
            continue;
        }
        if !names.insert(name.clone()) {
            // Two chips of one device: without this all but the first would be lost.
            name = format!("{name}_{own_name}");
        }
        let mut sensors = BTreeMap::new();
        read_sensors(&folder, &mut sensors)?;
        read_sensors(&folder.join("device"), &mut sensors)?;
        chips.push(Chip {
            name,
            driver_name,
            sensors,
        });
    }
    Ok(chips)
}

/// `platform_coretemp_0` for a chip of the device `/sys/devices/platform/coretemp.0`.
fn device_name(folder: &Path) -> Option<String> {
    let device = fs::canonicalize(folder.join("device")).ok()?;
    let part = |path: Option<&Path>| {
        let name = path.and_then(Path::file_name);
        name.map_or(String::new(), |name| clean(&name.to_string_lossy()))
    };
    let (bus, device) = (part(device.parent()), part(Some(&device)));
    match (bus.as_str(), device.as_str()) {
        (_, "") => None,
        ("", device) => Some(device.to_owned()),
        (bus, device) => Some(format!("{bus}_{device}")),
    }
}

fn read_sensors(folder: &Path, sensors: &mut BTreeMap<String, Sensor>) -> Result<(), ReadError> {
    for path in folders(folder)? {
        let Some(file) = path.file_name().and_then(|name| name.to_str()) else {
            continue;
        };
        let Some(attribute) = attribute(file) else {
            continue;
        };
        if let Some(value) = value(&path) {
            let sensor = sensors
                .entry(format!("{}{}", attribute.kind, attribute.number))
                .or_insert(Sensor {
                    kind: attribute.kind,
                    properties: BTreeMap::new(),
                });
            sensor
                .properties
                .insert(attribute.property.to_owned(), value);
        }
    }
    Ok(())
}

/// The text of a file; none when it is not there or the driver refuses.
fn value(path: &Path) -> Option<String> {
    let content = roots::read(path).ok().flatten()?;
    Some(label(content.trim_ascii()))
}

/// What is in a folder, sorted; nothing when there is none.
fn folders(folder: &Path) -> Result<Vec<PathBuf>, ReadError> {
    let entries = fs::read_dir(folder).and_then(|entries| {
        entries
            .map(|entry| entry.map(|entry| entry.path()))
            .collect::<Result<Vec<_>, _>>()
    });
    match entries {
        Ok(mut entries) => {
            entries.sort();
            Ok(entries)
        }
        Err(error) if is_absence(&error) => Ok(Vec::new()),
        Err(source) => Err(ReadError::Io {
            path: folder.to_owned(),
            source,
        }),
    }
}

#[cfg(test)]
mod tests;
