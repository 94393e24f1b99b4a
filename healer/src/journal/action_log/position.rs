//! What the journal keeps of its log: how far the files certainly are, and from where on they are kept. Whoever checks the
//! files is told it as an anchor outside them.

use std::path::Path;

use rusqlite::{Connection, OpenFlags, OptionalExtension as _, params};
use serde::{Deserialize, Serialize};

use crate::journal::operation::{Operation, Run, Transaction};

const LAST: &str = "log_position";
const REMOVED: &str = "log_removed";

/// Reads the last line that is in a file for good.
pub(super) struct LogPosition;

impl Operation for LogPosition {
    type Output = i64;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        Ok(read(tx, LAST)?.unwrap_or_default())
    }
}

/// Every line up to this one is in a file for good.
pub(super) struct NotePosition(pub(super) i64);

impl Operation for NotePosition {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        write(tx, LAST, self.0)
    }
}

/// Every line up to this one is about to be removed, because it is too old.
pub(super) struct NoteRemoved(pub(super) i64);

impl Operation for NoteRemoved {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        write(tx, REMOVED, self.0)
    }
}

/// What the journal says of the log's ends, for whoever checks it.
pub(in crate::journal) struct ReadAnchor;

impl Operation for ReadAnchor {
    type Output = LogAnchor;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        Ok(LogAnchor::read(tx.conn)?)
    }
}

/// What the journal knows of its log, outside the log's files.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LogAnchor {
    /// Number of the last event; 0 before the first.
    pub sequence: u64,
    /// The hash of its line.
    pub hash: Option<String>,
    /// Number of the last line that must be in a file.
    pub logged: u64,
    /// Every line up to this one was removed by the healer, because it was too old.
    pub removed: u64,
}

impl LogAnchor {
    /// Reads it from a journal that no daemon has open, without changing anything.
    pub fn of_folder(folder: &Path) -> rusqlite::Result<Self> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::read(&Connection::open_with_flags(
            folder.join("journal.db"),
            flags,
        )?)
    }

    fn read(conn: &Connection) -> rusqlite::Result<Self> {
        let last = conn
            .query_row(
                "SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1",
                [],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        let (sequence, hash): (i64, _) = last.map_or((0, None), |(seq, hash)| (seq, Some(hash)));
        let sequence = u64::try_from(sequence).unwrap_or(0);
        let removed = value(conn, REMOVED)?.unwrap_or(0);
        Ok(Self {
            sequence,
            hash,
            logged: sequence,
            removed: u64::try_from(removed).unwrap_or(0),
        })
    }
}

fn read(tx: &Transaction<'_>, name: &str) -> Run<Option<i64>> {
    Ok(value(tx.conn, name)?)
}

fn value(conn: &Connection, name: &str) -> rusqlite::Result<Option<i64>> {
    let value = conn
        .prepare_cached("SELECT value FROM settings WHERE name = ?1")?
        .query_row([name], |row| row.get(0))
        .optional()?;
    Ok(value)
}

/// Neither ever goes back.
fn write(tx: &Transaction<'_>, name: &str, value: i64) -> Run<()> {
    tx.execute(
        "INSERT INTO settings (name, value) VALUES (?1, ?2)
         ON CONFLICT (name) DO UPDATE SET value = max(value, excluded.value)",
        params![name, value],
    )?;
    Ok(())
}
