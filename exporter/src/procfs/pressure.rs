//! `/proc/pressure/*` and a cgroup's `*.pressure`: for how long tasks were held up.
//!
//! The averages are not read: they are rates of the totals, and a rule can have them over any time.

use super::{is_whole, lines, number, words};
use crate::roots::Malformed;

/// Time lost since boot; `None` where this kernel does not say.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pressure {
    /// Microseconds in which at least one task waited; the file about interrupts does not have it.
    pub some: Option<u64>,
    /// Microseconds in which no task got on; before Linux 5.13 the file about CPUs does not have it.
    pub full: Option<u64>,
}

/// Parses the file: `some avg10=0.00 avg60=0.00 avg300=0.00 total=0` and the same for `full`.
pub fn parse(content: &[u8]) -> Result<Pressure, Malformed> {
    is_whole(content)?;
    let mut pressure = Pressure::default();
    for (line, text) in lines(content) {
        let mut words = words(text);
        let field = match words.next() {
            Some(b"some") => &mut pressure.some,
            Some(b"full") => &mut pressure.full,
            _ => continue,
        };
        let total = words.find_map(|word| word.strip_prefix(b"total="));
        *field = Some(total.and_then(number).ok_or(Malformed::Item {
            line,
            item: "`total`",
            wanted: "a number of microseconds",
        })?);
    }
    if pressure == Pressure::default() {
        return Err(Malformed::Missing("some"));
    }
    Ok(pressure)
}

#[cfg(test)]
mod tests;
