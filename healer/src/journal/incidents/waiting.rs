//! What waits for a list or a digest: rows that the brake held back, counted and shown, and moved along.

use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::super::moment::{timestamp, wall};
use super::super::notifications::read_json;
use super::super::operation::{Operation, Run, Transaction};
use super::kept::{KeptRow, incident};
use crate::incident::{IncidentId, Severity};
use crate::notify::message::HeldWhy;
use crate::notify::outbox::{Goes, Waiting, WaitingDigest, WaitingList};

/// Lines that a list or a digest shows.
const SHOWN: u32 = 30;

/// Reads what waits in a list; with the incident, when there is one only.
pub(super) struct ReadList {
    pub(super) receiver: String,
    pub(super) list: String,
}

impl Operation for ReadList {
    type Output = (WaitingList, Option<KeptRow>);
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let of = params![self.receiver, self.list];
        let (total, worst, last, key): (i64, i64, i64, Option<String>) = tx
            .prepare(
                "SELECT count(*), ifnull(max(severity), 0), ifnull(max(number), 0), min(key)
                 FROM held WHERE receiver = ?1 AND list = ?2",
            )?
            .query_row(of, |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?))
            })?;
        let mut statement = tx.prepare(
            "SELECT line FROM held WHERE receiver = ?1 AND list = ?2 ORDER BY number LIMIT ?3",
        )?;
        let mut rows = statement.query(params![self.receiver, self.list, SHOWN])?;
        let mut lines = Vec::new();
        while let Some(row) = rows.next()? {
            lines.push(read_json(row, 0)?);
        }
        let only = match key {
            Some(key) if total == 1 => incident(tx, &key)?,
            _ => None,
        };
        let waiting = WaitingList {
            total: u64::try_from(total).unwrap_or(0),
            severity: severity(worst),
            lines,
            only: None,
            last,
        };
        Ok((waiting, only))
    }
}

/// Reads what waits for the digest, and what was given up since a delivery.
pub(super) struct ReadDigest {
    pub(super) receiver: String,
    pub(super) undelivered: i64,
}

impl Operation for ReadDigest {
    type Output = WaitingDigest;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut digest = WaitingDigest::default();
        let (total, since, last): (i64, Option<i64>, i64) = tx
            .prepare(
                "SELECT count(*), min(since_wall), ifnull(max(number), 0)
                 FROM held WHERE receiver = ?1 AND list IS NULL",
            )?
            .query_row([&self.receiver], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })?;
        digest.total = u64::try_from(total).unwrap_or(0);
        digest.since = since.map(timestamp);
        let mut statement = tx.prepare(
            "SELECT why, count(*) FROM held WHERE receiver = ?1 AND list IS NULL GROUP BY why",
        )?;
        let mut rows = statement.query([&self.receiver])?;
        while let Some(row) = rows.next()? {
            let why: Option<String> = row.get(0)?;
            let count: i64 = row.get(1)?;
            let known = HeldWhy::ALL
                .into_iter()
                .find(|known| Some(known.as_str()) == why.as_deref());
            if let Some(known) = known {
                digest.held.push((known, u64::try_from(count).unwrap_or(0)));
            }
        }
        let mut statement = tx.prepare(
            "SELECT alert, count(DISTINCT incident) FROM held WHERE receiver = ?1 AND list IS NULL
             GROUP BY alert ORDER BY 2 DESC, 1 LIMIT ?2",
        )?;
        let mut rows = statement.query(params![self.receiver, SHOWN])?;
        while let Some(row) = rows.next()? {
            let count: i64 = row.get(1)?;
            digest
                .by_alert
                .push((row.get(0)?, u64::try_from(count).unwrap_or(0)));
        }
        let mut statement = tx.prepare(
            "SELECT line FROM held WHERE receiver = ?1 AND list IS NULL
             ORDER BY number DESC LIMIT ?2",
        )?;
        let mut rows = statement.query(params![self.receiver, SHOWN])?;
        while let Some(row) = rows.next()? {
            digest.lines.push(read_json(row, 0)?);
        }
        digest.lines.reverse();
        let (undelivered, last_undelivered) = tx.undelivered(self.undelivered)?;
        digest.undelivered = undelivered;
        digest.last = (last, last_undelivered);
        Ok(digest)
    }
}

/// Moves what waited along; how many rows.
pub(super) fn go(
    tx: &Transaction<'_>,
    receiver: &str,
    list: Option<&str>,
    goes: &Goes,
) -> Run<usize> {
    let rows = match goes {
        Goes::Told { last } => tx.execute(
            "DELETE FROM held WHERE receiver = ?1 AND list IS ?2 AND number <= ?3",
            params![receiver, list, last],
        )?,
        Goes::To(other) => tx.execute(
            "UPDATE held SET list = ?3 WHERE receiver = ?1 AND list IS ?2",
            params![receiver, list, other],
        )?,
        Goes::Held(why) => tx.execute(
            "UPDATE held SET list = NULL, why = ?3 WHERE receiver = ?1 AND list IS ?2",
            params![receiver, list, why.as_str()],
        )?,
    };
    Ok(rows)
}

/// Adds what waits from now on.
pub(super) fn wait(tx: &Transaction<'_>, waiting: &Waiting, at: &Now) -> Run<()> {
    let IncidentId(id) = &waiting.line.incident;
    tx.execute(
        "INSERT INTO held (receiver, list, why, incident, key, alert, severity, line, since_wall)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            waiting.receiver,
            waiting.slot,
            waiting.why.map(HeldWhy::as_str),
            id,
            waiting.key,
            waiting.alert,
            rank(waiting.line.severity),
            serde_json::to_string(&waiting.line)?,
            wall(at),
        ],
    )?;
    Ok(())
}

fn rank(severity: Severity) -> i64 {
    match severity {
        Severity::Info => 0,
        Severity::Warning => 1,
        Severity::Critical => 2,
    }
}

fn severity(rank: i64) -> Severity {
    match rank {
        0 => Severity::Info,
        1 => Severity::Warning,
        _ => Severity::Critical,
    }
}
