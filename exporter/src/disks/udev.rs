//! `/run/udev/data/b<major>:<minor>`: what udev has found out about a block device.
//!
//! A line `E:KEY=value` is a property; the others are about links, tags and priorities. Nothing is required: which
//! properties a device has depends on its kind.

use crate::procfs::label;

/// The properties that are told, as text for labels; empty when the device does not have them.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Properties {
    /// How it is connected.
    pub path: String,
    /// Its World Wide Name.
    pub wwn: String,
    /// Its model.
    pub model: String,
    /// Its serial number: usually the one that is printed on it.
    pub serial: String,
    /// The revision of its firmware.
    pub revision: String,
    /// The file system on it.
    pub filesystem: FileSystem,
    /// What device mapper made of it.
    pub device_mapper: DeviceMapper,
    /// What ATA says, where it is an ATA disk.
    pub ata: Ata,
}

/// The file system on a device.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FileSystem {
    /// Its type; empty when there is none.
    pub kind: String,
    /// What it is for: `filesystem`, `raid`, `crypto`, `other`.
    pub usage: String,
    /// Its id.
    pub uuid: String,
    /// Its version.
    pub version: String,
}

/// A device of device mapper.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeviceMapper {
    /// Its name; empty when it is none.
    pub name: String,
    /// Its id.
    pub uuid: String,
    /// The volume group of a logical volume.
    pub volume_group: String,
    /// The name of a logical volume.
    pub logical_volume: String,
    /// The layer of a logical volume.
    pub layer: String,
}

/// An ATA disk; all `None` for others.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Ata {
    /// Whether it has a write cache.
    pub write_cache: Option<f64>,
    /// Whether that is in use.
    pub write_cache_enabled: Option<f64>,
    /// Rotations per minute; 0 for what does not rotate.
    pub rotation_rate: Option<f64>,
}

/// Parses the file; what is not a property is passed over.
pub fn parse(content: &[u8]) -> Properties {
    let value = |key: &str| {
        let lines = content.split(|&byte| byte == b'\n');
        // Of two the last counts.
        lines.rev().find_map(|line| {
            let property = line.strip_prefix(b"E:")?.strip_prefix(key.as_bytes())?;
            property.strip_prefix(b"=")
        })
    };
    let text = |key: &str| value(key).map_or_else(String::new, label);
    let number = |key: &str| -> Option<f64> {
        let number: f64 = std::str::from_utf8(value(key)?).ok()?.parse().ok()?;
        number.is_finite().then_some(number)
    };
    let ata = match text("ID_ATA").as_str() {
        "" => Ata::default(),
        _ => Ata {
            write_cache: number("ID_ATA_WRITE_CACHE"),
            write_cache_enabled: number("ID_ATA_WRITE_CACHE_ENABLED"),
            rotation_rate: number("ID_ATA_ROTATION_RATE_RPM"),
        },
    };
    let serials = ["SCSI_IDENT_SERIAL", "ID_SERIAL_SHORT", "ID_SERIAL"];
    let serial = serials.into_iter().map(text).find(|it| !it.is_empty());
    Properties {
        path: text("ID_PATH"),
        wwn: text("ID_WWN"),
        model: text("ID_MODEL"),
        serial: serial.unwrap_or_default(),
        revision: text("ID_REVISION"),
        filesystem: FileSystem {
            kind: text("ID_FS_TYPE"),
            usage: text("ID_FS_USAGE"),
            uuid: text("ID_FS_UUID"),
            version: text("ID_FS_VERSION"),
        },
        device_mapper: DeviceMapper {
            name: text("DM_NAME"),
            uuid: text("DM_UUID"),
            volume_group: text("DM_VG_NAME"),
            logical_volume: text("DM_LV_NAME"),
            layer: text("DM_LV_LAYER"),
        },
        ata,
    }
}

#[cfg(test)]
mod tests;
