//! Lists of CPUs as `/sys/devices/system/cpu/online` and its like have them: `0-3,8`.

use std::ops::RangeInclusive;

use crate::procfs::number;
use crate::roots::Malformed;

/// No machine has a CPU with a higher number (Linux: 8,192 CPUs at most): a range up to a higher one is damage.
const HIGHEST_CPU: u64 = 65_535;

/// Parses a list; a file without any CPU is an empty one.
pub fn parse(content: &[u8]) -> Result<Vec<RangeInclusive<u64>>, Malformed> {
    let list = content.trim_ascii();
    if list.is_empty() {
        return Ok(Vec::new());
    }
    list.split(|&byte| byte == b',')
        .map(|part| {
            range(part).ok_or(Malformed::Item {
                line: 1,
                item: "a CPU",
                wanted: "a number or a range of numbers",
            })
        })
        .collect()
}

fn range(part: &[u8]) -> Option<RangeInclusive<u64>> {
    let mut ends = part.splitn(2, |&byte| byte == b'-');
    let first = number(ends.next()?)?;
    let last = ends.next().map_or(Some(first), number)?;
    (first <= last && last <= HIGHEST_CPU).then_some(first..=last)
}

#[cfg(test)]
mod tests;
