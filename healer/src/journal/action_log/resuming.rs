//! The beginning: which lines are in the files already.
//!
//! The file itself tells. When it is empty, another program may have renamed it a moment before the end: then the newest
//! of the finished files tells, as far as the journal agrees with it.

use std::fs;
use std::io;

use super::file::{LastLine, LogFile};
use super::open_log::OpenLog;
use super::position::LogPosition;
use super::{ActionLog, LogError, parts};
use crate::journal::events::LineAt;

impl ActionLog {
    /// Opens the file and finds out how far it got.
    pub(super) fn resume(&self) -> Result<OpenLog, LogError> {
        let noted = self.ask(LogPosition)?;
        let mut file = LogFile::open(&self.path)?;
        let written = loop {
            match file.last_line()? {
                LastLine::None => break self.written_before(noted)?,
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
            length: file.length()?,
            began: file.began()?,
            file,
            written,
            noted,
            noted_at: self.clock.now(),
            rotation_failed: None,
        })
    }

    /// How far the finished files are, when there is nothing in the file itself.
    fn written_before(&self, noted: i64) -> Result<i64, LogError> {
        // One that the healer has finished was noted first.
        let newest = parts::finished(&self.path)?.pop();
        let Some(newest) = newest.filter(|part| part.name.is_none()) else {
            return Ok(noted);
        };
        let last = match parts::last_sealed_line(&newest.path) {
            Ok(last) => last,
            Err(error) => {
                tracing::warn!(path = %newest.path.display(), %error, "cannot read how far it is");
                None
            }
        };
        match last {
            Some((seq, text)) if seq > noted && self.ask(LineAt(seq))?.as_ref() == Some(&text) => {
                fs::File::open(&newest.path)?.sync_all()?;
                Ok(seq)
            }
            _ => Ok(noted),
        }
    }

    fn move_aside(&self) -> io::Result<()> {
        let stamp = self.clock.now().wall.strftime("%Y%m%dT%H%M%SZ");
        let mut aside = self
            .path
            .with_added_extension(format!("{}{stamp}", parts::ASIDE));
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
}
