//! Opening the journal: the folder, the lock, the reserve, the database, in this order; every fault by name, with
//! what to do about it. Nothing that exists is ever overwritten.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use prunelle_foundation::clock::{Clock, Now};
use rusqlite::{Connection, ErrorCode, OptionalExtension as _, params};

use super::action_log::LogOptions;
use super::boots::SeenBoots;
use super::error::OpenError;
use super::events::Chain;
use super::lock::{LockError, StoreLock, open_private};
use super::moment;
use super::operation::State;
use super::reserve::Reserve;
use super::schema::{self, MIGRATIONS, SchemaError};
use super::seal::from_hex;
use super::stats::CommitObserver;

/// Where and how the journal is kept.
#[derive(Clone)]
pub struct JournalOptions {
    /// The folder, which must exist.
    pub path: PathBuf,
    /// Space held back for a full disk; zero for none.
    pub reserve_bytes: u64,
    /// The JSON action log; none writes none.
    pub action_log: Option<PathBuf>,
    /// How the action log's files follow each other, and who else is told.
    pub log: LogOptions,
    /// How long ended things are kept.
    pub retention: Duration,
    /// Told how long each commit took.
    pub on_commit: Option<CommitObserver>,
}

/// How long ended things are kept.
pub const RETENTION: Duration = Duration::from_hours(90 * 24);

impl JournalOptions {
    /// A journal in a folder: 64 MiB reserve, 90 days, no action log.
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            reserve_bytes: 64 << 20,
            action_log: None,
            log: LogOptions::default(),
            retention: RETENTION,
            on_commit: None,
        }
    }
}

impl std::fmt::Debug for JournalOptions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("JournalOptions")
            .field("path", &self.path)
            .field("reserve_bytes", &self.reserve_bytes)
            .field("action_log", &self.action_log)
            .field("log", &self.log)
            .field("retention", &self.retention)
            .finish_non_exhaustive()
    }
}

/// Everything that the journal's thread owns.
pub(super) struct Store {
    pub(super) conn: Connection,
    pub(super) reserve: Reserve,
    pub(super) state: State,
    /// The row of this run in `starts`; none when the disk was full.
    pub(super) start: Option<i64>,
    /// The boots of this machine.
    pub(super) boots: SeenBoots,
    /// Held until the store is closed.
    pub(super) _lock: StoreLock,
}

/// SQLite's own memory for pages, in KiB.
const PAGE_CACHE_KIB: i64 = 2048;
/// Larger databases are not read through at start.
const CHECKED_UP_TO: u64 = 256 << 20;

/// Opens the store in `folder`.
pub(super) fn open(options: &JournalOptions, clock: &dyn Clock) -> Result<Store, OpenError> {
    let folder = &options.path;
    check_folder(folder)?;
    let lock = take_lock(folder)?;
    let reserve_path = folder.join("reserve");
    let mut reserve = Reserve::open(&reserve_path, options.reserve_bytes)
        .map_err(|error| io_error(&reserve_path, error))?;
    let path = folder.join("journal.db");
    let conn = loop {
        match open_database(&path) {
            Err(OpenError::Full { .. }) if reserve.give_up_slice() => {}
            other => break other?,
        }
    };
    let now = clock.now();
    let boots = SeenBoots::read(&conn, &now).map_err(|error| sql_error(&path, error))?;
    let start = loop {
        match record_start(&conn, &now) {
            Ok(number) => break Some(number),
            Err(error) if is_full(&error) && reserve.give_up_slice() => {}
            // It starts all the same: it answers 503 and says why, until there is space again.
            Err(error) if is_full(&error) => break None,
            Err(error) => return Err(sql_error(&path, error)),
        }
    };
    hold_back(&mut reserve, &reserve_path);
    let state = read_state(&conn).map_err(|error| sql_error(&path, error))?;
    Ok(Store {
        conn,
        reserve,
        state,
        start,
        boots,
        _lock: lock,
    })
}

/// Says so when less can be held back than is wanted: the day the disk is full is too late to learn it.
fn hold_back(reserve: &mut Reserve, path: &Path) {
    if let Err(error) = reserve.refill() {
        tracing::warn!(%error, path = %path.display(), "cannot hold space back for a full disk");
    } else if reserve.is_short() {
        tracing::warn!(
            held = reserve.held(),
            wanted = reserve.wanted(),
            path = %path.display(),
            "too little is free to hold space back for a full disk: make room (twice what is wanted), or ask for less by `--storage.reserve`"
        );
    }
}

fn check_folder(folder: &Path) -> Result<(), OpenError> {
    match fs::metadata(folder) {
        Ok(metadata) if metadata.is_dir() => Ok(()),
        Ok(_) => Err(OpenError::NotAFolder {
            path: folder.to_owned(),
        }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Err(OpenError::MissingFolder {
            path: folder.to_owned(),
        }),
        Err(error) => Err(io_error(folder, error)),
    }
}

fn take_lock(folder: &Path) -> Result<StoreLock, OpenError> {
    let path = folder.join("healer.lock");
    StoreLock::take(&path).map_err(|error| match error {
        LockError::Held(pid) => OpenError::Locked {
            path: folder.to_owned(),
            pid,
        },
        LockError::Io(error) => io_error(&path, error),
    })
}

fn open_database(path: &Path) -> Result<Connection, OpenError> {
    let sql = |error| sql_error(path, error);
    // Made here for its mode, which the files beside it inherit: alerts may tell what others should not read.
    let file = open_private(path)
        .and_then(|file| file.metadata())
        .map_err(|error| io_error(path, error))?;
    let is_small = file.len() <= CHECKED_UP_TO;
    let mut conn = Connection::open(path).map_err(sql)?;
    conn.busy_timeout(Duration::from_secs(1)).map_err(sql)?;
    conn.set_prepared_statement_cache_capacity(64);
    // Looked at before anything is written, `journal_mode` included.
    if is_small {
        check_integrity(&conn, path)?;
    }
    schema::check(&conn, MIGRATIONS.len()).map_err(|error| schema_error(path, error))?;
    configure(&conn).map_err(sql)?;
    schema::migrate(&mut conn, path, MIGRATIONS).map_err(|error| schema_error(path, error))?;
    schema::sync_folder(path).map_err(|error| io_error(path, error))?;
    Ok(conn)
}

fn check_integrity(conn: &Connection, path: &Path) -> Result<(), OpenError> {
    let verdict: String = conn
        .query_row("PRAGMA quick_check(1)", [], |row| row.get(0))
        .map_err(|error| sql_error(path, error))?;
    if verdict == "ok" {
        Ok(())
    } else {
        Err(OpenError::Corrupt {
            path: path.to_owned(),
            problem: verdict,
        })
    }
}

fn configure(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0))?;
    conn.pragma_update(None, "synchronous", "FULL")?;
    conn.pragma_update(None, "foreign_keys", true)?;
    // Savepoints and sorting must not need the disk beyond the journal's own files.
    conn.pragma_update(None, "temp_store", "MEMORY")?;
    conn.pragma_update(None, "cache_size", -PAGE_CACHE_KIB)?;
    // After a burst the log is cut back to this.
    conn.pragma_update_and_check(None, "journal_size_limit", 8 << 20, |_| Ok(()))?;
    Ok(())
}

/// Notes that this run began; a run before it that never ended makes it an unclean start.
fn record_start(conn: &Connection, now: &Now) -> rusqlite::Result<i64> {
    conn.execute(
        "INSERT INTO starts (is_unclean, at_wall, at_boot, at_boot_id)
         VALUES (ifnull((SELECT stopped IS NULL FROM starts ORDER BY number DESC LIMIT 1), 0), ?1, ?2, ?3)",
        params![moment::wall(now), moment::boot(now), now.boot_id.as_str()],
    )?;
    Ok(conn.last_insert_rowid())
}

fn read_state(conn: &Connection) -> rusqlite::Result<State> {
    let chain = conn
        .query_row(
            "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1",
            [],
            |row| {
                let hash = row.get_ref(1)?.as_str()?;
                Ok(Chain {
                    seq: row.get(0)?,
                    hash: from_hex(hash).unwrap_or_default(),
                })
            },
        )
        .optional()?
        .unwrap_or_default();
    let heard = conn.query_row("SELECT ifnull(max(heard), 0) FROM alerts", [], |row| {
        row.get(0)
    })?;
    Ok(State { chain, heard })
}

/// Whether the file system has no space left, as far as SQLite can tell. Its index of the log, which it makes anew at
/// every start, has a code of its own for that.
pub(super) fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error().is_some_and(|error| {
        error.code == ErrorCode::DiskFull
            || error.extended_code == rusqlite::ffi::SQLITE_IOERR_SHMSIZE
    })
}

pub(super) fn io_error(path: &Path, error: io::Error) -> OpenError {
    let path = path.to_owned();
    match error.kind() {
        io::ErrorKind::PermissionDenied => OpenError::Permission { path },
        io::ErrorKind::ReadOnlyFilesystem => OpenError::ReadOnly { path },
        io::ErrorKind::StorageFull => OpenError::Full { path },
        _ => OpenError::Io {
            path,
            source: error,
        },
    }
}

pub(super) fn schema_error(path: &Path, error: SchemaError) -> OpenError {
    match error {
        SchemaError::Newer { found, known } => OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        },
        SchemaError::Foreign => OpenError::Foreign {
            path: path.to_owned(),
        },
        SchemaError::Backup { path, why } => OpenError::Backup { path, problem: why },
        SchemaError::Sql(error) => sql_error(path, error),
    }
}

pub(super) fn sql_error(path: &Path, error: rusqlite::Error) -> OpenError {
    let path = path.to_owned();
    if is_full(&error) {
        return OpenError::Full { path };
    }
    match error.sqlite_error_code() {
        Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Corrupt {
            path,
            problem: error.to_string(),
        },
        Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => OpenError::InUse { path },
        Some(ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied) => {
            OpenError::Permission { path }
        }
        _ => OpenError::Sql {
            path,
            source: error,
        },
    }
}

#[cfg(test)]
mod tests;
