//! Pure parsers of a cgroup's files, of both versions: bytes in, values or [`Malformed`] out.
//!
//! None of them panics or makes up a number. A key that this kernel does not have is `None`; called by the readers of a
//! container's own cgroup and of the services' ones.

use super::services::Io;
use crate::procfs::number as parse_number;
use crate::roots::Malformed;

/// A file that holds one number.
pub(crate) fn value(content: &[u8]) -> Result<u64, Malformed> {
    number(content.trim_ascii(), 1)
}

/// A file that holds one number, or `max`, `-1` or a number too large to be a limit, all of which mean none.
pub(crate) fn limit(content: &[u8]) -> Result<Option<u64>, Malformed> {
    /// What version 1 says for "no limit" is 2^63 rounded down to a page.
    const NO_LIMIT: u64 = 1 << 62;
    match content.trim_ascii() {
        b"max" | b"-1" => Ok(None),
        text => Ok(Some(number(text, 1)?).filter(|&limit| limit < NO_LIMIT)),
    }
}

/// The values of some keys of a file of `key number` lines; `None` for those that it does not have.
///
/// An empty file is malformed: the kernel has not written any, so that it was read at a wrong moment or is not one.
pub(crate) fn keyed<const N: usize>(
    content: &[u8],
    keys: [&'static str; N],
) -> Result<[Option<u64>; N], Malformed> {
    let mut values = [None; N];
    let mut is_empty = true;
    for (line_number, line) in lines(content) {
        is_empty = false;
        let mut words = line.split(|&byte| byte == b' ');
        let key = words.next().unwrap_or_default();
        for (value, wanted) in values.iter_mut().zip(keys) {
            if wanted.as_bytes() == key {
                *value = Some(number(words.next().unwrap_or_default(), line_number)?);
                break;
            }
        }
    }
    if is_empty {
        return Err(Malformed::Missing("any line"));
    }
    Ok(values)
}

/// The sum of some keys of a file of `key number` lines; keys that this kernel does not have are left out.
pub(crate) fn sum(content: &[u8], keys: &[&str]) -> Result<u64, Malformed> {
    let mut sum = 0_u64;
    for (line_number, line) in lines(content) {
        let mut words = line.split(|&byte| byte == b' ');
        let key = words.next().unwrap_or_default();
        if keys.iter().any(|wanted| wanted.as_bytes() == key) {
            let value = number(words.next().unwrap_or_default(), line_number)?;
            sum = sum.saturating_add(value);
        }
    }
    Ok(sum)
}

/// `io.stat` of version 2: `8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6`, a line a device.
///
/// No line at all is what the kernel writes for a cgroup that has done no I/O: zeros that are true. A line of a device
/// without figures may be written too.
pub(crate) fn io_stat(content: &[u8]) -> Result<Io, Malformed> {
    let (mut read_bytes, mut written_bytes, mut reads, mut writes) = (0_u64, 0_u64, 0_u64, 0_u64);
    for (line_number, line) in lines(content) {
        let mut words = line.split(|&byte| byte == b' ');
        device(words.next().unwrap_or_default(), line_number)?;
        for word in words {
            let Some(at) = word.iter().position(|&byte| byte == b'=') else {
                continue;
            };
            let (key, value) = word.split_at(at);
            let place = match key {
                b"rbytes" => &mut read_bytes,
                b"wbytes" => &mut written_bytes,
                b"rios" => &mut reads,
                b"wios" => &mut writes,
                _ => continue,
            };
            let value = number(value.get(1..).unwrap_or_default(), line_number)?;
            *place = place.saturating_add(value);
        }
    }
    Ok(Io {
        read_bytes: Some(read_bytes),
        written_bytes: Some(written_bytes),
        reads: Some(reads),
        writes: Some(writes),
    })
}

/// `blkio.throttle.io_service_bytes` or `blkio.throttle.io_serviced` of version 1: `8:0 Read 1`, a line a device and
/// kind, and `Total 3` at the end. Returns what was read and what was written.
pub(crate) fn blkio(content: &[u8]) -> Result<(u64, u64), Malformed> {
    let (mut read, mut written) = (0_u64, 0_u64);
    let mut is_whole = false;
    for (line_number, line) in lines(content) {
        let mut words = line.split(|&byte| byte == b' ');
        let first = words.next().unwrap_or_default();
        if first == b"Total" {
            is_whole = true;
            continue;
        }
        device(first, line_number)?;
        let place = match words.next().unwrap_or_default() {
            b"Read" => &mut read,
            b"Write" => &mut written,
            _ => continue,
        };
        let value = number(words.next().unwrap_or_default(), line_number)?;
        *place = place.saturating_add(value);
    }
    if is_whole {
        Ok((read, written))
    } else {
        Err(Malformed::Missing("Total"))
    }
}

fn device(text: &[u8], line: usize) -> Result<(), Malformed> {
    let is_device = text
        .split(|&byte| byte == b':')
        .filter(|part| parse_number(part).is_some())
        .count()
        == 2;
    is_device.then_some(()).ok_or(Malformed::Item {
        line,
        item: "the device",
        wanted: "`major:minor`",
    })
}

/// The lines that are not empty, with their numbers from 1.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    content
        .split(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line))
        .filter(|(_, line)| !line.is_empty())
}

pub(crate) fn number(text: &[u8], line: usize) -> Result<u64, Malformed> {
    parse_number(text).ok_or(Malformed::Item {
        line,
        item: "the value",
        wanted: "a number",
    })
}

#[cfg(test)]
mod tests;
