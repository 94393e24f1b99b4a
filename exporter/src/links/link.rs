//! One network device, as rtnetlink and sysfs both tell it.

use std::borrow::Cow;
use std::fmt::Write as _;

use super::malformed;
use super::netlink::{LinkMessage, u32_at};
use super::traffic::Traffic;
use crate::procfs::label;
use crate::roots::Malformed;

const ADDRESS: u16 = 1;
const BROADCAST: u16 = 2;
const NAME: u16 = 3;
const MTU: u16 = 4;
const LINK: u16 = 5;
const STATS: u16 = 7;
const QUEUE_LENGTH: u16 = 13;
const OPERSTATE: u16 = 16;
const LINK_MODE: u16 = 17;
const ALIAS: u16 = 20;
const STATS64: u16 = 23;
const GROUP: u16 = 27;
const PROMISCUITY: u16 = 30;
const CARRIER: u16 = 33;
const CARRIER_CHANGES: u16 = 35;
const CARRIER_UP_COUNT: u16 = 47;
const CARRIER_DOWN_COUNT: u16 = 48;
const ALL_MULTICAST: u16 = 61;

/// `IFF_UP`.
pub(super) const UP: u32 = 1;
/// `IFF_RUNNING`, `IFF_LOWER_UP`, `IFF_DORMANT`: made up for each reader, not among the flags in sysfs.
const VOLATILE: u32 = 0x40 | 0x1_0000 | DORMANT;
const DORMANT: u32 = 0x2_0000;
/// `IFF_PROMISC` and `IFF_ALLMULTI`: rtnetlink says whether a person asked for them, sysfs whether they are in force.
const PROMISCUOUS: u32 = 0x100;
const ALL_MULTICAST_FLAG: u32 = 0x200;

/// How states of operation are called in sysfs (RFC 2863).
const OPERSTATES: [&str; 7] = [
    "unknown",
    "notpresent",
    "down",
    "lowerlayerdown",
    "testing",
    "dormant",
    "up",
];

/// One device. What the kernel does not tell about it is none, or an empty text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Link {
    /// Its name in the file system.
    pub(super) raw_name: Vec<u8>,
    /// Its name, as text for a label.
    pub name: String,
    /// Its number.
    pub index: u32,
    /// The number of the device that it is on top of, its own if there is none.
    pub link: Option<i64>,
    /// Its hardware address.
    pub address: String,
    /// Its broadcast address.
    pub broadcast: String,
    /// What an administrator calls it.
    pub alias: String,
    /// Its state of operation.
    pub operstate: Cow<'static, str>,
    /// Its duplex.
    pub duplex: String,
    /// `IFF_…`, as sysfs shows them.
    pub flags: Option<i64>,
    /// Whether it has a carrier; only while it is up.
    pub carrier: Option<i64>,
    /// How often the carrier came or went.
    pub carrier_changes: Option<i64>,
    /// How often the carrier came.
    pub carrier_up_count: Option<i64>,
    /// How often the carrier went.
    pub carrier_down_count: Option<i64>,
    /// Whether it waits for something; only while it is up.
    pub dormant: Option<i64>,
    /// Its link mode.
    pub link_mode: Option<i64>,
    /// Largest packet, in bytes.
    pub mtu: Option<i64>,
    /// Its group.
    pub group: Option<i64>,
    /// Its kind of hardware, `ARPHRD_…`.
    pub hardware_type: Option<i64>,
    /// Length of its transmit queue, in packets.
    pub queue_length: Option<i64>,
    /// Its speed in Mbit/s, -1 when it is not known; only while it is up.
    pub speed: Option<i64>,
    /// Tells devices apart that share an address.
    pub device_id: Option<i64>,
    /// Where its name is from.
    pub name_assign_type: Option<i64>,
    /// Where its address is from.
    pub address_assign_type: Option<i64>,
    /// What it received and sent; rtnetlink only.
    pub traffic: Option<Traffic>,
}

impl Link {
    /// From rtnetlink, unless `admits` does not hold for its name. Speed, duplex and what else only sysfs has is missing.
    pub fn of_message(
        message: &LinkMessage<'_>,
        admits: impl Fn(&str) -> bool,
    ) -> Result<Option<Self>, Malformed> {
        // The name is among the first attributes: most of what is not wanted is not read to its end.
        let mut link = Self {
            index: message.index,
            link: Some(message.index.into()),
            hardware_type: Some(message.hardware_type.into()),
            ..Self::default()
        };
        let mut flags = message.flags & !(VOLATILE | PROMISCUOUS | ALL_MULTICAST_FLAG);
        // Linux before 6.0 does not say in whose name all multicast is received.
        let mut receives_all_multicast = message.flags & ALL_MULTICAST_FLAG != 0;
        let is_up = message.flags & UP != 0;
        for attribute in message.attributes() {
            let (kind, payload) = attribute?;
            match kind {
                NAME => {
                    link.raw_name = until_nul(payload).to_vec();
                    link.name = label(&link.raw_name);
                    if !admits(&link.name) {
                        return Ok(None);
                    }
                }
                ADDRESS => link.address = hardware_address(payload),
                BROADCAST => link.broadcast = hardware_address(payload),
                ALIAS => link.alias = label(until_nul(payload).trim_ascii()),
                MTU => link.mtu = whole(payload)?,
                LINK => link.link = whole(payload)?,
                QUEUE_LENGTH => link.queue_length = whole(payload)?,
                GROUP => link.group = whole(payload)?,
                OPERSTATE => link.operstate = operstate(byte(payload)?).into(),
                LINK_MODE => link.link_mode = Some(i64::from(byte(payload)?)),
                CARRIER if is_up => link.carrier = Some(i64::from(byte(payload)?)),
                CARRIER_CHANGES => link.carrier_changes = whole(payload)?,
                CARRIER_UP_COUNT => link.carrier_up_count = whole(payload)?,
                CARRIER_DOWN_COUNT => link.carrier_down_count = whole(payload)?,
                PROMISCUITY if whole(payload)? > Some(0) => flags |= PROMISCUOUS,
                ALL_MULTICAST => receives_all_multicast = whole(payload)? > Some(0),
                STATS64 => {
                    let traffic = Traffic::of_stats64(payload);
                    link.traffic = Some(traffic.ok_or(malformed("the statistics are cut"))?);
                }
                STATS if link.traffic.is_none() => link.traffic = Traffic::of_stats32(payload),
                _ => {}
            }
        }
        if link.name.is_empty() {
            return Err(malformed("a device has no name"));
        }
        if receives_all_multicast {
            flags |= ALL_MULTICAST_FLAG;
        }
        link.flags = Some(flags.into());
        link.dormant = is_up.then_some(i64::from(message.flags & DORMANT != 0));
        Ok(Some(link))
    }

    /// Whether it is switched on.
    pub fn is_up(&self) -> bool {
        self.flags.is_some_and(|flags| flags & i64::from(UP) != 0)
    }

    /// Whether an administrator has switched it on, as a label.
    pub fn adminstate(&self) -> &'static str {
        match self.flags {
            None => "unknown",
            Some(_) if self.is_up() => "up",
            Some(_) => "down",
        }
    }
}

fn whole(payload: &[u8]) -> Result<Option<i64>, Malformed> {
    let number = u32_at(payload, 0).ok_or(malformed("a number is cut"))?;
    Ok(Some(number.into()))
}

fn operstate(number: u8) -> &'static str {
    OPERSTATES.get(usize::from(number)).unwrap_or(&"unknown")
}

fn byte(payload: &[u8]) -> Result<u8, Malformed> {
    payload.first().copied().ok_or(malformed("a number is cut"))
}

fn until_nul(payload: &[u8]) -> &[u8] {
    payload.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// `02:42:dc:40:6b:39`, as sysfs has it.
fn hardware_address(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() * 3);
    for (index, byte) in bytes.iter().enumerate() {
        let separator = if index == 0 { "" } else { ":" };
        let _ = write!(text, "{separator}{byte:02x}");
    }
    text
}

#[cfg(test)]
mod tests;
