//! `/proc/loadavg`: how many tasks ran or waited, averaged over 1, 5 and 15 minutes.

use super::{decimal, is_whole, words};
use crate::roots::Malformed;

/// The averages over 1, 5 and 15 minutes.
pub type Load = [f64; 3];

/// Parses the file: `0.20 0.18 0.12 1/80 11206`.
pub fn parse(content: &[u8]) -> Result<Load, Malformed> {
    is_whole(content)?;
    let mut averages = words(content).map(decimal);
    let mut next = || {
        averages.next().flatten().ok_or(Malformed::Item {
            line: 1,
            item: "a load average",
            wanted: "a decimal number",
        })
    };
    Ok([next()?, next()?, next()?])
}

#[cfg(test)]
mod tests;
