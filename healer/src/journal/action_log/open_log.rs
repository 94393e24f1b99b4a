//! The open file, and how far it is: lines go to its end, all of them or none.

use std::io::{self, Write as _};
use std::os::unix::fs::FileExt as _;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;

use super::file::LogFile;

/// The open file and how far it is.
#[derive(Debug)]
pub(super) struct OpenLog {
    pub(super) file: LogFile,
    /// What it is long, unless somebody else had a hand in it.
    pub(super) length: u64,
    /// The last line that was written, here or in the file before.
    pub(super) written: i64,
    /// The last line of which the journal knows that it is in a file for good.
    pub(super) noted: i64,
    pub(super) noted_at: Now,
    /// When its first line was written, by the wall clock.
    pub(super) began: Option<Timestamp>,
    /// When it could not be renamed, if that was so the last time.
    pub(super) rotation_failed: Option<Now>,
}

/// What somebody else did to the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Disturbance {
    /// Everything was cut off, as `copytruncate` does.
    Emptied,
    /// Something was cut off.
    Cut,
    /// Something was added.
    Added,
}

impl OpenLog {
    /// What is not as it was left, if anything.
    pub(super) fn disturbance(&self) -> io::Result<Option<Disturbance>> {
        let length = self.file.length()?;
        Ok(match length.cmp(&self.length) {
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(Disturbance::Added),
            std::cmp::Ordering::Less if length == 0 => Some(Disturbance::Emptied),
            std::cmp::Ordering::Less => Some(Disturbance::Cut),
        })
    }

    /// How many of these lines go into the file before it is longer than `most` (zero: no limit). An empty file takes
    /// one at least.
    pub(super) fn room(&self, lines: &[(i64, String)], most: u64) -> usize {
        if most == 0 {
            return lines.len();
        }
        let mut length = self.length;
        let fitting = lines.iter().take_while(|(_, line)| {
            length = length.saturating_add(line.len() as u64 + 1);
            length <= most
        });
        let fitting = fitting.count();
        if self.length == 0 {
            fitting.max(1)
        } else {
            fitting
        }
    }

    /// Adds lines; either all of them or none.
    pub(super) fn append(&mut self, lines: &[(i64, String)], now: &Now) -> io::Result<()> {
        let Some((last, _)) = lines.last() else {
            return Ok(());
        };
        let mut text = String::with_capacity(lines.iter().map(|(_, line)| line.len() + 1).sum());
        for (_, line) in lines {
            text.push_str(line);
            text.push('\n');
        }
        if let Err(error) = self.file.file.write_all(text.as_bytes()) {
            self.file.cut(self.length)?;
            return Err(error);
        }
        if self.length == 0 {
            self.began = Some(now.wall);
        }
        self.length += text.len() as u64;
        self.written = *last;
        Ok(())
    }

    /// Goes on after what somebody else has added, on a line of its own.
    pub(super) fn accept_addition(&mut self) -> io::Result<()> {
        let length = self.file.length()?;
        let mut last = [0];
        self.file
            .file
            .read_exact_at(&mut last, length.saturating_sub(1))?;
        if last != *b"\n" {
            self.file.file.write_all(b"\n")?;
        }
        self.length = self.file.length()?;
        Ok(())
    }
}
