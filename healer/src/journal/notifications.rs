//! Keeping notifications and the answers of Alertmanager's API: which of their alerts are news.
//!
//! A notification without news leaves no row of its own; it only confirms its alerts.

use prunelle_foundation::clock::Now;
use rusqlite::{Row, params};

use super::alerts::{Heard, Source};
use super::moment;
use super::operation::{Operation, OperationError, Run, Transaction};
use super::refusals::Refusal;
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint};
use crate::work::{InvalidAlert, Muted, Notification};

/// Keeps a webhook's notification; finds which of its alerts changed, as indices.
pub(super) struct RecordNotification(pub(super) Notification);

impl Operation for RecordNotification {
    type Output = Vec<usize>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let notification = &self.0;
        let at = &notification.received;
        let mut changed = Vec::new();
        for (index, alert) in notification.alerts.iter().enumerate() {
            if tx.hear(alert, at, Source::Webhook)? == Heard::Changed {
                changed.push(index);
            }
        }
        let mut is_any_invalid_new = false;
        for invalid in &notification.invalid {
            is_any_invalid_new |= tx.hear_invalid(invalid, at)?;
        }
        tx.end_refusals(at)?;
        if let Some(InvalidAlert { name, problem }) = notification.invalid.first() {
            let what = if name.is_empty() {
                problem.clone()
            } else {
                format!("{name}: {problem}")
            };
            tx.hear_refusal(Refusal::Refused, &what, at)?;
        }
        if notification.truncated > 0 {
            let what = format!("{} of them", notification.truncated);
            tx.hear_refusal(Refusal::Truncated, &what, at)?;
        }
        if !changed.is_empty() || is_any_invalid_new {
            tx.execute(
                "INSERT INTO notifications (received_wall, received_boot, received_boot_id,
                     receiver, group_key, truncated, alerts, changed, invalid)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                params![
                    moment::wall(at),
                    moment::boot(at),
                    at.boot_id.as_str(),
                    notification.receiver,
                    notification.group_key,
                    i64::try_from(notification.truncated).unwrap_or(i64::MAX),
                    count(notification.alerts.len()),
                    count(changed.len()),
                    count(notification.invalid.len()),
                ],
            )?;
        }
        Ok(changed)
    }
}

/// Keeps what Alertmanager's API says is active; finds which alerts fire, as far as is known now: those of which something
/// else was heard since the question was sent are left out. As indices.
pub(super) struct RecordActive {
    pub(super) alerts: Vec<Alert>,
    /// Which of them are held back.
    pub(super) muted: Muted,
    /// When the question was sent.
    pub(super) asked: Now,
}

impl Operation for RecordActive {
    type Output = Vec<usize>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.end_refusals(&self.asked)?;
        let mut firing = Vec::new();
        for (index, alert) in self.alerts.iter().enumerate() {
            if tx.hear(alert, &self.asked, Source::Api)? != Heard::Late {
                firing.push(index);
            }
            tx.set_muted(&alert.episode, self.muted.get(&alert.episode.fingerprint))?;
        }
        Ok(firing)
    }
}

/// Reads the alerts that fired when last heard of, with the time of that.
pub(super) struct Firing;

impl Operation for Firing {
    type Output = Vec<(Alert, Now)>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        // A fingerprint fires in one episode at most: the one heard of last.
        let mut statement = tx.prepare(
            "SELECT fingerprint, starts_at, labels, annotations, heard_wall, heard_boot, heard_boot_id
             FROM alerts AS a
             WHERE status = 'firing' AND NOT EXISTS
                 (SELECT 1 FROM alerts AS b WHERE b.fingerprint = a.fingerprint AND b.heard > a.heard)
             ORDER BY id",
        )?;
        let mut rows = statement.query([])?;
        let mut firing = Vec::new();
        while let Some(row) = rows.next()? {
            firing.push((firing_alert(row)?, moment::read_now(row, 4)?));
        }
        Ok(firing)
    }
}

/// Reads which of the alerts that fired are held back, as was told last.
pub(super) struct ReadMuted;

impl Operation for ReadMuted {
    type Output = Muted;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare(
            "SELECT fingerprint, muted FROM alerts WHERE status = 'firing' AND muted IS NOT NULL",
        )?;
        let mut rows = statement.query([])?;
        let mut muted = Muted::new();
        while let Some(row) = rows.next()? {
            muted.insert(read_fingerprint(row.get(0)?)?, row.get(1)?);
        }
        Ok(muted)
    }
}

/// From the columns `fingerprint`, `starts_at`, `labels`, `annotations`.
pub(super) fn firing_alert(row: &Row<'_>) -> Run<Alert> {
    let fingerprint: String = row.get(0)?;
    Ok(Alert {
        episode: Episode {
            fingerprint: read_fingerprint(fingerprint)?,
            starts_at: moment::timestamp(row.get(1)?),
        },
        status: AlertStatus::Firing,
        labels: read_json(row, 2)?,
        annotations: read_json(row, 3)?,
        ends_at: None,
    })
}

/// A fingerprint from its column.
pub(super) fn read_fingerprint(text: String) -> Run<Fingerprint> {
    Fingerprint::try_from(text).map_err(|why| OperationError::Refused(why.to_owned()))
}

/// A column that holds JSON.
pub(super) fn read_json<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Run<T> {
    let text = row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?;
    Ok(serde_json::from_str(text)?)
}

fn count(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}
