//! Keeping notifications: which of their alerts are new or changed, and the rest as confirmations.
//!
//! An episode is known by (fingerprint, start). An old `firing` that arrives after the `resolved` of its episode
//! changes nothing; Alertmanager's API, read afterwards, can bring such an episode back.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use rusqlite::{OptionalExtension as _, Row, params};
use serde::Serialize;

use super::events::{EventType, NewEvent};
use super::moment::{self, timestamp_ns};
use super::operation::{Operation, Run, Transaction};
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint, Labels};
use crate::reason::Reason;
use crate::work::{InvalidAlert, Notification};

/// The same invalid alert is told again after this long.
const REPEAT_INVALID: Duration = Duration::from_hours(1);

/// Keeps a webhook's notification; finds which of its alerts changed, as indices.
pub(super) struct RecordNotification(pub(super) Notification);

impl Operation for RecordNotification {
    type Output = Vec<usize>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let notification = &self.0;
        let at = &notification.received;
        let mut changed = Vec::new();
        for (index, alert) in notification.alerts.iter().enumerate() {
            if tx.hear(alert, at, Source::Webhook)? {
                changed.push(index);
            }
        }
        let mut is_any_invalid_new = false;
        for invalid in &notification.invalid {
            is_any_invalid_new |= tx.hear_invalid(invalid, at)?;
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

/// Keeps what Alertmanager's API says is active; finds which alerts are news, as indices.
pub(super) struct RecordActive {
    pub(super) alerts: Vec<Alert>,
    /// When the question was sent.
    pub(super) asked: Now,
}

impl Operation for RecordActive {
    type Output = Vec<usize>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut changed = Vec::new();
        for (index, alert) in self.alerts.iter().enumerate() {
            if tx.hear(alert, &self.asked, Source::Api)? {
                changed.push(index);
            }
        }
        Ok(changed)
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

#[derive(Serialize)]
struct InvalidDetails<'a> {
    alert: &'a str,
    reason: Reason,
    problem: &'a str,
}

/// How an alert was heard of.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Source {
    /// Announced; may be late or out of order.
    Webhook,
    /// Read from Alertmanager: the truth at the time of the question.
    Api,
}

struct Known {
    id: i64,
    status: AlertStatus,
    heard: Now,
}

impl Transaction<'_> {
    /// Keeps an alert; whether it is new or changed its status.
    fn hear(&mut self, alert: &Alert, at: &Now, source: Source) -> Run<bool> {
        let known = self.known(&alert.episode)?;
        let is_changed = match (&known, alert.status) {
            (None, _) => {
                self.insert_alert(alert, at)?;
                true
            }
            (Some(known), AlertStatus::Firing) if known.status == AlertStatus::Firing => {
                self.confirm(known, at)?;
                false
            }
            (Some(known), AlertStatus::Firing) => {
                let is_back = source == Source::Api && moment::is_later(at, &known.heard);
                if is_back {
                    self.change_status(known.id, alert, at)?;
                }
                is_back
            }
            (Some(known), AlertStatus::Resolved) => {
                let is_news = known.status == AlertStatus::Firing;
                if is_news {
                    self.change_status(known.id, alert, at)?;
                }
                is_news
            }
        };
        if is_changed {
            self.add_alert_event(alert, at)?;
        }
        Ok(is_changed)
    }

    fn known(&self, episode: &Episode) -> Run<Option<Known>> {
        let known = self
            .prepare(
                "SELECT id, status = 'firing', heard_wall, heard_boot, heard_boot_id
                 FROM alerts WHERE fingerprint = ?1 AND starts_at = ?2",
            )?
            .query_row(
                params![
                    episode.fingerprint.as_str(),
                    timestamp_ns(episode.starts_at)
                ],
                |row| {
                    let is_firing: bool = row.get(1)?;
                    Ok(Known {
                        id: row.get(0)?,
                        status: if is_firing {
                            AlertStatus::Firing
                        } else {
                            AlertStatus::Resolved
                        },
                        heard: moment::read_now(row, 2)?,
                    })
                },
            )
            .optional()?;
        Ok(known)
    }

    fn insert_alert(&mut self, alert: &Alert, at: &Now) -> Run<()> {
        self.state.heard += 1;
        self.execute(
            "INSERT INTO alerts (fingerprint, starts_at, status, labels, annotations, ends_at,
                 heard, heard_wall, heard_boot, heard_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                alert.episode.fingerprint.as_str(),
                timestamp_ns(alert.episode.starts_at),
                status_column(alert.status),
                serde_json::to_string(&alert.labels)?,
                serde_json::to_string(&alert.annotations)?,
                alert.ends_at.map(timestamp_ns),
                self.state.heard,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str(),
            ],
        )?;
        Ok(())
    }

    fn confirm(&mut self, known: &Known, at: &Now) -> Run<()> {
        self.state.heard += 1;
        self.execute(
            "UPDATE alerts SET heard = ?2, heard_wall = ?3, heard_boot = ?4, heard_boot_id = ?5
             WHERE id = ?1",
            params![
                known.id,
                self.state.heard,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str()
            ],
        )?;
        Ok(())
    }

    fn change_status(&mut self, id: i64, alert: &Alert, at: &Now) -> Run<()> {
        self.state.heard += 1;
        self.execute(
            "UPDATE alerts SET status = ?2, annotations = ?3, ends_at = ?4,
                 heard = ?5, heard_wall = ?6, heard_boot = ?7, heard_boot_id = ?8
             WHERE id = ?1",
            params![
                id,
                status_column(alert.status),
                serde_json::to_string(&alert.annotations)?,
                alert.ends_at.map(timestamp_ns),
                self.state.heard,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str(),
            ],
        )?;
        Ok(())
    }

    /// Keeps an invalid alert; whether it is worth a line.
    fn hear_invalid(&mut self, invalid: &InvalidAlert, at: &Now) -> Run<bool> {
        let last = self
            .prepare(
                "SELECT heard_wall, heard_boot, heard_boot_id FROM invalid_alerts
                 WHERE name = ?1 AND problem = ?2",
            )?
            .query_row((&invalid.name, &invalid.problem), |row| {
                moment::read_now(row, 0)
            })
            .optional()?;
        if last.is_some_and(|last| at.since(&last) < REPEAT_INVALID) {
            return Ok(false);
        }
        self.execute(
            "INSERT OR REPLACE INTO invalid_alerts (name, problem, heard_wall, heard_boot, heard_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5)",
            params![
                invalid.name,
                invalid.problem,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str()
            ],
        )?;
        self.add_event(&NewEvent {
            at,
            event_type: EventType::Decision,
            action_type: None,
            status: "SUPPRESSED",
            service: None,
            message: &format!(
                "Alert {} is over the limits: {}",
                invalid.name, invalid.problem
            ),
            details: &InvalidDetails {
                alert: &invalid.name,
                reason: Reason::InvalidAlert,
                problem: &invalid.problem,
            },
        })?;
        Ok(true)
    }

    fn add_alert_event(&mut self, alert: &Alert, at: &Now) -> Run<()> {
        #[derive(Serialize)]
        struct Details<'a> {
            alert: &'a str,
            #[serde(flatten)]
            episode: &'a Episode,
            #[serde(skip_serializing_if = "Option::is_none")]
            ends_at: Option<jiff::Timestamp>,
            labels: &'a Labels,
            annotations: &'a Labels,
        }
        let (status, verb) = match alert.status {
            AlertStatus::Firing => ("FIRING", "is firing"),
            AlertStatus::Resolved => ("RESOLVED", "has resolved"),
        };
        let message = match alert.annotations.get("summary") {
            Some(summary) if !summary.is_empty() => format!("{} {verb}: {summary}", alert.name()),
            _ => format!("{} {verb}", alert.name()),
        };
        self.add_event(&NewEvent {
            at,
            event_type: EventType::Alert,
            action_type: None,
            status,
            service: service_label(&alert.labels),
            message: &message,
            details: &Details {
                alert: alert.name(),
                episode: &alert.episode,
                ends_at: alert.ends_at,
                labels: &alert.labels,
                annotations: &alert.annotations,
            },
        })
    }
}

/// `name` carries the unit in `prunelle_service_up` and in `node_systemd`'s metrics.
fn service_label(labels: &Labels) -> Option<&str> {
    labels
        .get("name")
        .map(String::as_str)
        .filter(|name| name.ends_with(".service"))
}

fn status_column(status: AlertStatus) -> &'static str {
    match status {
        AlertStatus::Firing => "firing",
        AlertStatus::Resolved => "resolved",
    }
}

fn firing_alert(row: &Row<'_>) -> Run<Alert> {
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
    Fingerprint::try_from(text)
        .map_err(|why| super::operation::OperationError::Refused(why.to_owned()))
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
