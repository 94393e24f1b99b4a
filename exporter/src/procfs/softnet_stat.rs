//! `/proc/net/softnet_stat`: how each CPU keeps up with the packets that are received.

use super::{hexadecimal, is_whole, lines, words};
use crate::roots::Malformed;

/// The columns that every kernel has.
const COLUMNS_OF_OLD: usize = 9;

/// The counters of one CPU. They have 32 bits in the kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cpu {
    /// The CPU.
    pub cpu: u64,
    /// Packets taken.
    pub processed: u64,
    /// Packets dropped because too many were waiting.
    pub dropped: u64,
    /// How often there was more to do than time.
    pub times_squeezed: u64,
    /// Collisions over the lock of a device that sends; always 0 since Linux 4.7.
    pub collisions: u64,
    /// Wake-ups by another CPU; since Linux 2.6.35.
    pub received_rps: Option<u64>,
    /// Drops by the limit on one flow; since Linux 3.11.
    pub flow_limit_count: Option<u64>,
    /// Packets that are waiting; since Linux 5.10.
    pub backlog_length: Option<u64>,
}

/// Parses the file: one line for each CPU that is online, numbers in hexadecimal. Before Linux 5.10 a line does not say
/// which CPU it is about: they are counted.
pub fn parse(content: &[u8]) -> Result<Vec<Cpu>, Malformed> {
    let mut cpus = Vec::new();
    for (line, text) in lines(content).filter(|(_, line)| !line.is_empty()) {
        let malformed = |item, wanted| Malformed::Item { line, item, wanted };
        let mut columns = [None; 13];
        for (column, word) in columns.iter_mut().zip(words(text)) {
            let number = hexadecimal(word);
            *column = Some(number.ok_or_else(|| malformed("a counter", "hexadecimal"))?);
        }
        let [
            Some(processed),
            Some(dropped),
            Some(times_squeezed),
            ..,
            received_rps,
            flow_limit_count,
            backlog_length,
            cpu,
        ] = columns
        else {
            return Err(malformed("a CPU", "nine counters at least"));
        };
        let collisions = columns.get(COLUMNS_OF_OLD - 1).copied().flatten();
        cpus.push(Cpu {
            cpu: cpu.unwrap_or(u64::try_from(line - 1).unwrap_or(u64::MAX)),
            processed,
            dropped,
            times_squeezed,
            collisions: collisions.ok_or_else(|| malformed("a CPU", "nine counters at least"))?,
            received_rps,
            flow_limit_count,
            backlog_length,
        });
    }
    if cpus.is_empty() {
        return Err(Malformed::Missing("a line of a CPU"));
    }
    is_whole(content)?;
    Ok(cpus)
}

#[cfg(test)]
mod tests;
