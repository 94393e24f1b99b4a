//! Pure parsers of the files under `/proc`: bytes in, values or [`Malformed`] out.
//!
//! None of them panics, whatever the bytes, and none makes up a number: an item that every kernel has is an
//! error when it is missing, an item that only some kernels have is an `Option`.

use crate::roots::Malformed;

pub mod diskstats;
pub mod file_nr;
pub mod loadavg;
pub mod mdstat;
pub mod meminfo;
pub mod mountinfo;
pub mod net_dev;
pub mod netstat;
pub mod nf_conntrack;
pub mod pressure;
pub mod process;
pub mod sockstat;
pub mod softnet_stat;
pub mod stat;
pub mod vmstat;

/// Parses an unsigned decimal number; `None` when it is anything else, or too large.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    let digits = (!text.is_empty()).then_some(text)?;
    digits.iter().try_fold(0_u64, |value, byte| {
        let digit = byte.wrapping_sub(b'0');
        let value = value.checked_mul(10)?.checked_add(digit.into())?;
        (digit < 10).then_some(value)
    })
}

/// Parses a decimal number that may have a minus in front.
pub(crate) fn signed(text: &[u8]) -> Option<i64> {
    match text.strip_prefix(b"-") {
        Some(digits) => 0_i64.checked_sub_unsigned(number(digits)?),
        None => number(text)?.try_into().ok(),
    }
}

/// Parses a decimal number with or without a fraction: no sign, no exponent, no name of a number.
pub(crate) fn decimal(text: &[u8]) -> Option<f64> {
    let is_plain = |byte: &u8| byte.is_ascii_digit() || *byte == b'.';
    if !text.iter().all(is_plain) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// Parses an unsigned hexadecimal number without `0x`; `None` when it is anything else, or too large.
fn hexadecimal(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    u64::from_str_radix(std::str::from_utf8(text).ok()?, 16).ok()
}

/// An error when a file does not end with its last line: the kernel ends each, so that a number at the end of a cut one
/// would be part of a number.
pub(crate) fn is_whole(content: &[u8]) -> Result<(), Malformed> {
    match content.last() {
        None | Some(b'\n') => Ok(()),
        Some(_) => Err(Malformed::Contradiction("its last line is cut")),
    }
}

/// The words of a line: whatever stands between white space.
pub(crate) fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// The lines with their numbers, from 1. Lines may be thousands of bytes long: their ends are searched many bytes at a
/// time.
pub(crate) fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut rest = Some(content);
    let lines = std::iter::from_fn(move || {
        let text = rest?;
        let end = memchr::memchr(b'\n', text).and_then(|end| text.split_at_checked(end));
        rest = end.and_then(|(_, after)| after.get(1..));
        Some(end.map_or(text, |(line, _)| line))
    });
    (1..).zip(lines)
}

/// Text for a label from bytes that need not be UTF-8: each byte that is not becomes `\xNN`, so that two
/// names that differ stay different.
pub fn label(bytes: &[u8]) -> String {
    use std::fmt::Write as _;

    let mut text = String::with_capacity(bytes.len());
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        for byte in chunk.invalid() {
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

#[cfg(test)]
mod tests;
