//! What was found in an action log.

use std::path::PathBuf;

use serde::Serialize;

use super::Expected;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Lines of ours that were read.
    pub lines: u64,
    /// Number of the first.
    pub first: Option<u64>,
    /// Number of the last.
    pub last: Option<u64>,
    /// Each file, in order.
    pub files: Vec<FileReport>,
    /// What is wrong, from the first on, at most a hundred.
    pub problems: Vec<Problem>,
    /// How much is wrong.
    pub problem_count: u64,
    /// What is not wrong, and worth knowing.
    pub notes: Vec<String>,
}

/// One file.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FileReport {
    /// Which.
    pub file: PathBuf,
    /// How many lines it has.
    pub lines: u64,
    /// Number of its first line.
    pub first: Option<u64>,
    /// Number of its last line.
    pub last: Option<u64>,
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// What kind.
    pub kind: ProblemKind,
    /// In which file.
    pub file: PathBuf,
    /// In which line of it, from 1.
    pub line: u64,
    /// The line's number in the log, as it says itself.
    pub seq: Option<u64>,
    /// In words; goes on after the place.
    pub message: String,
}

/// Kinds of what is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProblemKind {
    /// The line was changed, or is none of ours.
    Edited,
    /// Lines before it are missing.
    Removed,
    /// It is there twice, or was moved or put in.
    Misplaced,
    /// The line before it was replaced.
    Replaced,
    /// The end is missing.
    Cut,
    /// The journal holds another line.
    NotOfJournal,
    /// A compressed file is damaged.
    Damaged,
}

impl Report {
    /// Nothing is wrong.
    pub fn is_good(&self) -> bool {
        self.problem_count == 0
    }

    pub(super) fn saw(&mut self, seq: i64) {
        let seq = u64::try_from(seq).unwrap_or(0);
        self.lines += 1;
        self.first = self.first.or(Some(seq));
        self.last = Some(seq);
        if let Some(file) = self.files.last_mut() {
            file.first = file.first.or(Some(seq));
            file.last = Some(seq);
        }
    }

    /// Says what is known of both ends.
    pub(super) fn note_ends(&mut self, expected: &Expected) {
        let anchor = expected.anchor.as_ref();
        match (self.first, anchor) {
            (Some(first), Some(anchor)) if first > anchor.removed + 1 => self.notes.push(format!(
                "it begins at seq {first}: the healer has removed what was before seq {}, the rest was taken away by somebody else",
                anchor.removed + 1
            )),
            (Some(first), _) if first > 1 => {
                self.notes.push(format!("it begins at seq {first}: older lines were removed"));
            }
            _ => {}
        }
        match anchor {
            None if expected.last_seq.is_none() => self.notes.push(
                "nothing says where it must end: a cut-off end would not be seen; give --last-seq, or check it where the daemon runs"
                    .to_owned(),
            ),
            Some(anchor) if anchor.logged < anchor.sequence => self.notes.push(format!(
                "the journal is at seq {} and the log at {}: what is missing will be written",
                anchor.sequence, anchor.logged
            )),
            Some(anchor) if !expected.is_being_written && self.last > Some(anchor.sequence) => {
                self.notes.push(format!(
                    "the journal ends at seq {}, before the log: it was put back to an older state",
                    anchor.sequence
                ));
            }
            _ => {}
        }
    }
}
