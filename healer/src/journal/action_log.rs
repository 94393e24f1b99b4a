//! The JSON action log: the journal's events as lines of a file, for `tail -f`, `jq` and log shippers.
//!
//! The file follows the journal and never the other way round. A thread writes lines after their commit. At a start
//! the file itself tells how far it got: damage at its end is cut off, and what is missing is written from the
//! journal, so that both are equal again. A full disk delays lines and loses none. A file that was rotated or
//! deleted is opened anew, and goes on with the next line.

mod file;

use std::fs;
use std::io::{self, Write as _};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender};
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::Stop;
use rusqlite::params;

use self::file::{LastLine, LogFile};
use super::JournalError;
use super::events::{LineAt, LinesAfter};
use super::operation::{Call, Operation, Run, Transaction};
use super::stats::JournalStats;
use super::writer::Message;

/// Lines read from the journal at once.
const BATCH: u32 = 500;
/// After a fault, the next try. Longer than the idle tick of the journal's thread, which must not be kept busy.
const RETRY: Duration = Duration::from_secs(3);
/// How often the journal is told how far the file certainly is.
const POSITION_PERIOD: Duration = Duration::from_secs(10);

/// The thread that writes the file.
pub(super) struct ActionLog {
    pub(super) path: PathBuf,
    pub(super) journal: Sender<Message>,
    pub(super) bell: Receiver<()>,
    pub(super) stats: Arc<JournalStats>,
    pub(super) clock: SharedClock,
    pub(super) stop: Stop,
}

/// A fault of the file, or the end of the journal.
#[derive(Debug, thiserror::Error)]
enum LogError {
    #[error(transparent)]
    File(#[from] io::Error),
    #[error(transparent)]
    Journal(#[from] JournalError),
}

impl ActionLog {
    /// Writes until the journal ends.
    pub(super) fn run(self) {
        let mut open: Option<OpenLog> = None;
        let mut is_failing = false;
        loop {
            match self.catch_up(&mut open) {
                Ok(()) => {
                    if is_failing {
                        tracing::info!(path = %self.path.display(), "action log is written again");
                    }
                    is_failing = false;
                }
                Err(LogError::Journal(JournalError::Closed)) => return,
                Err(error) => {
                    if !is_failing {
                        tracing::error!(
                            path = %self.path.display(),
                            %error,
                            "cannot write the action log, nothing is lost, will try again"
                        );
                    }
                    is_failing = true;
                }
            }
            let wait = if is_failing { RETRY } else { POSITION_PERIOD };
            match self.bell.recv_timeout(wait) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Writes every line that is committed and not in the file.
    fn catch_up(&self, open: &mut Option<OpenLog>) -> Result<(), LogError> {
        let log = match open {
            Some(log) => log,
            None => open.insert(self.resume()?),
        };
        loop {
            let lines = self.ask(LinesAfter {
                seq: log.written,
                limit: BATCH,
            })?;
            if lines.is_empty() {
                break;
            }
            if log.file.was_replaced(&self.path) {
                self.note_position(log)?;
                log.file = LogFile::open(&self.path)?;
            }
            log.append(&lines)?;
            self.stats.set_logged(log.written);
        }
        if self.stop.is_stopping() || self.clock.now().since(&log.noted_at) >= POSITION_PERIOD {
            self.note_position(log)?;
        }
        Ok(())
    }

    /// Opens the file and finds out how far it got.
    fn resume(&self) -> Result<OpenLog, LogError> {
        let noted = self.ask(LogPosition)?;
        let mut file = LogFile::open(&self.path)?;
        let written = loop {
            match file.last_line()? {
                LastLine::None => break noted,
                LastLine::Damaged { begins } => file.cut(begins)?,
                LastLine::Line { seq, text } => match self.ask(LineAt(seq))? {
                    Some(line) if line == text => break seq,
                    // Too old for the journal, but of its kind: nothing newer is in the file.
                    None if seq <= noted => break seq,
                    _ => {
                        // Of another journal, or changed by somebody: kept as it is, beside a new file.
                        self.move_aside()?;
                        file = LogFile::open(&self.path)?;
                    }
                },
            }
        };
        self.stats.set_logged(written);
        self.stats.set_logged_for_good(noted);
        Ok(OpenLog {
            file,
            written,
            noted,
            noted_at: self.clock.now(),
        })
    }

    fn move_aside(&self) -> io::Result<()> {
        let stamp = self.clock.now().wall.strftime("%Y%m%dT%H%M%SZ");
        let mut aside = self.path.with_added_extension(format!("foreign-{stamp}"));
        while aside.try_exists()? {
            aside.add_extension("again");
        }
        tracing::warn!(
            path = %self.path.display(),
            aside = %aside.display(),
            "the action log does not belong to this journal, it was moved aside"
        );
        fs::rename(&self.path, aside)
    }

    /// Tells the journal that everything up to here is in a file for good.
    fn note_position(&self, log: &mut OpenLog) -> Result<(), LogError> {
        if log.written > log.noted {
            log.file.file.sync_data()?;
            self.ask(NotePosition(log.written))?;
            log.noted = log.written;
            log.noted_at = self.clock.now();
            self.stats.set_logged_for_good(log.noted);
        }
        Ok(())
    }

    fn ask<O: Operation>(&self, operation: O) -> Result<O::Output, JournalError> {
        let (call, answer) = Call::new(operation, None);
        self.journal
            .send(Message::Log(call))
            .map_err(|_| JournalError::Closed)?;
        let (_, output) = answer.blocking_recv().map_err(|_| JournalError::Closed)??;
        Ok(output)
    }
}

/// The open file and how far it is.
struct OpenLog {
    file: LogFile,
    /// The last line in it.
    written: i64,
    /// The last line of which the journal knows that it is in a file for good.
    noted: i64,
    noted_at: Now,
}

impl OpenLog {
    /// Adds lines; either all of them or none.
    fn append(&mut self, lines: &[(i64, String)]) -> io::Result<()> {
        let Some((last, _)) = lines.last() else {
            return Ok(());
        };
        let mut text = String::with_capacity(lines.iter().map(|(_, line)| line.len() + 1).sum());
        for (_, line) in lines {
            text.push_str(line);
            text.push('\n');
        }
        let before = self.file.file.metadata()?.len();
        if let Err(error) = self.file.file.write_all(text.as_bytes()) {
            self.file.cut(before)?;
            return Err(error);
        }
        self.written = *last;
        Ok(())
    }
}

/// Reads the last line that is in a file for good.
struct LogPosition;

impl Operation for LogPosition {
    type Output = i64;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let position = tx
            .prepare("SELECT value FROM settings WHERE name = 'log_position'")?
            .query_row([], |row| row.get(0))?;
        Ok(position)
    }
}

struct NotePosition(i64);

impl Operation for NotePosition {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.execute(
            "UPDATE settings SET value = ?1 WHERE name = 'log_position'",
            params![self.0],
        )?;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
