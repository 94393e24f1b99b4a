//! Reading the events of a journal that no daemon has open. Nothing is written, and no lock is taken: a daemon that is
//! started meanwhile is not held up.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::Event;
use super::error::OpenError;
use super::open::{io_error, schema_error, sql_error};
use super::schema::{self, MIGRATIONS};

/// An open journal.
#[derive(Debug)]
pub struct Reader {
    conn: Connection,
    path: PathBuf,
}

impl Reader {
    /// Opens the journal of a folder.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let path = folder.join("journal.db");
        // SQLite says of all that goes wrong with a file that it cannot open it.
        fs::File::open(&path).map_err(|error| io_error(&path, error))?;
        let sql = |error| sql_error(&path, error);
        let conn =
            Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY).map_err(sql)?;
        conn.busy_timeout(Duration::from_secs(1)).map_err(sql)?;
        schema::check(&conn, MIGRATIONS.len()).map_err(|error| schema_error(&path, error))?;
        Ok(Self { conn, path })
    }

    /// The number of the last event; 0 when there is none.
    pub fn sequence(&self) -> Result<u64, OpenError> {
        self.conn
            .query_row("SELECT ifnull(max(seq), 0) FROM events", [], |row| {
                row.get::<_, i64>(0)
            })
            .map(|seq| u64::try_from(seq).unwrap_or(0))
            .map_err(|error| sql_error(&self.path, error))
    }

    /// Events after one, in their order.
    pub fn events_after(&self, seq: u64, limit: u32) -> Result<Vec<Event>, OpenError> {
        let lines = || -> rusqlite::Result<Vec<String>> {
            let mut statement = self
                .conn
                .prepare_cached("SELECT line FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
            let after = i64::try_from(seq).unwrap_or(i64::MAX);
            statement
                .query_map((after, limit), |row| row.get(0))?
                .collect()
        };
        lines()
            .map_err(|error| sql_error(&self.path, error))?
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error: serde_json::Error| OpenError::Corrupt {
                path: self.path.clone(),
                problem: error.to_string(),
            })
    }
}
