//! `/proc/vmstat`: counters and states of memory management, some 180 of them, of which few are told.

use std::str::from_utf8;

use super::{is_whole, lines, number};
use crate::roots::Malformed;

/// The items of which `is_told` holds, in their order: the kernel's name, which is fit for the name of a metric, and the
/// value. The values of the others are not looked at.
pub fn items(
    content: &[u8],
    is_told: impl Fn(&str) -> bool,
) -> impl Iterator<Item = Result<(&str, u64), Malformed>> {
    let malformed = |line| Malformed::Item {
        line,
        item: "an item",
        wanted: "a name and a number",
    };
    let items = lines(content)
        .filter(|(_, text)| !text.is_empty())
        .filter_map(move |(line, text)| match split(text) {
            Some((name, _)) if !is_told(name) => None,
            Some((name, value)) => {
                let value = number(value).filter(|_| is_metric_name(name));
                Some(value.map(|value| (name, value)).ok_or(malformed(line)))
            }
            None => Some(Err(malformed(line))),
        });
    items.chain(is_whole(content).err().map(Err))
}

/// `pgpgin 51148041`
fn split(line: &[u8]) -> Option<(&str, &[u8])> {
    let space = memchr::memchr(b' ', line)?;
    let (name, value) = line.split_at_checked(space)?;
    Some((from_utf8(name).ok()?, value.get(1..)?))
}

fn is_metric_name(name: &str) -> bool {
    name.bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

#[cfg(test)]
mod tests;
