//! The schema's versions and the way from one to the next.
//!
//! `user_version` counts the migrations that were applied. They run forward only, all in one transaction, after the
//! database was copied aside; a database from a newer version is refused, and so is one that is not ours.

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use rusqlite::backup::Progress;
use rusqlite::{Connection, MAIN_DB};

/// Each brings the schema from its index to the next version.
pub(super) const MIGRATIONS: &[&str] = &[
    include_str!("schema/1.sql"),
    include_str!("schema/2.sql"),
    include_str!("schema/3.sql"),
    include_str!("schema/4.sql"),
    include_str!("schema/5.sql"),
    include_str!("schema/6.sql"),
];

/// "PRUN": tells our databases from others.
const APPLICATION_ID: i32 = 0x5052_554e;

/// Why the schema is not as it must be.
#[derive(Debug)]
pub(super) enum SchemaError {
    /// Written by a newer version.
    Newer { found: usize, known: usize },
    /// Some other program's database.
    Foreign,
    /// The copy before a migration could not be made.
    Backup { path: PathBuf, why: String },
    /// SQLite's own.
    Sql(rusqlite::Error),
}

impl From<rusqlite::Error> for SchemaError {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sql(error)
    }
}

/// Refuses a database that is not ours or newer than `known`; writes nothing.
pub(super) fn check(conn: &Connection, known: usize) -> Result<(), SchemaError> {
    let found = version(conn)?;
    check_origin(conn, found)?;
    if found > known {
        return Err(SchemaError::Newer { found, known });
    }
    Ok(())
}

/// Brings the checked database at `path` to the newest version.
pub(super) fn migrate(
    conn: &mut Connection,
    path: &Path,
    migrations: &[&str],
) -> Result<(), SchemaError> {
    let version = version(conn)?;
    let pending = migrations.get(version..).unwrap_or_default();
    if pending.is_empty() {
        return Ok(());
    }
    if version > 0 {
        back_up(conn, path, version)?;
    }
    let tx = conn.transaction()?;
    for migration in pending {
        tx.execute_batch(migration)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID)?;
    tx.pragma_update(
        None,
        "user_version",
        i64::try_from(migrations.len()).unwrap_or(i64::MAX),
    )?;
    tx.commit()?;
    if version > 0 {
        tracing::info!(from = version, to = migrations.len(), "journal migrated");
    }
    Ok(())
}

fn version(conn: &Connection) -> Result<usize, SchemaError> {
    let version: i64 = conn.pragma_query_value(None, "user_version", |row| row.get(0))?;
    usize::try_from(version).map_err(|_| SchemaError::Foreign)
}

fn check_origin(conn: &Connection, version: usize) -> Result<(), SchemaError> {
    let application: i32 = conn.pragma_query_value(None, "application_id", |row| row.get(0))?;
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let is_new = version == 0 && application == 0 && tables == 0;
    if is_new || application == APPLICATION_ID {
        Ok(())
    } else {
        Err(SchemaError::Foreign)
    }
}

/// Where the copy of a version goes: `journal.db.v1.backup`.
pub(super) fn backup_path(path: &Path, version: usize) -> PathBuf {
    path.with_added_extension(format!("v{version}.backup"))
}

/// A complete copy appears under its name at once or not at all.
fn back_up(conn: &Connection, path: &Path, version: usize) -> Result<(), SchemaError> {
    let backup = backup_path(path, version);
    let unfinished = backup.with_added_extension("unfinished");
    let failed = |why: String| SchemaError::Backup {
        path: backup.clone(),
        why,
    };
    // An unfinished copy of an earlier try must not be added to.
    OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .map_err(|error| failed(error.to_string()))?;
    conn.backup(MAIN_DB, &unfinished, None::<fn(Progress)>)
        .map_err(|error| failed(error.to_string()))?;
    let finish = || -> std::io::Result<()> {
        File::open(&unfinished)?.sync_all()?;
        std::fs::rename(&unfinished, &backup)?;
        sync_folder(path)
    };
    finish().map_err(|error| failed(error.to_string()))
}

/// Makes new names in the folder of `path` durable.
pub(super) fn sync_folder(path: &Path) -> std::io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests;
