//! `/proc/net/stat/nf_conntrack`: how connection tracking fares, added up over all CPUs.
//!
//! The columns are found by their titles, which have changed over the years.

use super::{hexadecimal, is_whole, lines, words};
use crate::roots::Malformed;

/// Counters since boot; none of those that this kernel does not have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Statistics {
    /// Searches that found an entry.
    pub found: Option<u64>,
    /// Packets that cannot be tracked.
    pub invalid: Option<u64>,
    /// Packets that are not to be tracked.
    pub ignore: Option<u64>,
    /// Entries inserted.
    pub insert: Option<u64>,
    /// Entries that could not be inserted.
    pub insert_failed: Option<u64>,
    /// Packets dropped.
    pub drop: Option<u64>,
    /// Entries dropped to make room for others.
    pub early_drop: Option<u64>,
    /// Searches begun again because the table was resized.
    pub search_restart: Option<u64>,
}

impl Statistics {
    fn field(&mut self, title: &[u8]) -> Option<&mut Option<u64>> {
        Some(match title {
            b"found" => &mut self.found,
            b"invalid" => &mut self.invalid,
            b"ignore" => &mut self.ignore,
            b"insert" => &mut self.insert,
            b"insert_failed" => &mut self.insert_failed,
            b"drop" => &mut self.drop,
            b"early_drop" => &mut self.early_drop,
            b"search_restart" => &mut self.search_restart,
            _ => return None,
        })
    }
}

/// Parses the file: a line of titles, then a line of hexadecimal numbers for each CPU.
pub fn parse(content: &[u8]) -> Result<Statistics, Malformed> {
    let mut lines = lines(content).filter(|(_, line)| !line.is_empty());
    let (_, titles) = lines
        .next()
        .ok_or(Malformed::Missing("the line of titles"))?;
    let mut statistics = Statistics::default();
    let mut has_cpus = false;
    for (line, numbers) in lines {
        has_cpus = true;
        let malformed = |item, wanted| Malformed::Item { line, item, wanted };
        let mut numbers = words(numbers);
        for title in words(titles) {
            let word = numbers
                .next()
                .ok_or_else(|| malformed("a CPU", "a number for each title"))?;
            let number = hexadecimal(word).ok_or_else(|| malformed("a counter", "hexadecimal"))?;
            if let Some(field) = statistics.field(title) {
                *field = Some(field.unwrap_or(0).wrapping_add(number));
            }
        }
    }
    if !has_cpus {
        return Err(Malformed::Missing("a line of a CPU"));
    }
    is_whole(content)?;
    Ok(statistics)
}

#[cfg(test)]
mod tests;
