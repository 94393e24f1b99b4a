//! The JSON action log: the journal's events as lines of a file, for `tail -f`, `jq` and log shippers.
//!
//! The file follows the journal and never the other way round. A thread writes lines after their commit. At a start
//! the file itself tells how far it got: damage at its end is cut off, and what is missing is written from the
//! journal, so that both are equal again. A full disk delays lines and loses none. A file that is large or old enough
//! is finished and followed by the next one; one that others renamed or deleted is opened anew. Finished files are
//! compressed and removed on a thread of their own. systemd's journal is told of each line once it is in the file.

pub(super) mod compressing;
mod file;
mod housekeeping;
mod journald;
mod open_log;
mod options;
mod part_name;
pub(super) mod parts;
mod position;
mod removal;
mod resuming;
mod rotating;
mod starting;

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, SyncSender};
use std::time::Duration;

use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Stop;

use self::file::LogFile;
use self::journald::Courier;
use self::open_log::{Disturbance, OpenLog};
pub use self::position::LogAnchor;
use self::position::NotePosition;
pub(super) use self::position::ReadAnchor;
use super::JournalError;
use super::events::LinesAfter;
use super::operation::{Call, Operation};
use super::stats::JournalStats;
use super::writer::Message;

pub use self::journald::{JOURNALD_SOCKET, goes_to_journald};
pub use self::options::{LogOptions, LogStep, Reopening, StepObserver};
pub(super) use self::starting::Start;

/// Lines read from the journal at once.
const BATCH: u32 = 500;
/// After a fault, the next try. Longer than the idle tick of the journal's thread, which must not be kept busy.
const RETRY: Duration = Duration::from_secs(3);
/// How often the journal is told how far the file certainly is.
const POSITION_PERIOD: Duration = Duration::from_secs(10);
/// After a rotation that failed, the next try.
const ROTATION_RETRY: Duration = Duration::from_mins(1);

/// The thread that writes the file.
struct ActionLog {
    path: PathBuf,
    options: LogOptions,
    journal: Sender<Message>,
    bell: Receiver<()>,
    /// Rung when a file is finished; none: nobody looks after finished files.
    finished: Option<SyncSender<()>>,
    /// Whoever tells systemd's journal.
    journald: Option<Courier>,
    stats: Arc<JournalStats>,
    clock: SharedClock,
    stop: Stop,
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
    fn run(self) {
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
                    // What is in the file is found out anew.
                    open = None;
                }
            }
            self.stats.set_log_writable(!is_failing);
            let wait = if is_failing { RETRY } else { POSITION_PERIOD };
            match self.bell.recv_timeout(wait) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    /// Writes every line that is committed and not in the file.
    fn catch_up(&self, open: &mut Option<OpenLog>) -> Result<(), LogError> {
        let is_wanted_anew = self.options.reopening.take();
        let log = match open {
            Some(log) => {
                self.look_at(log, is_wanted_anew)?;
                log
            }
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
            self.look_at(log, false)?;
            self.write(log, lines)?;
        }
        let now = self.clock.now();
        if self.is_old(log, &now) {
            self.rotate_unless_in_vain(log)?;
        }
        if self.stop.is_stopping() || now.since(&log.noted_at) >= POSITION_PERIOD {
            self.note_position(log)?;
        }
        Ok(())
    }

    /// Notices what others did to the file.
    fn look_at(&self, log: &mut OpenLog, is_wanted_anew: bool) -> Result<(), LogError> {
        let was_replaced = log.file.was_replaced(&self.path);
        if was_replaced || is_wanted_anew {
            self.note_position(log)?;
            log.file = LogFile::open(&self.path)?;
            log.began = log.file.began()?;
        }
        if was_replaced {
            log.length = log.file.length()?;
            tracing::info!(path = %self.path.display(), "the action log was renamed or removed, the next file begins");
        }
        let Some(disturbance) = log.disturbance()? else {
            return Ok(());
        };
        self.stats.count_log_disturbance();
        let path = self.path.display();
        match disturbance {
            Disturbance::Emptied => {
                tracing::warn!(%path, "the action log was emptied from outside, lines may be missing: logrotate's `copytruncate` is not supported, use `create` and a reload");
                log.length = 0;
                log.began = None;
            }
            Disturbance::Cut => {
                tracing::warn!(%path, "the action log was cut from outside, what is missing is written again");
                *log = self.resume()?;
            }
            Disturbance::Added => {
                tracing::warn!(%path, "somebody else wrote into the action log: `prunelle-healer journal verify` shows where");
                log.accept_addition()?;
            }
        }
        Ok(())
    }

    fn write(&self, log: &mut OpenLog, mut lines: Vec<(i64, String)>) -> Result<(), LogError> {
        let now = self.clock.now();
        while !lines.is_empty() {
            let mut fitting = log.room(&lines, self.options.max_bytes);
            if fitting == 0 && !self.rotate_unless_in_vain(log)? {
                fitting = lines.len();
            }
            let later = lines.split_off(fitting);
            log.append(&lines, &now)?;
            self.stats.set_logged(log.written);
            if let Some(journald) = &self.journald {
                journald.hand_over(lines);
            }
            lines = later;
        }
        Ok(())
    }

    /// Rotates, unless that failed a moment ago; whether it did.
    fn rotate_unless_in_vain(&self, log: &mut OpenLog) -> Result<bool, LogError> {
        let now = self.clock.now();
        let is_in_vain =
            |failed: &prunelle_foundation::clock::Now| now.since(failed) < ROTATION_RETRY;
        if log.rotation_failed.as_ref().is_some_and(is_in_vain) {
            return Ok(false);
        }
        let has_rotated = self.rotate(log)?;
        log.rotation_failed = (!has_rotated).then_some(now);
        Ok(has_rotated)
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
        ask(&self.journal, operation)
    }
}

/// Asks the journal's thread, from a thread of the log.
fn ask<O: Operation>(journal: &Sender<Message>, operation: O) -> Result<O::Output, JournalError> {
    let (call, answer) = Call::new(operation, None);
    journal
        .send(Message::Log(call))
        .map_err(|_| JournalError::Closed)?;
    let (_, output) = answer.blocking_recv().map_err(|_| JournalError::Closed)??;
    Ok(output)
}

#[cfg(test)]
mod tests;
