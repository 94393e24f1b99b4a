//! What rtnetlink does not tell about a device, from sysfs: speed, duplex, and where name and address are from.
//!
//! Descriptors stay open from scrape to scrape and are bound to the device, whatever it is called: a read of one whose
//! device is gone fails. Each value is read in each scrape, but for `dev_id`, which a driver sets before anybody can
//! see the device. Only so many devices have their files kept open. Of those beyond, where name and address are from is
//! remembered as long as name and address are the same; speed and duplex are opened each time.

use std::collections::HashMap;
use std::os::fd::OwnedFd;
use std::path::{Path, PathBuf};

use rustix::io::Errno;

use super::link::Link;
use super::sysfs::{Folder, Value, number, read, text};
use crate::roots::ReadError;

/// How many devices have their files kept open: four descriptors each, in each of the sets of files that scrapes use.
const MOST_KEPT: usize = 16;

/// Reads what is missing.
#[derive(Debug)]
pub(super) struct Attributes {
    classes: PathBuf,
    kept: HashMap<u32, Device>,
    remembered: HashMap<u32, Remembered>,
    /// Which devices are still there is found out anew in each round.
    round: u64,
}

/// The files of one device; none of those that it does not have.
#[derive(Debug)]
struct Device {
    id: Option<i64>,
    name_assign_type: Option<OwnedFd>,
    address_assign_type: Option<OwnedFd>,
    speed: Option<OwnedFd>,
    duplex: Option<OwnedFd>,
    round: u64,
}

/// What does not change while name and address are the same.
#[derive(Debug)]
struct Remembered {
    name: Vec<u8>,
    address: String,
    id: Option<i64>,
    name_assign_type: Option<i64>,
    address_assign_type: Option<i64>,
    round: u64,
}

/// The device is no more.
struct Gone;

impl Attributes {
    /// Below this root of sysfs.
    pub(super) fn new(sysfs: &Path) -> Self {
        Self {
            classes: sysfs.join("class/net"),
            kept: HashMap::new(),
            remembered: HashMap::new(),
            round: 0,
        }
    }

    /// Fills in what sysfs tells about `links`. One that is not there any more keeps what rtnetlink said.
    pub(super) fn complete(&mut self, links: &mut [Link]) -> Result<(), ReadError> {
        self.round += 1;
        for link in links {
            if let Some(device) = self.kept.get_mut(&link.index) {
                device.round = self.round;
                match device.fill(link)? {
                    Ok(()) => continue,
                    // The number may have been given to another since.
                    Err(Gone) => self.kept.remove(&link.index),
                };
            }
            if self.kept.len() >= MOST_KEPT && self.recall(link)? {
                continue;
            }
            let Some(device) = Device::open(&self.classes, link, self.round)? else {
                continue;
            };
            if device.fill(link)?.is_err() {
                continue;
            }
            if self.kept.len() < MOST_KEPT {
                self.kept.insert(link.index, device);
            } else {
                let remembered = Remembered::of(link, self.round);
                self.remembered.insert(link.index, remembered);
            }
        }
        let round = self.round;
        self.kept.retain(|_, device| device.round == round);
        self.remembered.retain(|_, device| device.round == round);
        Ok(())
    }

    /// Fills in what is remembered, and reads the rest; false when nothing is.
    fn recall(&mut self, link: &mut Link) -> Result<bool, ReadError> {
        let Some(device) = self.remembered.get_mut(&link.index) else {
            return Ok(false);
        };
        if device.name != link.raw_name || device.address != link.address {
            return Ok(false);
        }
        device.round = self.round;
        link.device_id = device.id;
        link.name_assign_type = device.name_assign_type;
        link.address_assign_type = device.address_assign_type;
        if link.is_up()
            && let Some(folder) = Folder::open(&self.classes, &link.raw_name)?
        {
            link.speed = folder.number("speed")?;
            link.duplex = folder.text("duplex")?;
        }
        Ok(true)
    }
}

impl Remembered {
    fn of(link: &Link, round: u64) -> Self {
        Self {
            name: link.raw_name.clone(),
            address: link.address.clone(),
            id: link.device_id,
            name_assign_type: link.name_assign_type,
            address_assign_type: link.address_assign_type,
            round,
        }
    }
}

impl Device {
    /// None when there is no such device, or another has its name by now.
    fn open(classes: &Path, link: &Link, round: u64) -> Result<Option<Self>, ReadError> {
        let Some(folder) = Folder::open(classes, &link.raw_name)? else {
            return Ok(None);
        };
        if folder.number("ifindex")? != Some(link.index.into()) {
            return Ok(None);
        }
        Ok(Some(Self {
            id: folder.number("dev_id")?,
            name_assign_type: folder.file("name_assign_type")?,
            address_assign_type: folder.file("addr_assign_type")?,
            speed: folder.file("speed")?,
            duplex: folder.file("duplex")?,
            round,
        }))
    }

    fn fill(&self, link: &mut Link) -> Result<Result<(), Gone>, ReadError> {
        link.device_id = self.id;
        link.name_assign_type = number_of(self.name_assign_type.as_ref(), "name_assign_type")?;
        let address = self.address_assign_type.as_ref();
        // Every device that there is tells this one.
        match address.map_or(Ok(Value::new()), read) {
            Err(Errno::NODEV) => return Ok(Err(Gone)),
            Err(_) => {}
            Ok(value) => link.address_assign_type = number(&value, "addr_assign_type")?,
        }
        // One that is switched off answers neither; asking takes a lock of the whole network.
        if link.is_up() {
            link.speed = number_of(self.speed.as_ref(), "speed")?;
            let duplex = self.duplex.as_ref().map(read);
            link.duplex = duplex
                .and_then(Result::ok)
                .map_or_else(String::new, |value| text(&value));
        }
        Ok(Ok(()))
    }
}

/// None when there is no such file, or the device does not tell.
fn number_of(file: Option<&OwnedFd>, item: &'static str) -> Result<Option<i64>, ReadError> {
    match file.map(read) {
        None | Some(Err(_)) => Ok(None),
        Some(Ok(value)) => number(&value, item),
    }
}
