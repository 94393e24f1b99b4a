//! Incidents as they are told: kept with how far each has got, read for the events that are about them, and written
//! together with the place in the events and with everything that was decided.

mod kept;
mod turn;
mod untold;
mod waiting;

use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::moment::timestamp;
use super::notifications::read_json;
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};
use crate::alert::Alert;
use crate::notify::brake::Brake;
use crate::notify::outbox::{
    Kept, Standing, Told, Turn, TurnKept, WaitingDigest, WaitingList, Wanted,
};

use self::kept::{KeptRow, ReadIncidents};
use self::turn::RecordTurn;
use self::untold::ReadUntold;
use self::waiting::{ReadDigest, ReadList};

impl Journal {
    /// How far the teller has come.
    pub async fn told(&self) -> Result<Told, JournalError> {
        let (_, told) = self.ask(ReadTold).await?;
        Ok(told)
    }

    /// Incidents that are kept.
    pub async fn incidents(&self, wanted: Wanted) -> Result<Vec<Kept>, JournalError> {
        let (_, rows) = self.ask(ReadIncidents(wanted)).await?;
        rows.iter().map(KeptRow::parse).collect()
    }

    /// What there is to be told next, besides events.
    pub async fn standing(&self) -> Result<Standing, JournalError> {
        let (_, standing) = self.ask(ReadStanding).await?;
        Ok(standing)
    }

    /// The brakes of all receivers.
    pub async fn brakes(&self) -> Result<Vec<(String, Brake)>, JournalError> {
        let (_, brakes) = self.ask(ReadBrakes).await?;
        Ok(brakes)
    }

    /// What waits in a list.
    pub async fn waiting_list(
        &self,
        receiver: String,
        list: String,
    ) -> Result<WaitingList, JournalError> {
        let (_, found) = self.ask(ReadList { receiver, list }).await?;
        let (list, only) = found;
        Ok(WaitingList {
            only: only.as_ref().map(KeptRow::parse).transpose()?.map(Box::new),
            ..list
        })
    }

    /// What waits for the digest, and what was given up since the delivery `undelivered`.
    pub async fn waiting_digest(
        &self,
        receiver: String,
        undelivered: i64,
    ) -> Result<WaitingDigest, JournalError> {
        let operation = ReadDigest {
            receiver,
            undelivered,
        };
        let (_, digest) = self.ask(operation).await?;
        Ok(digest)
    }

    /// Keeps one turn of the teller, all or nothing.
    pub async fn record_turn(&self, turn: Turn, at: Now) -> Result<TurnKept, JournalError> {
        let (_, kept) = self.ask(RecordTurn { turn, at }).await?;
        Ok(kept)
    }

    /// Alerts that began to fire while nobody could be told, so many at most; as the next to look at says.
    pub async fn untold(&self, from: i64, limit: u32) -> Result<Vec<(i64, Alert)>, JournalError> {
        let (_, untold) = self.ask(ReadUntold { from, limit }).await?;
        Ok(untold)
    }

    /// Nobody is told anything: everything up to now counts as looked at, but what fires then is told to the first who can
    /// be told.
    pub async fn skip_to_the_end(&self) -> Result<u64, JournalError> {
        let (_, told) = self.ask(SkipToTheEnd).await?;
        Ok(told)
    }
}

struct ReadTold;

impl Operation for ReadTold {
    type Output = Told;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare("SELECT value FROM settings WHERE name = ?1")?;
        let cursor: i64 = statement.query_row(["told"], |row| row.get(0))?;
        Ok(Told {
            cursor: u64::try_from(cursor).unwrap_or(0),
            untold: statement.query_row(["untold"], |row| row.get(0))?,
        })
    }
}

struct SkipToTheEnd;

impl Operation for SkipToTheEnd {
    type Output = u64;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let end = tx.state.chain.seq;
        set(tx, "untold", 1)?;
        tx.execute("DELETE FROM incident_alerts", [])?;
        tx.execute("DELETE FROM incidents", [])?;
        set(tx, "told", end)?;
        Ok(u64::try_from(end).unwrap_or(0))
    }
}

fn set(tx: &Transaction<'_>, name: &str, value: i64) -> Run<()> {
    tx.execute(
        "UPDATE settings SET value = ?2 WHERE name = ?1 AND value <> ?2",
        params![name, value],
    )?;
    Ok(())
}

struct ReadStanding;

impl Operation for ReadStanding {
    type Output = Standing;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let due: Option<i64> = tx
            .prepare("SELECT min(due) FROM incidents WHERE due IS NOT NULL")?
            .query_row([], |row| row.get(0))?;
        let undelivered = tx
            .prepare("SELECT ifnull(max(undelivered), 0) FROM deliveries")?
            .query_row([], |row| row.get(0))?;
        Ok(Standing {
            due: due.map(timestamp),
            undelivered,
        })
    }
}

struct ReadBrakes;

impl Operation for ReadBrakes {
    type Output = Vec<(String, Brake)>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare("SELECT receiver, brake FROM brakes")?;
        let mut rows = statement.query([])?;
        let mut brakes = Vec::new();
        while let Some(row) = rows.next()? {
            brakes.push((row.get(0)?, read_json(row, 1)?));
        }
        Ok(brakes)
    }
}
