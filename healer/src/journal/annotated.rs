//! How far the ends of remediations have been annotated in Grafana. What ended before annotations were first asked for is
//! not.

use rusqlite::{OptionalExtension as _, params};

use super::events::Event;
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};

const NAME: &str = "annotated";

impl Journal {
    /// The last event that was annotated, or needs no annotation.
    pub async fn annotated(&self) -> Result<u64, JournalError> {
        let (_, seq) = self.ask(Annotated).await?;
        Ok(u64::try_from(seq).unwrap_or(0))
    }

    /// The next ends of remediations, the oldest first.
    pub async fn outcomes_after(&self, seq: u64, limit: u32) -> Result<Vec<Event>, JournalError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        let (_, lines) = self.ask(OutcomesAfter { seq, limit }).await?;
        lines
            .iter()
            .map(|line| serde_json::from_str(line))
            .collect::<Result<_, _>>()
            .map_err(|error| JournalError::Refused(error.to_string()))
    }

    /// Up to there nothing is left to annotate.
    pub async fn set_annotated(&self, seq: u64) -> Result<(), JournalError> {
        let seq = i64::try_from(seq).unwrap_or(i64::MAX);
        self.ask(SetAnnotated(seq)).await.map(|_| ())
    }
}

struct Annotated;

impl Operation for Annotated {
    type Output = i64;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let known = tx
            .prepare("SELECT value FROM settings WHERE name = ?1")?
            .query_row(params![NAME], |row| row.get(0))
            .optional()?;
        if let Some(seq) = known {
            return Ok(seq);
        }
        let last: i64 = tx
            .prepare("SELECT ifnull(max(seq), 0) FROM events")?
            .query_row(params![], |row| row.get(0))?;
        tx.execute("INSERT INTO settings VALUES (?1, ?2)", params![NAME, last])?;
        Ok(last)
    }
}

struct SetAnnotated(i64);

impl Operation for SetAnnotated {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.execute(
            "UPDATE settings SET value = ?2 WHERE name = ?1",
            params![NAME, self.0],
        )?;
        Ok(())
    }
}

struct OutcomesAfter {
    seq: i64,
    limit: u32,
}

impl Operation for OutcomesAfter {
    type Output = Vec<String>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare(
            "SELECT line FROM events WHERE seq > ?1 AND event_type = 'outcome' ORDER BY seq LIMIT ?2",
        )?;
        let lines = statement
            .query_map(params![self.seq, self.limit], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(lines)
    }
}
