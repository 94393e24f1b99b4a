//! Checking the action log: whether its lines are those that the healer wrote, all of them, in their order.
//!
//! Each line names the hash of the one before it, so a line that was changed, removed, put in or moved shows at that line
//! or the next. What the chain cannot show is told by an anchor outside the files: where it must end, and with which hash.
//! Files are read once, line by line, in bounded memory. The beginning may be missing: old files are removed.

mod files;
mod report;

use std::cmp::Ordering;
use std::io::{self, BufRead, Read as _};
use std::path::{Path, PathBuf};

pub use self::files::{LogPart, all, ordered};
pub use self::report::{FileReport, Problem, ProblemKind, Report};
use super::LogAnchor;
use super::action_log::compressing::is_damage;
use super::action_log::parts;
use super::seal::{Hash, Seal, from_hex};

/// Longer lines are not ours.
const LONGEST_LINE: u64 = 16 << 20;
/// More problems are counted, and not told one by one.
const MOST_PROBLEMS: usize = 100;

/// What is held against the files.
#[derive(Clone, Debug, Default)]
pub struct Expected {
    /// The journal's own words.
    pub anchor: Option<LogAnchor>,
    /// The log reaches this line at least.
    pub last_seq: Option<u64>,
    /// The daemon is writing: what follows the anchor may be half a line.
    pub is_being_written: bool,
}

/// A file that could not be read; nothing is said about the log.
#[derive(Debug, thiserror::Error)]
#[error("cannot read `{}`", path.display())]
pub struct Unreadable {
    /// Which.
    pub path: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Checks files, given in their order.
pub fn verify(files: Vec<LogPart>, expected: &Expected) -> Result<Report, Unreadable> {
    let mut check = Check {
        report: Report::default(),
        chain: None,
        unknown: 0,
        anchor: expected.anchor.as_ref().and_then(|anchor| {
            let hash = from_hex(anchor.hash.as_deref()?)?;
            Some((i64::try_from(anchor.sequence).ok()?, hash))
        }),
        torn: None,
    };
    for file in files {
        let path = file.path.clone();
        let unreadable = |source| Unreadable { path, source };
        let path = file.path.clone();
        let lines = file.open().and_then(parts::read_open);
        match lines.and_then(|lines| check.file(&path, lines)) {
            Ok(()) => {}
            Err(error) if is_damage(&error) => {
                let line = check.report.files.last().map_or(0, |file| file.lines);
                let message = format!("cannot be unpacked after this: {error}");
                check.problem(ProblemKind::Damaged, &path, line, None, message);
            }
            Err(error) => return Err(unreadable(error)),
        }
    }
    check.finish(expected);
    Ok(check.report)
}

/// A line and where it is.
#[derive(Clone, Copy)]
struct Place<'p> {
    path: &'p Path,
    line: u64,
}

struct Check {
    report: Report,
    /// The line before: its number and hash.
    chain: Option<(i64, Hash)>,
    /// Lines since then of which nothing is known.
    unknown: i64,
    /// The journal's last line.
    anchor: Option<(i64, Hash)>,
    /// A line without its end, the last of its file.
    torn: Option<(PathBuf, u64)>,
}

impl Check {
    fn file(&mut self, path: &Path, mut lines: Box<dyn BufRead>) -> io::Result<()> {
        self.end_torn_line();
        self.report.files.push(FileReport {
            file: path.to_owned(),
            ..FileReport::default()
        });
        let mut line = Vec::new();
        let mut number = 0;
        loop {
            line.clear();
            let mut limited = (&mut lines).take(LONGEST_LINE);
            if limited.read_until(b'\n', &mut line)? == 0 {
                return Ok(());
            }
            number += 1;
            let is_whole = line.last() == Some(&b'\n');
            if !is_whole && line.len() as u64 == LONGEST_LINE {
                skip_line(&mut lines)?;
            } else if !is_whole {
                self.torn = Some((path.to_owned(), number));
                return Ok(());
            }
            if let Some(file) = self.report.files.last_mut() {
                file.lines = number;
            }
            let text = line.strip_suffix(b"\n").unwrap_or(&line);
            self.line(Place { path, line: number }, text);
        }
    }

    fn line(&mut self, place: Place<'_>, text: &[u8]) {
        let Some((seal, is_genuine)) = Seal::check(text) else {
            self.unknown += 1;
            let message = "is no line of the log: it was changed, or put in".to_owned();
            self.problem(ProblemKind::Edited, place.path, place.line, None, message);
            return;
        };
        let mut told = |kind, message: String| {
            self.problem(kind, place.path, place.line, Some(seal.seq), message);
        };
        if !is_genuine {
            let message = "was changed: its hash is not that of its text".to_owned();
            told(ProblemKind::Edited, message);
        } else if let Some((kind, message)) = self.breaks_chain(&seal) {
            self.problem(kind, place.path, place.line, Some(seal.seq), message);
        } else if self.is_not_of_journal(&seal) {
            let message = "is not what the journal holds: the log was written anew".to_owned();
            self.problem(
                ProblemKind::NotOfJournal,
                place.path,
                place.line,
                Some(seal.seq),
                message,
            );
        }
        // From here on, whatever was found: one fault is told once.
        self.chain = Some((seal.seq, seal.hash));
        self.unknown = 0;
        self.report.saw(seal.seq);
    }

    fn breaks_chain(&self, seal: &Seal) -> Option<(ProblemKind, String)> {
        let Some((before, hash)) = self.chain else {
            let is_false_start = seal.seq == 1 && seal.previous != Hash::default();
            return is_false_start.then(|| {
                let message = "is the first line, and names one before it".to_owned();
                (ProblemKind::Replaced, message)
            });
        };
        let next = before.saturating_add(1);
        if seal.seq == next && seal.previous == hash {
            return None;
        }
        if self.unknown > 0 && seal.seq == next.saturating_add(self.unknown) {
            // The lines between them are told of already.
            return None;
        }
        Some(match seal.seq.cmp(&next) {
            Ordering::Greater => {
                let last = seal.seq - 1;
                let missing = format!("lines are missing before it: seq {next} to {last}");
                (ProblemKind::Removed, missing)
            }
            Ordering::Equal => {
                let message = "does not follow from the line before it: that one was replaced, or is of another journal";
                (ProblemKind::Replaced, message.to_owned())
            }
            Ordering::Less => {
                let message =
                    format!("comes after seq {before}: it is there twice, or was put in or moved");
                (ProblemKind::Misplaced, message)
            }
        })
    }

    fn is_not_of_journal(&self, seal: &Seal) -> bool {
        self.anchor
            .is_some_and(|(seq, hash)| seq == seal.seq && hash != seal.hash)
    }

    /// Half a line at the end of a file that is not the last.
    fn end_torn_line(&mut self) {
        if let Some((path, line)) = self.torn.take() {
            let message = "has no end: it was cut off".to_owned();
            self.unknown += 1;
            self.problem(ProblemKind::Cut, &path, line, None, message);
        }
    }

    /// Holds the end against what it must be.
    fn finish(&mut self, expected: &Expected) {
        let anchor = expected.anchor.as_ref();
        let last = self.report.last.unwrap_or(0);
        let must_reach = anchor
            .map_or(0, |anchor| anchor.logged)
            .max(expected.last_seq.unwrap_or(0));
        if expected.is_being_written && last >= must_reach {
            self.torn = None;
        }
        self.end_torn_line();
        if last < must_reach {
            let message = format!(
                "the log ends at seq {last} and must reach seq {must_reach}: its end was cut off"
            );
            let (path, line) = self
                .report
                .files
                .last()
                .map(|file| (file.file.clone(), file.lines))
                .unwrap_or_default();
            let seq = i64::try_from(last).ok().filter(|seq| *seq > 0);
            self.problem(ProblemKind::Cut, &path, line, seq, message);
        }
        self.report.note_ends(expected);
    }

    fn problem(
        &mut self,
        kind: ProblemKind,
        path: &Path,
        line: u64,
        seq: Option<i64>,
        message: String,
    ) {
        self.report.problem_count += 1;
        if self.report.problems.len() < MOST_PROBLEMS {
            self.report.problems.push(Problem {
                kind,
                file: path.to_owned(),
                line,
                seq: seq.and_then(|seq| u64::try_from(seq).ok()),
                message,
            });
        }
    }
}

/// Reads on to the end of a line, without keeping it.
fn skip_line(lines: &mut Box<dyn BufRead>) -> io::Result<()> {
    loop {
        let chunk = lines.fill_buf()?;
        if chunk.is_empty() {
            return Ok(());
        }
        let end = chunk.iter().position(|byte| *byte == b'\n');
        let used = end.map_or(chunk.len(), |end| end + 1);
        lines.consume(used);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[cfg(test)]
mod tests;
