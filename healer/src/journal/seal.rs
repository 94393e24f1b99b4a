//! The end of each line of the action log, which ties it to the line before: its number, the hash of that line, and its
//! own. Written in one place and read in one place, byte for byte.

use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

/// A SHA-256.
pub(super) type Hash = [u8; 32];

const SEQ: &[u8] = b",\"seq\":";
const PREVIOUS: &[u8] = b",\"previous_hash\":\"";
const HASH: &[u8] = b",\"hash\":\"";
const DIGITS: usize = 64;

/// What the end of a line says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Seal {
    pub(super) seq: i64,
    pub(super) previous: Hash,
    pub(super) hash: Hash,
}

/// Adds the hash to a line that lacks nothing else: a JSON object whose last members are `seq` and `previous_hash`.
pub(super) fn close(line: &mut String) -> Hash {
    let hash: Hash = Sha256::digest(line.as_bytes()).into();
    line.pop();
    line.push_str(",\"hash\":\"");
    line.push_str(&hex(&hash));
    line.push_str("\"}");
    hash
}

impl Seal {
    /// Reads the end of a line, without its line feed; none when it does not end as ours do.
    pub(super) fn read(line: &[u8]) -> Option<Self> {
        let (_, seal) = split(line)?;
        Some(seal)
    }

    /// Reads the end of a line, and whether its hash is that of the line.
    pub(super) fn check(line: &[u8]) -> Option<(Self, bool)> {
        let (text, seal) = split(line)?;
        let mut digest = Sha256::new();
        digest.update(text);
        digest.update(b"}");
        let actual: Hash = digest.finalize().into();
        Some((seal, actual == seal.hash))
    }
}

/// All before the member `hash`, and the seal.
fn split(line: &[u8]) -> Option<(&[u8], Seal)> {
    let (text, hash) = member(line.strip_suffix(b"}")?, HASH)?;
    let (before, previous) = member(text, PREVIOUS)?;
    let digits = before.iter().rev().take_while(|byte| byte.is_ascii_digit());
    let (before, number) = before.split_at_checked(before.len() - digits.count())?;
    before.strip_suffix(SEQ)?;
    let number = std::str::from_utf8(number).ok()?;
    let seq: i64 = number.parse().ok().filter(|seq| *seq > 0)?;
    Some((
        text,
        Seal {
            seq,
            previous,
            hash,
        },
    ))
}

/// Takes a member that holds a hash off the end.
fn member<'l>(text: &'l [u8], name: &[u8]) -> Option<(&'l [u8], Hash)> {
    let text = text.strip_suffix(b"\"")?;
    let (text, digits) = text.split_at_checked(text.len().checked_sub(DIGITS)?)?;
    let hash = from_hex(std::str::from_utf8(digits).ok()?)?;
    Some((text.strip_suffix(name)?, hash))
}

/// Lower-case hex.
pub(super) fn hex(hash: &Hash) -> String {
    let mut text = String::with_capacity(DIGITS);
    for byte in hash {
        // Writing to a string does not fail.
        let _ = write!(text, "{byte:02x}");
    }
    text
}

/// The inverse of [`hex`], and of nothing else: capital letters are refused.
pub(super) fn from_hex(text: &str) -> Option<Hash> {
    let is_hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    if text.len() != DIGITS || !text.bytes().all(is_hex) {
        return None;
    }
    let mut hash = [0; 32];
    for (index, byte) in hash.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(index * 2..index * 2 + 2)?, 16).ok()?;
    }
    Some(hash)
}

#[cfg(test)]
mod tests;
