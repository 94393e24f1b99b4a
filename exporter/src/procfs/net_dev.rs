//! `/proc/net/dev`: bytes received and sent by each network device.

use super::{label, lines, number, words};
use crate::roots::Malformed;

/// The counters of one device since it was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeviceBytes {
    /// The device, as text for a label.
    pub device: String,
    /// Bytes received.
    pub received: u64,
    /// Bytes sent.
    pub sent: u64,
}

/// Parses the file: two lines of titles, then one line a device.
pub fn parse(content: &[u8]) -> Result<Vec<DeviceBytes>, Malformed> {
    let mut devices = Vec::new();
    let mut has_titles = false;
    for (line_number, line) in lines(content) {
        if line.contains(&b'|') {
            has_titles = true;
        } else if !line.trim_ascii().is_empty() {
            devices.push(device(line_number, line)?);
        }
    }
    if has_titles {
        Ok(devices)
    } else {
        Err(Malformed::Missing("the lines of titles"))
    }
}

/// `eth0: 1 2 3 …`; before Linux 2.6.38 without white space after the colon.
fn device(line: usize, text: &[u8]) -> Result<DeviceBytes, Malformed> {
    let malformed = |item, wanted| Malformed::Item { line, item, wanted };
    let colon = text
        .iter()
        .position(|&byte| byte == b':')
        .ok_or_else(|| malformed("the device", "followed by a colon"))?;
    let (name, counters) = text.split_at(colon);
    let counters: Vec<u64> = words(counters.strip_prefix(b":").unwrap_or(counters))
        .map(number)
        .collect::<Option<_>>()
        .ok_or_else(|| malformed("a counter", "a number"))?;
    // Eight columns received, eight sent; bytes are the first of each.
    let (Some(&received), Some(&sent), Some(_)) =
        (counters.first(), counters.get(8), counters.get(15))
    else {
        return Err(malformed("a device", "followed by sixteen counters"));
    };
    Ok(DeviceBytes {
        device: label(name.trim_ascii()),
        received,
        sent,
    })
}

#[cfg(test)]
mod tests;
