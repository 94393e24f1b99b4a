//! Finishing a file: it gets its last name, and the next one begins.
//!
//! Nothing is renamed before the journal knows, synced, that every line up to its last is in a file for good. So a
//! crash at any moment finds either the file under its first name, which tells how far it is, or none, and the journal
//! tells. What fails before the renaming leaves the file as it is, and lines go on into it.

use std::fs::File;
use std::io;
use std::path::Path;

use prunelle_foundation::clock::Now;
use rustix::fs::{CWD, RenameFlags, renameat_with};
use rustix::io::Errno;

use super::file::LogFile;
use super::open_log::OpenLog;
use super::options::LogStep;
use super::part_name::{Form, PartName};
use super::{ActionLog, LogError};

impl ActionLog {
    /// Whether the file is old enough to be finished.
    pub(super) fn is_old(&self, log: &OpenLog, now: &Now) -> bool {
        let Ok(most) = jiff::SignedDuration::try_from(self.options.max_age) else {
            return false;
        };
        let age = log.began.map(|began| now.wall.duration_since(began));
        log.length > 0 && !most.is_zero() && age.is_some_and(|age| age >= most)
    }

    /// Finishes the file and begins the next. False when it could not be renamed, and goes on.
    pub(super) fn rotate(&self, log: &mut OpenLog) -> Result<bool, LogError> {
        self.options.step(LogStep::Note);
        let renamed = self
            .note_position(log)
            .and_then(|()| Ok(self.rename(log.written)?));
        match renamed {
            Ok(()) => {}
            Err(error @ LogError::Journal(crate::journal::JournalError::Closed)) => {
                return Err(error);
            }
            Err(error) => {
                tracing::warn!(
                    path = %self.path.display(),
                    %error,
                    "cannot rotate the action log: it grows on, and this is tried again"
                );
                return Ok(false);
            }
        }
        self.options.step(LogStep::SyncFolder);
        sync_folder(&self.path)?;
        self.options.step(LogStep::Open);
        log.file = LogFile::open(&self.path)?;
        log.length = log.file.length()?;
        log.began = None;
        if let Some(finished) = &self.finished {
            // Full: it has been rung already.
            let _ = finished.try_send(());
        }
        Ok(true)
    }

    fn rename(&self, last_seq: i64) -> io::Result<()> {
        let name = PartName {
            rotated_at: self.clock.now().wall,
            last_seq,
        };
        let own_name = self.path.file_name().unwrap_or_default();
        let finished = self.path.with_file_name(name.of(own_name, Form::Plain));
        self.options.step(LogStep::Rename);
        match renameat_with(CWD, &self.path, CWD, &finished, RenameFlags::NOREPLACE) {
            // Some file systems cannot; nobody else makes such names.
            Err(Errno::INVAL | Errno::NOSYS) if !finished.try_exists()? => {
                std::fs::rename(&self.path, &finished)
            }
            result => Ok(result?),
        }
    }
}

/// New names in the folder of `path` outlive a power cut from now on.
pub(super) fn sync_folder(path: &Path) -> io::Result<()> {
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    File::open(folder)?.sync_all()
}
