//! Pure parsers of the files under `/sys`: bytes in, values or [`Malformed`] out. Nearly all of these files hold one value and
//! the end of a line.
//!
//! As in [`crate::procfs`], none of them panics, whatever the bytes, and none makes up a number.

use crate::procfs;
use crate::roots::Malformed;

pub mod cpu_list;
pub mod hwmon;

/// The value as text for a label; a file may be empty.
pub fn text(content: &[u8]) -> String {
    procfs::label(content.trim_ascii())
}

/// A whole number that cannot be negative.
pub fn unsigned(content: &[u8]) -> Result<u64, Malformed> {
    procfs::number(content.trim_ascii()).ok_or(Malformed::Item {
        line: 1,
        item: "the value",
        wanted: "a number",
    })
}

/// A whole number that may be negative.
pub fn signed(content: &[u8]) -> Result<i64, Malformed> {
    procfs::signed(content.trim_ascii()).ok_or(Malformed::Item {
        line: 1,
        item: "the value",
        wanted: "a number",
    })
}

#[cfg(test)]
mod tests;
