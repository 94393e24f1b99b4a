//! What can go wrong with the journal, each with what to do about it.

use std::io;
use std::path::PathBuf;

/// What went wrong in keeping or reading the journal.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// The file system is full, the reserve used up, or the disk fails: answer 503, start nothing.
    #[error("cannot write the journal: {0}")]
    Unwritable(String),
    /// The queue is over its high-water mark: answer 503.
    #[error("the journal's queue is full")]
    Busy,
    /// This one request contradicts what the journal holds; nothing of it was kept.
    #[error("the journal refuses this: {0}")]
    Refused(String),
    /// The journal could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The journal's thread has ended.
    #[error("the journal is closed")]
    Closed,
}

/// Why the journal could not be opened, and what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder is missing.
    #[error(
        "`{path}` does not exist\n  hint: create it, owned by the user that runs prunelle-healer, or set --storage.path"
    )]
    MissingFolder {
        /// The folder.
        path: PathBuf,
    },
    /// Something else has its name.
    #[error("`{path}` is not a folder\n  hint: set --storage.path to a folder")]
    NotAFolder {
        /// What should be a folder.
        path: PathBuf,
    },
    /// The user lacks rights.
    #[error(
        "no permission to write `{path}`\n  hint: it must belong to the user that runs prunelle-healer"
    )]
    Permission {
        /// The file or folder.
        path: PathBuf,
    },
    /// The file system is mounted read-only.
    #[error(
        "`{path}` is on a read-only file system\n  hint: mount it read-write, or set --storage.path elsewhere; under systemd see ReadWritePaths="
    )]
    ReadOnly {
        /// The file or folder.
        path: PathBuf,
    },
    /// A healer runs on the same folder.
    #[error("another prunelle-healer uses `{path}`{}\n  hint: stop it first, or give this one a --storage.path of its own", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default())]
    Locked {
        /// The folder.
        path: PathBuf,
        /// The other's pid, when it is known.
        pid: Option<u32>,
    },
    /// Another program has the database open and locked.
    #[error(
        "`{path}` is locked by another program\n  hint: end what has it open; `fuser {path}` names it"
    )]
    InUse {
        /// The database.
        path: PathBuf,
    },
    /// A newer version wrote it.
    #[error(
        "`{path}` was written by a newer prunelle-healer (schema {found}, this one knows {known})\n  hint: install that version again; an older state may lie beside it as `*.backup`"
    )]
    Newer {
        /// The database.
        path: PathBuf,
        /// Its version.
        found: usize,
        /// The newest version known here.
        known: usize,
    },
    /// Not ours.
    #[error(
        "`{path}` is not a journal of prunelle-healer\n  hint: nothing was changed; move it away, or set --storage.path elsewhere"
    )]
    Foreign {
        /// The database.
        path: PathBuf,
    },
    /// Damaged.
    #[error(
        "`{path}` is damaged: {problem}\n  hint: nothing was changed; stop the healer, move journal.db* away and restore a backup, or start anew: budgets, cooldowns, quarantines and pauses are then forgotten, so check what is broken before"
    )]
    Corrupt {
        /// The database.
        path: PathBuf,
        /// What SQLite says.
        problem: String,
    },
    /// No space for it, and no reserve left.
    #[error("no space left for `{path}`\n  hint: free some space on its file system")]
    Full {
        /// The database.
        path: PathBuf,
    },
    /// The copy before a migration could not be made.
    #[error(
        "cannot copy the journal to `{path}` before its migration: {problem}\n  hint: make space for the copy; nothing was changed"
    )]
    Backup {
        /// The copy.
        path: PathBuf,
        /// What went wrong.
        problem: String,
    },
    /// Some other fault of the system.
    #[error("cannot open `{path}`")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// The fault.
        #[source]
        source: io::Error,
    },
    /// Some other fault of the database.
    #[error("cannot open `{path}`")]
    Sql {
        /// The database.
        path: PathBuf,
        /// The fault.
        #[source]
        source: rusqlite::Error,
    },
}
