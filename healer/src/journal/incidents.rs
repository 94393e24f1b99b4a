//! Incidents as they are told: kept with how far each has got, read for the events that are about them, and written
//! together with the place in the events and with everything that was decided.

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use rusqlite::{OptionalExtension as _, Row, params};

use super::moment::{boot, timestamp, timestamp_ns, wall};
use super::notifications::read_json;
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};
use crate::incident::{About, IncidentId, Severity};
use crate::notify::brake::Brake;
use crate::notify::message::HeldWhy;
use crate::notify::outbox::{
    Goes, Kept, Standing, Turn, TurnKept, Waiting, WaitingDigest, WaitingList, Wanted,
};

/// Lines that a list or a digest shows.
const SHOWN: u32 = 30;

impl Journal {
    /// The last event that the teller has looked at.
    pub async fn told(&self) -> Result<u64, JournalError> {
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

    /// Nobody is told anything: everything up to now counts as looked at.
    pub async fn skip_to_the_end(&self) -> Result<u64, JournalError> {
        let (_, told) = self.ask(SkipToTheEnd).await?;
        Ok(told)
    }
}

struct ReadTold;

impl Operation for ReadTold {
    type Output = u64;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let told: i64 = tx
            .prepare("SELECT value FROM settings WHERE name = 'told'")?
            .query_row([], |row| row.get(0))?;
        Ok(u64::try_from(told).unwrap_or(0))
    }
}

struct SkipToTheEnd;

impl Operation for SkipToTheEnd {
    type Output = u64;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let end = tx.state.chain.seq;
        tx.execute("DELETE FROM incident_alerts", [])?;
        tx.execute("DELETE FROM incidents", [])?;
        set_told(tx, end)?;
        Ok(u64::try_from(end).unwrap_or(0))
    }
}

fn set_told(tx: &Transaction<'_>, seq: i64) -> Run<()> {
    tx.execute(
        "UPDATE settings SET value = ?1 WHERE name = 'told' AND value <> ?1",
        [seq],
    )?;
    Ok(())
}

/// An incident's row, read back outside the journal's thread.
struct KeptRow {
    incident: String,
    story: String,
    is_muted: bool,
}

impl KeptRow {
    /// From the columns `incident`, `story`, `key`.
    fn read(tx: &Transaction<'_>, row: &Row<'_>) -> Run<Self> {
        let key = row.get_ref(2)?.as_str().map_err(rusqlite::Error::from)?;
        let is_muted = tx
            .prepare(
                "SELECT count(*) > 0 AND count(*) = count(muted) FROM alerts
                 WHERE status = 'firing'
                   AND fingerprint IN (SELECT fingerprint FROM incident_alerts WHERE key = ?1)",
            )?
            .query_row([key], |row| row.get(0))?;
        Ok(Self {
            incident: row.get(0)?,
            story: row.get(1)?,
            is_muted,
        })
    }

    fn parse(&self) -> Result<Kept, JournalError> {
        let refused = |error: serde_json::Error| JournalError::Refused(error.to_string());
        Ok(Kept {
            incident: serde_json::from_str(&self.incident).map_err(refused)?,
            story: serde_json::from_str(&self.story).map_err(refused)?,
            is_muted: self.is_muted,
        })
    }
}

struct ReadIncidents(Wanted);

impl Operation for ReadIncidents {
    type Output = Vec<KeptRow>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut found = std::collections::BTreeMap::new();
        for about in &self.0.about {
            let key = match about {
                About::Key(key) => Some(key.clone()),
                About::Alert(fingerprint) => tx
                    .prepare("SELECT key FROM incident_alerts WHERE fingerprint = ?1")?
                    .query_row([fingerprint.as_str()], |row| row.get(0))
                    .optional()?,
            };
            if let Some(key) = key
                && !found.contains_key(&key)
                && let Some(row) = incident(tx, &key)?
            {
                found.insert(key, row);
            }
        }
        if let Some((now, limit)) = self.0.due {
            let mut statement = tx.prepare(
                "SELECT incident, story, key FROM incidents
                 WHERE due IS NOT NULL AND (due <= ?1 OR due_from > ?1) ORDER BY due LIMIT ?2",
            )?;
            let mut rows = statement.query(params![timestamp_ns(now), limit])?;
            while let Some(row) = rows.next()? {
                found.insert(row.get(2)?, KeptRow::read(tx, row)?);
            }
        }
        Ok(found.into_values().collect())
    }
}

fn incident(tx: &Transaction<'_>, key: &str) -> Run<Option<KeptRow>> {
    let mut statement = tx.prepare("SELECT incident, story, key FROM incidents WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    match rows.next()? {
        Some(row) => KeptRow::read(tx, row).map(Some),
        None => Ok(None),
    }
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

struct ReadList {
    receiver: String,
    list: String,
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

struct ReadDigest {
    receiver: String,
    undelivered: i64,
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

struct RecordTurn {
    turn: Turn,
    at: Now,
}

impl Operation for RecordTurn {
    type Output = TurnKept;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let Self { turn, at } = &*self;
        for kept in &turn.incidents {
            keep(tx, kept, at)?;
        }
        for (receiver, brake) in &turn.brakes {
            tx.execute(
                "INSERT INTO brakes (receiver, brake) VALUES (?1, ?2)
                 ON CONFLICT (receiver) DO UPDATE SET brake = excluded.brake",
                params![receiver, serde_json::to_string(brake)?],
            )?;
        }
        // What is told now goes first: nothing else has been read.
        let (told, others): (Vec<_>, Vec<_>) = turn
            .moved
            .iter()
            .partition(|(_, _, goes)| matches!(goes, Goes::Told { .. }));
        let mut held = Vec::new();
        for (receiver, list, goes) in told.into_iter().chain(others) {
            let rows = go(tx, receiver, list.as_deref(), goes)?;
            if let Goes::Held(why) = goes {
                held.push((*why, u64::try_from(rows).unwrap_or(u64::MAX)));
            }
        }
        for waiting in &turn.waiting {
            wait(tx, waiting, at)?;
            held.extend(waiting.why.map(|why| (why, 1)));
        }
        for message in &turn.messages {
            tx.put_in_outbox(message, at)?;
        }
        if let Some(cursor) = turn.cursor {
            set_told(tx, i64::try_from(cursor).unwrap_or(i64::MAX))?;
            forget_settled(tx, at)?;
        }
        Ok(TurnKept {
            depth: tx.depth()?,
            held,
        })
    }
}

fn keep(tx: &Transaction<'_>, kept: &Kept, at: &Now) -> Run<()> {
    let Kept {
        incident, story, ..
    } = kept;
    let pending = story.pending;
    let from = pending.and_then(|pending| pending.until.checked_sub(pending.held).ok());
    tx.execute(
        "INSERT INTO incidents (key, incident, story, due, due_from, ended,
             changed_wall, changed_boot, changed_boot_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)
         ON CONFLICT (key) DO UPDATE SET incident = excluded.incident, story = excluded.story,
             due = excluded.due, due_from = excluded.due_from, ended = excluded.ended,
             changed_wall = excluded.changed_wall, changed_boot = excluded.changed_boot,
             changed_boot_id = excluded.changed_boot_id",
        params![
            incident.key,
            serde_json::to_string(incident)?,
            serde_json::to_string(story)?,
            pending.map(|pending| timestamp_ns(pending.until)),
            from.map(timestamp_ns),
            incident.ended.map(timestamp_ns),
            wall(at),
            boot(at),
            at.boot_id.as_str(),
        ],
    )?;
    for fingerprint in &incident.fingerprints {
        tx.execute(
            "INSERT INTO incident_alerts (fingerprint, key) VALUES (?1, ?2)
             ON CONFLICT (fingerprint) DO UPDATE SET key = excluded.key WHERE key <> excluded.key",
            params![fingerprint.as_str(), incident.key],
        )?;
    }
    Ok(())
}

/// What ended so long ago that it will not change any more. What it began by is kept in the events.
fn forget_settled(tx: &Transaction<'_>, at: &Now) -> Run<()> {
    let before = at
        .wall
        .checked_sub(crate::incident::SETTLED_AFTER)
        .unwrap_or(Timestamp::MIN);
    tx.execute(
        "DELETE FROM incident_alerts WHERE key IN
             (SELECT key FROM incidents WHERE ended < ?1 AND due IS NULL)",
        [timestamp_ns(before)],
    )?;
    tx.execute(
        "DELETE FROM incidents WHERE ended < ?1 AND due IS NULL",
        [timestamp_ns(before)],
    )?;
    Ok(())
}

fn go(tx: &Transaction<'_>, receiver: &str, list: Option<&str>, goes: &Goes) -> Run<usize> {
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

fn wait(tx: &Transaction<'_>, waiting: &Waiting, at: &Now) -> Run<()> {
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
