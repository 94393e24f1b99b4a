//! Which remedies a policy may name, with their settings. How they work stands in the module `remedy` of the crate.

use std::time::Duration;

/// A remedy and its settings.
#[derive(Clone, Debug, PartialEq)]
pub enum RemedySpec {
    /// Start a dead unit, restart a live one.
    RestartService,
    /// Remove what is old in a folder.
    CleanFolder(CleanFolder),
}

impl RemedySpec {
    /// Which remedy it is.
    pub const fn kind(&self) -> RemedyKind {
        match self {
            Self::RestartService => RemedyKind::RestartService,
            Self::CleanFolder(_) => RemedyKind::CleanFolder,
        }
    }
}

/// The remedies there are, without their settings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum RemedyKind {
    /// Start a dead unit, restart a live one.
    RestartService,
    /// Remove what is old in a folder.
    CleanFolder,
}

impl RemedyKind {
    /// All remedies.
    pub const ALL: [Self; 2] = [Self::RestartService, Self::CleanFolder];

    /// The remedy as in the policy, the journal and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::RestartService => "restart_service",
            Self::CleanFolder => "clean_folder",
        }
    }

    /// The remedy of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == name)
    }
}

/// Settings of `clean_folder`.
#[derive(Clone, Debug, PartialEq)]
pub struct CleanFolder {
    /// Only what no time stamp is younger than.
    pub older_than: Duration,
    /// Stop when this much of the file system is free (0–1).
    pub stop_at_free: f64,
    /// Stop after this many bytes.
    pub max_bytes: u64,
    /// Stop after this many files.
    pub max_files: u64,
}
