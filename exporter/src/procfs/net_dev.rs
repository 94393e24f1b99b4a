//! `/proc/net/dev`: what each network device has received and sent.

use super::{is_whole, label, lines, number, words};
use crate::roots::Malformed;

/// The counters of one device since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Device {
    /// The device, as text for a label.
    pub device: String,
    /// bytes, packets, errs, drop, fifo, frame, compressed, multicast.
    pub received: [u64; 8],
    /// bytes, packets, errs, drop, fifo, colls, carrier, compressed.
    pub sent: [u64; 8],
}

/// The bytes of one device since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceBytes {
    /// The device, as text for a label.
    pub device: String,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
}

impl From<Device> for DeviceBytes {
    fn from(device: Device) -> Self {
        let ([received, ..], [sent, ..]) = (device.received, device.sent);
        Self {
            device: device.device,
            received,
            sent,
        }
    }
}

/// Parses the file: two lines of titles, then one line a device.
pub fn parse(content: &[u8]) -> Result<Vec<Device>, Malformed> {
    let mut devices = Vec::new();
    let mut has_titles = false;
    for (line_number, line) in lines(content) {
        if line.contains(&b'|') {
            has_titles = true;
        } else if !line.trim_ascii().is_empty() {
            devices.push(device(line_number, line)?);
        }
    }
    if !has_titles {
        return Err(Malformed::Missing("the lines of titles"));
    }
    is_whole(content)?;
    Ok(devices)
}

/// `eth0: 1 2 3 …`; before Linux 2.6.38 without white space after the colon. A name may hold a colon itself.
fn device(line: usize, text: &[u8]) -> Result<Device, Malformed> {
    let malformed = |item, wanted| Malformed::Item { line, item, wanted };
    let colon = text
        .iter()
        .rposition(|&byte| byte == b':')
        .ok_or_else(|| malformed("the device", "followed by a colon"))?;
    let (name, counters) = text.split_at(colon);
    let mut words = words(counters.strip_prefix(b":").unwrap_or(counters));
    let mut columns = || {
        let mut columns = [0; 8];
        for column in &mut columns {
            let word = words
                .next()
                .ok_or_else(|| malformed("a device", "followed by sixteen counters"))?;
            *column = number(word).ok_or_else(|| malformed("a counter", "a number"))?;
        }
        Ok(columns)
    };
    Ok(Device {
        device: label(name.trim_ascii()),
        received: columns()?,
        sent: columns()?,
    })
}

#[cfg(test)]
mod tests;
