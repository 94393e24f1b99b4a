//! The names of finished files: `actions.jsonl.20261124T150405Z-000000012345`, and the same with `.gz`.
//!
//! The time is that of the rotation, in UTC; the number is that of the last line. Names of one log sort by time.

use std::ffi::{OsStr, OsString};

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::Offset;

const TIME: &str = "%Y%m%dT%H%M%SZ";
/// What is compressed ends with this.
pub(super) const COMPRESSED: &str = ".gz";
/// What is being compressed ends with this.
pub(super) const UNFINISHED: &str = ".gz.tmp";

/// What the name of a finished file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PartName {
    /// To the second.
    pub(super) rotated_at: Timestamp,
    pub(super) last_seq: i64,
}

/// What follows the name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    Plain,
    Compressed,
    /// Left behind by a crash, or being written.
    Unfinished,
}

impl Form {
    fn suffix(self) -> &'static str {
        match self {
            Self::Plain => "",
            Self::Compressed => COMPRESSED,
            Self::Unfinished => UNFINISHED,
        }
    }
}

impl PartName {
    /// The file's name beside a log of this name.
    pub(super) fn of(self, log: &OsStr, form: Form) -> OsString {
        let mut name = log.to_owned();
        name.push(format!(
            ".{}-{:012}{}",
            self.rotated_at.strftime(TIME),
            self.last_seq,
            form.suffix()
        ));
        name
    }

    /// Reads a name that [`PartName::of`] made.
    pub(super) fn parse(log: &OsStr, name: &OsStr) -> Option<(Self, Form)> {
        let rest = name.as_encoded_bytes().strip_prefix(log.as_encoded_bytes());
        let rest = std::str::from_utf8(rest?).ok()?.strip_prefix('.')?;
        let [unfinished, compressed, plain] = [Form::Unfinished, Form::Compressed, Form::Plain]
            .map(|form| rest.strip_suffix(form.suffix()).map(|rest| (rest, form)));
        let (rest, form) = unfinished.or(compressed).or(plain)?;
        let (time, number) = rest.split_once('-')?;
        let time = DateTime::strptime(TIME, time).ok()?;
        let part = Self {
            rotated_at: Offset::UTC.to_timestamp(time).ok()?,
            last_seq: number.parse().ok()?,
        };
        // Only what it would write itself is its own.
        (part.of(log, form) == name).then_some((part, form))
    }
}

#[cfg(test)]
mod tests;
