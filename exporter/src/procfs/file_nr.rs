//! `/proc/sys/fs/file-nr`: open files of the whole machine, and how many there may be.

use super::{is_whole, number, words};
use crate::roots::Malformed;

/// File handles of the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileHandles {
    /// Allocated.
    pub allocated: u64,
    /// How many there may be.
    pub maximum: u64,
}

/// Parses the file: allocated, free (always 0 since Linux 2.6), maximum.
pub fn parse(content: &[u8]) -> Result<FileHandles, Malformed> {
    is_whole(content)?;
    let mut columns = words(content).map(number);
    let mut next = |item| {
        columns.next().flatten().ok_or(Malformed::Item {
            line: 1,
            item,
            wanted: "a number of file handles",
        })
    };
    let allocated = next("the first column")?;
    let _free = next("the second column")?;
    let maximum = next("the third column")?;
    Ok(FileHandles { allocated, maximum })
}

#[cfg(test)]
mod tests;
