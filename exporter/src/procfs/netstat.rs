//! `/proc/net/netstat`, `/proc/net/snmp` and `/proc/net/snmp6`: counters of the protocols, each with its name.
//!
//! The first two have a line of names and a line of numbers for each protocol; the third has one counter a line, whose
//! name begins with the protocol. A counter is handed over as bytes: most are not wanted, and are not parsed.

use super::{is_whole, number, signed};
use crate::roots::Malformed;

/// One counter as the file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counter<'a> {
    /// Such as `TcpExt`.
    pub protocol: &'a str,
    /// Such as `ListenDrops`.
    pub name: &'a str,
    number: &'a str,
    line: usize,
}

/// A number that is below zero only where the kernel means that there is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Number {
    /// A count.
    Whole(u64),
    /// A number below zero.
    Negative(i64),
}

impl Counter<'_> {
    /// Its number.
    pub fn number(&self) -> Result<Number, Malformed> {
        let whole = number(self.number.as_bytes()).map(Number::Whole);
        let number = whole.or_else(|| signed(self.number.as_bytes()).map(Number::Negative));
        number.ok_or_else(|| malformed(self.line, "a counter", "a number"))
    }
}

/// Hands over each counter of `netstat` or `snmp`, in the order of the file.
pub fn parse_tables<E: From<Malformed>>(
    content: &[u8],
    mut take: impl FnMut(Counter<'_>) -> Result<(), E>,
) -> Result<(), E> {
    let mut lines = filled_lines(content)?;
    while let Some((line_number, names)) = lines.next() {
        let unequal = || {
            malformed(
                line_number,
                "a line of names",
                "followed by as many numbers",
            )
        };
        let (line, numbers) = lines.next().ok_or_else(unequal)?;
        let (mut names, mut numbers) = (names.split(' '), numbers.split(' '));
        let protocol = names.next().filter(|&it| Some(it) == numbers.next());
        let protocol = protocol
            .and_then(|protocol| protocol.strip_suffix(':'))
            .ok_or_else(|| malformed(line_number, "a pair of lines", "of one protocol"))?;
        loop {
            match (names.next(), numbers.next()) {
                (Some(name), Some(number)) => take(Counter {
                    protocol,
                    name,
                    number,
                    line,
                })?,
                (None, None) => break,
                _ => return Err(unequal().into()),
            }
        }
    }
    Ok(is_whole(content)?)
}

/// Hands over each counter of `snmp6`, in the order of the file. The protocol ends with the first 6.
pub fn parse_snmp6<E: From<Malformed>>(
    content: &[u8],
    mut take: impl FnMut(Counter<'_>) -> Result<(), E>,
) -> Result<(), E> {
    for (line, text) in filled_lines(content)? {
        let mut words = text.split_ascii_whitespace();
        let (Some(whole_name), Some(number)) = (words.next(), words.next()) else {
            return Err(malformed(line, "a name", "followed by a number").into());
        };
        let end = whole_name.find('6').map(|place| place + 1);
        if let Some((protocol, name)) = end.and_then(|end| whole_name.split_at_checked(end)) {
            take(Counter {
                protocol,
                name,
                number,
                line,
            })?;
        }
    }
    Ok(is_whole(content)?)
}

/// The lines with their numbers, from 1. An error when there are none: no kernel that has the file leaves it empty. That
/// it is ASCII is found out once for all of it.
fn filled_lines(content: &[u8]) -> Result<impl Iterator<Item = (usize, &str)>, Malformed> {
    let text = std::str::from_utf8(content).ok().filter(|it| it.is_ascii());
    let text = text.ok_or(Malformed::Contradiction("it is not ASCII"))?;
    let lines = (1..).zip(text.split('\n'));
    let mut lines = lines.filter(|(_, line)| !line.is_empty()).peekable();
    match lines.peek() {
        Some(_) => Ok(lines),
        None => Err(Malformed::Missing("a protocol")),
    }
}

fn malformed(line: usize, item: &'static str, wanted: &'static str) -> Malformed {
    Malformed::Item { line, item, wanted }
}

#[cfg(test)]
mod tests;
