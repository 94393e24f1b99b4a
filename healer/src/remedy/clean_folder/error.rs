//! Why nothing was removed, and which of the closed reasons that is.

use std::fmt;
use std::path::PathBuf;

use rustix::io::Errno;

use super::skip::Skipped;
use crate::reason::Reason;
use crate::target::Target;

/// Why nothing was removed.
#[derive(Debug, thiserror::Error)]
pub enum CleanFolderError {
    /// No folder that may be cleaned.
    #[error("refusing to clean {}: {why}", folder.display())]
    Refused {
        /// The folder.
        folder: PathBuf,
        /// Why.
        why: &'static str,
    },
    /// The folder cannot be opened or listed.
    #[error("cannot open the folder {}", folder.display())]
    Open {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: Errno,
    },
    /// The space or the mount of the folder cannot be told.
    #[error("cannot read the free space of {}", folder.display())]
    Space {
        /// The folder.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// No file system is mounted there.
    #[error("no file system is mounted at {}", .0.display())]
    NotMounted(PathBuf),
    /// The folder lies on another file system than the one that is full.
    #[error("{} is not on the file system of {}: cleaning it would free nothing there", folder.display(), mount.display())]
    OtherFileSystem {
        /// The folder.
        folder: PathBuf,
        /// The mount point of the file system.
        mount: PathBuf,
    },
    /// What was committed is about something else.
    #[error("the journal's intent is about {intended}, not about {}", folder.display())]
    OtherTarget {
        /// The folder of the job.
        folder: PathBuf,
        /// The target of the intent.
        intended: Target,
    },
    /// As much is free as is aimed for.
    #[error("{} of the file system of {} is free already", .free_ratio, folder.display())]
    EnoughFree {
        /// The folder.
        folder: PathBuf,
        /// Free now, in percent.
        free_ratio: Percent,
    },
    /// Nothing is old enough, or all that is must stay.
    #[error("nothing to clean in {}: {}", folder.display(), SkippedText(skipped))]
    NothingToClean {
        /// The folder.
        folder: PathBuf,
        /// What is there, by the reason why it stays.
        skipped: Skipped,
    },
}

/// A share of the file system, printed in percent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub(super) f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.1}%", self.0 * 100.0)
    }
}

impl CleanFolderError {
    /// The reason as metrics and log have it.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Refused { .. } => Reason::Protected,
            Self::Open { source, .. } if matches!(*source, Errno::ACCESS | Errno::PERM) => {
                Reason::NotPermitted
            }
            Self::Open { .. }
            | Self::Space { .. }
            | Self::NotMounted(_)
            | Self::OtherTarget { .. } => Reason::RemedyFailed,
            Self::EnoughFree { .. } => Reason::RecoveredByItself,
            Self::NothingToClean { .. } | Self::OtherFileSystem { .. } => Reason::NothingToClean,
        }
    }
}

struct SkippedText<'a>(&'a Skipped);

impl fmt::Display for SkippedText<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut is_first = true;
        for (reason, count) in self.0.iter() {
            write!(
                f,
                "{}{count} {}",
                if is_first { "" } else { ", " },
                reason.as_str()
            )?;
            is_first = false;
        }
        if is_first {
            f.write_str("it is empty")?;
        }
        Ok(())
    }
}
