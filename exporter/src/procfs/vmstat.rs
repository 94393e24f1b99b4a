//! `/proc/vmstat`: counters and states of memory management, some 180 of them.

use super::{lines, number, words};
use crate::roots::Malformed;

/// The items in their order: the kernel's name, which is fit for the name of a metric, and the value.
pub fn items(content: &[u8]) -> impl Iterator<Item = Result<(&str, u64), Malformed>> {
    lines(content)
        .filter(|(_, line)| !line.is_empty())
        .map(|(line, text)| {
            item(text).ok_or(Malformed::Item {
                line,
                item: "an item",
                wanted: "a name and a number",
            })
        })
}

fn item(line: &[u8]) -> Option<(&str, u64)> {
    let mut words = words(line);
    let name = words.next().filter(|name| is_metric_name(name))?;
    let value = number(words.next()?)?;
    Some((std::str::from_utf8(name).ok()?, value))
}

fn is_metric_name(name: &[u8]) -> bool {
    name.iter()
        .all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
}

#[cfg(test)]
mod tests;
