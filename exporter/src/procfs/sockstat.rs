//! `/proc/net/sockstat` and `/proc/net/sockstat6`: sockets in use, and the memory of their buffers.

use super::{is_whole, lines, number, words};
use crate::roots::Malformed;

/// One number of one protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count<'a> {
    /// Such as `TCP`, or `sockets` for all of them.
    pub protocol: &'a str,
    /// Such as `inuse`.
    pub item: &'a str,
    /// How many.
    pub count: u64,
}

/// Parses the file: on each line a protocol, and pairs of an item and its number.
pub fn parse(content: &[u8]) -> Result<Vec<Count<'_>>, Malformed> {
    let mut counts = Vec::with_capacity(20);
    for (line, text_of_line) in lines(content).filter(|(_, line)| !line.is_empty()) {
        let malformed = |item, wanted| Malformed::Item { line, item, wanted };
        let mut words = words(text_of_line);
        let protocol = words
            .next()
            .and_then(|word| text(word.strip_suffix(b":")?))
            .ok_or_else(|| malformed("a protocol", "followed by a colon"))?;
        while let Some(item) = words.next() {
            counts.push(Count {
                protocol,
                item: text(item).ok_or_else(|| malformed("an item", "ASCII"))?,
                count: words
                    .next()
                    .and_then(number)
                    .ok_or_else(|| malformed("an item", "followed by a number"))?,
            });
        }
    }
    if counts.is_empty() {
        return Err(Malformed::Missing("a protocol"));
    }
    is_whole(content)?;
    Ok(counts)
}

fn text(word: &[u8]) -> Option<&str> {
    std::str::from_utf8(word)
        .ok()
        .filter(|text| text.is_ascii())
}

#[cfg(test)]
mod tests;
