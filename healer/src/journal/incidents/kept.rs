//! Rows of incidents: read for the events that are about them or because something of them is due, and written back.

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use rusqlite::{OptionalExtension as _, Row, params};

use super::super::JournalError;
use super::super::moment::{boot, timestamp_ns, wall};
use super::super::operation::{Operation, Run, Transaction};
use crate::incident::About;
use crate::notify::outbox::{Kept, Wanted};

/// An incident's row, read back outside the journal's thread.
pub(super) struct KeptRow {
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

    pub(super) fn parse(&self) -> Result<Kept, JournalError> {
        let refused = |error: serde_json::Error| JournalError::Refused(error.to_string());
        Ok(Kept {
            incident: serde_json::from_str(&self.incident).map_err(refused)?,
            story: serde_json::from_str(&self.story).map_err(refused)?,
            is_muted: self.is_muted,
        })
    }
}

pub(super) struct ReadIncidents(pub(super) Wanted);

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

pub(super) fn incident(tx: &Transaction<'_>, key: &str) -> Run<Option<KeptRow>> {
    let mut statement = tx.prepare("SELECT incident, story, key FROM incidents WHERE key = ?1")?;
    let mut rows = statement.query([key])?;
    match rows.next()? {
        Some(row) => KeptRow::read(tx, row).map(Some),
        None => Ok(None),
    }
}

/// Writes an incident with how far it has been told.
pub(super) fn keep(tx: &Transaction<'_>, kept: &Kept, at: &Now) -> Run<()> {
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
pub(super) fn forget_settled(tx: &Transaction<'_>, at: &Now) -> Run<()> {
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
