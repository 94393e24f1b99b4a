//! What becomes of finished files: those that are too old or too many are removed, the others compressed.
//!
//! On a thread of its own, so that lines are never held up. Only files that the healer itself has finished are touched.
//! One that the journal may still need, because it has not been noted as written, stays.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, TryRecvError};
use std::time::Duration;

use jiff::SignedDuration;
use prunelle_foundation::clock::SharedClock;

use super::compressing::{CompressError, compress};
use super::options::{LogOptions, LogStep};
use super::part_name::{Form, PartName};
use super::position::NoteRemoved;
use super::removal::remove;
use super::{LogError, ask, parts};
use crate::causes::with_causes;
use crate::journal::JournalError;
use crate::journal::stats::JournalStats;
use crate::journal::writer::Message;

/// How often is looked when nothing was finished.
const PERIOD: Duration = Duration::from_mins(1);

/// The thread that looks after finished files.
pub(super) struct Housekeeping {
    pub(super) path: PathBuf,
    pub(super) options: LogOptions,
    pub(super) journal: Sender<Message>,
    /// Rung when a file is finished; ends with the log.
    pub(super) finished: Receiver<()>,
    pub(super) stats: Arc<JournalStats>,
    pub(super) clock: SharedClock,
}

#[derive(Debug, thiserror::Error)]
enum TidyError {
    #[error(transparent)]
    Log(#[from] LogError),
    #[error(transparent)]
    Compress(#[from] CompressError),
}

impl From<std::io::Error> for TidyError {
    fn from(error: std::io::Error) -> Self {
        Self::Log(error.into())
    }
}

impl Housekeeping {
    /// Looks after them until the log ends.
    pub(super) fn run(self) {
        let mut told = String::new();
        loop {
            match self.tidy() {
                Ok(()) => told.clear(),
                Err(
                    TidyError::Log(LogError::Journal(JournalError::Closed))
                    | TidyError::Compress(CompressError::Interrupted),
                ) => return,
                Err(error) => {
                    let error = with_causes(&error);
                    if error != told {
                        tracing::warn!(
                            path = %self.path.display(),
                            error,
                            "cannot look after the action log's finished files, nothing is lost, will try again"
                        );
                    }
                    told = error;
                }
            }
            match self.finished.recv_timeout(PERIOD) {
                Ok(()) | Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    }

    fn tidy(&self) -> Result<(), TidyError> {
        let mut failed: Option<CompressError> = None;
        let mut tried = BTreeSet::new();
        loop {
            // First, and again after each file: it makes room for the next, and more may have been finished meanwhile.
            self.remove_old()?;
            let mut plain = own(&self.path)?
                .into_iter()
                .filter(|(_, _, form)| self.options.is_compressed && *form == Form::Plain);
            let Some((path, name, _)) = plain.find(|(path, _, _)| tried.insert(path.clone()))
            else {
                return failed.map_or(Ok(()), |error| Err(error.into()));
            };
            match compress(&self.path, name, &self.options, &|| !self.is_ending()) {
                Ok(()) => {
                    tracing::debug!(path = %path.display(), "compressed");
                    // Where one fits, those that failed before may fit as well.
                    tried.clear();
                    failed = None;
                }
                Err(CompressError::Interrupted) => return Err(CompressError::Interrupted.into()),
                // One that cannot be compressed does not keep the others from it.
                Err(error) => failed = failed.or(Some(error)),
            }
        }
    }

    /// Removes what is too old or too much, the oldest first.
    fn remove_old(&self) -> Result<(), TidyError> {
        let parts = own(&self.path)?;
        let now = self.clock.now().wall;
        let keep = SignedDuration::try_from(self.options.keep).unwrap_or(SignedDuration::MAX);
        let too_many = match self.options.keep_files {
            0 => 0,
            most => parts.len().saturating_sub(most),
        };
        for (index, (path, name, _)) in parts.iter().enumerate() {
            let is_old = !keep.is_zero() && now.duration_since(name.rotated_at) >= keep;
            let is_noted =
                u64::try_from(name.last_seq).is_ok_and(|last| last <= self.stats.logged_for_good());
            if !is_noted || !(is_old || index < too_many) {
                // What is removed is always the beginning.
                break;
            }
            self.options.step(LogStep::NoteBeginning);
            ask(&self.journal, NoteRemoved(name.last_seq)).map_err(LogError::from)?;
            self.options.step(LogStep::RemoveOld);
            // A crash may have left it in other forms as well.
            let log_name = self.path.file_name().unwrap_or_default();
            for form in [Form::Unfinished, Form::Compressed] {
                let other = path.with_file_name(name.of(log_name, form));
                if *path != other && other.try_exists()? {
                    remove(&self.path, &other)?;
                }
            }
            remove(&self.path, path)?;
            tracing::info!(path = %path.display(), "removed, as the settings say");
        }
        Ok(())
    }

    fn is_ending(&self) -> bool {
        // A ring that is lost here is not missed: what was finished is seen by the next look.
        self.finished.try_recv() == Err(TryRecvError::Disconnected)
    }
}

/// The files that the healer has finished, from the oldest on.
fn own(log: &Path) -> std::io::Result<Vec<(PathBuf, PartName, Form)>> {
    let parts = parts::finished(log)?.into_iter();
    Ok(parts
        .filter_map(|part| part.name.map(|(name, form)| (part.path, name, form)))
        .collect())
}
