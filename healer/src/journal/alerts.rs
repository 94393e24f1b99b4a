//! Alerts as they are heard of, one at a time: new, confirmed, changed, late.
//!
//! An episode is known by (fingerprint, start). An old `firing` that arrives after the `resolved` of its episode
//! changes nothing; Alertmanager's API, read afterwards, can bring such an episode back.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;

use super::events::{EventType, NewEvent};
use super::moment::{self, timestamp_ns};
use super::operation::{Run, Transaction};
use crate::alert::{Alert, AlertStatus, Episode, Labels};
use crate::reason::Reason;
use crate::work::InvalidAlert;

/// The same invalid alert is told again after this long.
const REPEAT_INVALID: Duration = Duration::from_hours(1);

#[derive(Serialize)]
struct InvalidDetails<'a> {
    alert: &'a str,
    reason: Reason,
    problem: &'a str,
}

/// How an alert was heard of.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    /// Announced; may be late or out of order.
    Webhook,
    /// Read from Alertmanager: the truth at the time of the question.
    Api,
}

/// What an alert is to what was known of its episode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Heard {
    /// It is new, or changed its status.
    Changed,
    /// It still fires.
    Confirmed,
    /// It was overtaken: nothing follows from it.
    Late,
}

struct Known {
    id: i64,
    status: AlertStatus,
    heard: Now,
    /// An alert fires in one episode at a time: the one that was heard of last.
    is_superseded: bool,
}

impl Transaction<'_> {
    /// Keeps an alert; what it is to what was known.
    pub(super) fn hear(&mut self, alert: &Alert, at: &Now, source: Source) -> Run<Heard> {
        let Some(known) = self.known(&alert.episode)? else {
            self.insert_alert(alert, at)?;
            self.add_alert_event(alert, at)?;
            return Ok(Heard::Changed);
        };
        let heard = match (alert.status, known.status) {
            // An announcement that may be late brings nothing back, neither does an answer that others have overtaken.
            (AlertStatus::Firing, status) if known.is_superseded || status != alert.status => {
                let is_back = source == Source::Api
                    && moment::is_later(at, &known.heard)
                    && moment::is_later(at, &self.last_heard(&alert.episode)?);
                if is_back { Heard::Changed } else { Heard::Late }
            }
            (AlertStatus::Firing, _) => {
                // An answer of the API may be older than what a webhook said since it was asked.
                if source == Source::Api && !moment::is_later(at, &known.heard) {
                    return Ok(Heard::Late);
                }
                self.confirm(known.id, at)?;
                Heard::Confirmed
            }
            (AlertStatus::Resolved, AlertStatus::Firing) => Heard::Changed,
            (AlertStatus::Resolved, AlertStatus::Resolved) => Heard::Late,
        };
        if heard == Heard::Changed {
            self.change_status(known.id, alert, at)?;
            if alert.status == AlertStatus::Firing {
                self.forget_decisions(known.id)?;
            }
            self.add_alert_event(alert, at)?;
        }
        Ok(heard)
    }

    fn known(&self, episode: &Episode) -> Run<Option<Known>> {
        let known = self
            .prepare(
                "SELECT id, status = 'firing', heard_wall, heard_boot, heard_boot_id,
                     EXISTS (SELECT 1 FROM alerts AS b WHERE b.fingerprint = ?1 AND b.heard > a.heard)
                 FROM alerts AS a WHERE fingerprint = ?1 AND starts_at = ?2",
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
                        is_superseded: row.get(5)?,
                    })
                },
            )
            .optional()?;
        Ok(known)
    }

    /// When any episode of its fingerprint was last heard of to fire.
    fn last_heard(&self, episode: &Episode) -> rusqlite::Result<Now> {
        self.prepare(
            "SELECT heard_wall, heard_boot, heard_boot_id FROM alerts
             WHERE fingerprint = ?1 ORDER BY heard DESC LIMIT 1",
        )?
        .query_row([episode.fingerprint.as_str()], |row| {
            moment::read_now(row, 0)
        })
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

    fn confirm(&mut self, id: i64, at: &Now) -> Run<()> {
        self.state.heard += 1;
        self.execute(
            "UPDATE alerts SET heard = ?2, heard_wall = ?3, heard_boot = ?4, heard_boot_id = ?5
             WHERE id = ?1",
            params![
                id,
                self.state.heard,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str()
            ],
        )?;
        Ok(())
    }

    /// Keeps whether Alertmanager holds an alert back.
    pub(super) fn set_muted(&mut self, episode: &Episode, why: Option<&String>) -> Run<()> {
        self.execute(
            "UPDATE alerts SET muted = ?3
             WHERE fingerprint = ?1 AND starts_at = ?2 AND muted IS NOT ?3",
            params![
                episode.fingerprint.as_str(),
                timestamp_ns(episode.starts_at),
                why
            ],
        )?;
        Ok(())
    }

    fn change_status(&mut self, id: i64, alert: &Alert, at: &Now) -> Run<()> {
        // That an episode is over does not make it the one that was heard of last: another may fire.
        let heard = (alert.status == AlertStatus::Firing).then(|| {
            self.state.heard += 1;
            self.state.heard
        });
        self.execute(
            "UPDATE alerts SET status = ?2, annotations = ?3, ends_at = ?4,
                 heard = coalesce(?5, heard), heard_wall = ?6, heard_boot = ?7, heard_boot_id = ?8
             WHERE id = ?1",
            params![
                id,
                status_column(alert.status),
                serde_json::to_string(&alert.annotations)?,
                alert.ends_at.map(timestamp_ns),
                heard,
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str(),
            ],
        )?;
        Ok(())
    }

    /// Keeps an invalid alert; whether it is worth a line.
    pub(super) fn hear_invalid(&mut self, invalid: &InvalidAlert, at: &Now) -> Run<bool> {
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
    labels.get("name").filter(|name| name.ends_with(".service"))
}

fn status_column(status: AlertStatus) -> &'static str {
    match status {
        AlertStatus::Firing => "firing",
        AlertStatus::Resolved => "resolved",
    }
}
