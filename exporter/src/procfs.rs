//! Pure parsers of the files under `/proc`: bytes in, values or [`Malformed`](crate::roots::Malformed) out.
//!
//! None of them panics, whatever the bytes, and none makes up a number: an item that every kernel has is an
//! error when it is missing, an item that only some kernels have is an `Option`.

pub mod meminfo;
pub mod mountinfo;
pub mod net_dev;
pub mod stat;

/// Parses an unsigned decimal number; `None` when it is anything else, or too large.
pub(crate) fn number(text: &[u8]) -> Option<u64> {
    if text.is_empty() || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// The words of a line: whatever stands between white space.
fn words(line: &[u8]) -> impl Iterator<Item = &[u8]> {
    line.split(u8::is_ascii_whitespace)
        .filter(|word| !word.is_empty())
}

/// The lines with their numbers, from 1.
fn lines(content: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    content
        .split(|&byte| byte == b'\n')
        .enumerate()
        .map(|(index, line)| (index + 1, line))
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
