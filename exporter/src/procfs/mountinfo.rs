//! `/proc/<pid>/mountinfo`: the mounts of one mount namespace.
//!
//! Paths are bytes, not text: they need not be UTF-8. The kernel escapes white space, backslash and `#` in
//! them in octal.

use super::{lines, number, words};
use crate::roots::Malformed;

/// One mount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mount {
    /// The kernel's number for it, unique while it exists.
    pub id: u64,
    /// The number of the device, or one that the kernel made up for a file system without a device.
    pub device: (u32, u32),
    /// Which folder of the file system is mounted, `/` for a whole one.
    pub root: Vec<u8>,
    /// Where it is mounted.
    pub mountpoint: Vec<u8>,
    /// Whether nothing can be written through this mount: the mount itself or the file system below it is
    /// read-only, or ext4 has stopped writing after an error (`emergency_ro`, where the kernel keeps `rw`).
    pub is_readonly: bool,
    /// The type of file system.
    pub fstype: Vec<u8>,
    /// The device, or whatever the file system calls its source.
    pub source: Vec<u8>,
    /// Options of the file system, for a cgroup hierarchy of version 1 its controllers.
    pub super_options: Vec<u8>,
}

/// Parses the file; lines are in the order of mounting.
pub fn parse(content: &[u8]) -> Result<Vec<Mount>, Malformed> {
    lines(content)
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(line_number, line)| {
            mount(line).ok_or(Malformed::Item {
                line: line_number,
                item: "a mount",
                wanted: "`id parent device root mountpoint options … - type source options`",
            })
        })
        .collect()
}

/// `36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue`
fn mount(line: &[u8]) -> Option<Mount> {
    // Split at single spaces: a source may be empty (`none` is only a habit).
    let mut fields = line.split(|&byte| byte == b' ');
    let id = number(fields.next()?)?;
    let _parent = number(fields.next()?)?;
    let device = device(fields.next()?)?;
    let root = unescape(fields.next()?);
    let mountpoint = unescape(fields.next()?);
    let options = fields.next()?;
    fields.find(|&field| field == b"-")?;
    let fstype = unescape(fields.next()?);
    let source = unescape(fields.next()?);
    let super_options = words(fields.next()?).next().unwrap_or_default();
    (mountpoint.starts_with(b"/") && !fstype.is_empty()).then(|| Mount {
        id,
        device,
        root,
        mountpoint,
        is_readonly: is_readonly(options) || is_readonly(super_options),
        fstype,
        source,
        super_options: unescape(super_options),
    })
}

/// `98:0`
fn device(field: &[u8]) -> Option<(u32, u32)> {
    let mut numbers = field.split(|&byte| byte == b':').map(number);
    let major = numbers.next()??.try_into().ok()?;
    let minor = numbers.next()??.try_into().ok()?;
    numbers.next().is_none().then_some((major, minor))
}

fn is_readonly(options: &[u8]) -> bool {
    options
        .split(|&byte| byte == b',')
        .any(|option| matches!(option, b"ro" | b"emergency_ro"))
}

/// Turns `\040` into a space, and so on; anything else stays as it is.
fn unescape(field: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(field.len());
    let mut rest = field;
    while let Some((&first, tail)) = rest.split_first() {
        let octal = (first == b'\\').then(|| octal(tail)).flatten();
        bytes.push(octal.unwrap_or(first));
        rest = match octal {
            Some(_) => tail.get(3..).unwrap_or_default(),
            None => tail,
        };
    }
    bytes
}

/// The byte that three octal digits at the beginning of `text` stand for.
fn octal(text: &[u8]) -> Option<u8> {
    let digits = text.get(..3)?;
    if !digits.iter().all(|digit| (b'0'..=b'7').contains(digit)) {
        return None;
    }
    u8::from_str_radix(std::str::from_utf8(digits).ok()?, 8).ok()
}

#[cfg(test)]
mod tests;
