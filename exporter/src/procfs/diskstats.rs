//! `/proc/diskstats`: what has been read from and written to each block device since boot.
//!
//! How many columns there are depends on the kernel: 11, with 4.18 four more of discards, with 5.5 two more of
//! flushes. Before 2.6.25 a partition has four of its own. What a kernel does not tell is `None`.

use super::{lines, number, words};
use crate::roots::Malformed;

/// How many columns are known.
const COLUMNS: usize = 17;
/// A sector is 512 bytes, whatever the device's own are.
const SECTOR: u64 = 512;

/// The columns after the name, by their index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// Reads completed.
    Reads,
    /// Reads that were merged into others.
    ReadsMerged,
    /// Sectors read.
    SectorsRead,
    /// Milliseconds spent reading.
    ReadTime,
    /// Writes completed.
    Writes,
    /// Writes that were merged into others.
    WritesMerged,
    /// Sectors written.
    SectorsWritten,
    /// Milliseconds spent writing.
    WriteTime,
    /// Requests in progress.
    InProgress,
    /// Milliseconds in which there was something to do.
    IoTime,
    /// The same, times the requests in progress.
    IoTimeWeighted,
    /// Discards completed.
    Discards,
    /// Discards that were merged into others.
    DiscardsMerged,
    /// Sectors discarded.
    SectorsDiscarded,
    /// Milliseconds spent discarding.
    DiscardTime,
    /// Flushes completed.
    Flushes,
    /// Milliseconds spent flushing.
    FlushTime,
}

/// One block device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Disk<'a> {
    /// The number of its driver.
    pub major: u32,
    /// Its number among those of the driver.
    pub minor: u32,
    /// Its name.
    pub name: &'a str,
    columns: [Option<u64>; COLUMNS],
}

impl Disk<'_> {
    /// A column as it is.
    pub fn count(&self, column: Column) -> Option<u64> {
        self.columns.get(column as usize).copied().flatten()
    }

    /// A column of sectors, in bytes.
    pub fn bytes(&self, column: Column) -> Option<u64> {
        self.count(column)?.checked_mul(SECTOR)
    }

    /// A column of milliseconds, in seconds.
    pub fn seconds(&self, column: Column) -> Option<f64> {
        #[expect(
            clippy::cast_precision_loss,
            reason = "exact for a quarter of a million years"
        )]
        self.count(column)
            .map(|milliseconds| milliseconds as f64 / 1000.0)
    }
}

/// Parses the file; devices are in the order of the kernel.
pub fn parse(content: &[u8]) -> Result<Vec<Disk<'_>>, Malformed> {
    lines(content)
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(line_number, line)| {
            disk(line).ok_or(Malformed::Item {
                line: line_number,
                item: "a block device",
                wanted: "major, minor, name, and 4, 11, 15 or 17 numbers",
            })
        })
        .collect()
}

fn disk(line: &[u8]) -> Option<Disk<'_>> {
    let mut words = words(line);
    let major = number(words.next()?)?.try_into().ok()?;
    let minor = number(words.next()?)?.try_into().ok()?;
    let name = std::str::from_utf8(words.next()?).ok()?;
    let mut columns = [None; COLUMNS];
    let mut found = 0;
    for (column, word) in columns.iter_mut().zip(&mut words) {
        *column = Some(number(word)?);
        found += 1;
    }
    match found {
        4 => {
            let [reads, sectors_read, writes, sectors_written] = *columns.first_chunk()?;
            let there = [
                reads,
                None,
                sectors_read,
                None,
                writes,
                None,
                sectors_written,
            ];
            columns = [None; COLUMNS];
            for (column, value) in columns.iter_mut().zip(there) {
                *column = value;
            }
        }
        11 | 15 | COLUMNS => {}
        _ => return None,
    }
    Some(Disk {
        major,
        minor,
        name,
        columns,
    })
}

#[cfg(test)]
mod tests;
