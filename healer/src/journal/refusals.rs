//! Alerts that never became alerts here: the intake refused them, or Alertmanager cut them off its notification. Nobody
//! would be told of them, so that they were not heard is an incident of the healer's own.
//!
//! It begins with the first, goes on while more come, and ends an hour after the last. What was refused each time is in
//! the action log and the metrics.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use rusqlite::{OptionalExtension as _, params};
use serde::Serialize;

use super::events::{EventType, NewEvent};
use super::moment::{self, timestamp};
use super::operation::{Run, Transaction};
use crate::alert::Labels;

/// Without another for so long, it is over.
const OVER_AFTER: Duration = Duration::from_hours(1);
/// It is written at most so often that another came.
const NOTED_EVERY: Duration = Duration::from_mins(1);

/// Why alerts were not heard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// They are over the limits, or not understood.
    Refused,
    /// Alertmanager left them out of its notification.
    Truncated,
}

impl Refusal {
    const ALL: [Self; 2] = [Self::Refused, Self::Truncated];

    const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Truncated => "truncated",
        }
    }

    /// `alertname`
    const fn alert(self) -> &'static str {
        match self {
            Self::Refused => "AlertsRefused",
            Self::Truncated => "AlertsTruncated",
        }
    }

    const fn advice(self) -> &'static str {
        match self {
            Self::Refused => {
                "What was refused is in the action log and in `prunelle-healer status`. Shorten the labels, or set `max_alerts` in Alertmanager."
            }
            Self::Truncated => {
                "They are looked up in Alertmanager within a minute, if its API can be reached. Set `max_alerts: 0` in the healer's receiver, and `group_by: ['...']` in its route."
            }
        }
    }
}

impl Transaction<'_> {
    /// Alerts were not heard; what is known of them, in one sentence.
    pub(super) fn hear_refusal(&mut self, refusal: Refusal, what: &str, at: &Now) -> Run<()> {
        let last = self
            .prepare("SELECT heard_wall, heard_boot, heard_boot_id FROM refusals WHERE kind = ?1")?
            .query_row([refusal.as_str()], |row| moment::read_now(row, 0))
            .optional()?;
        if last
            .as_ref()
            .is_some_and(|last| at.since(last) < NOTED_EVERY)
        {
            return Ok(());
        }
        self.execute(
            "INSERT INTO refusals (kind, since, heard_wall, heard_boot, heard_boot_id)
             VALUES (?1, ?2, ?2, ?3, ?4)
             ON CONFLICT (kind) DO UPDATE SET heard_wall = excluded.heard_wall,
                 heard_boot = excluded.heard_boot, heard_boot_id = excluded.heard_boot_id",
            params![
                refusal.as_str(),
                moment::wall(at),
                moment::boot(at),
                at.boot_id.as_str()
            ],
        )?;
        match last {
            Some(_) => Ok(()),
            None => self.tell_refusal(refusal, "FIRING", what, at.wall, at),
        }
    }

    /// Ends what did not come again for long enough.
    pub(super) fn end_refusals(&mut self, at: &Now) -> Run<()> {
        // Asked at every notification: mostly there are none.
        let known: Vec<(String, Now, jiff::Timestamp)> = self
            .prepare("SELECT kind, heard_wall, heard_boot, heard_boot_id, since FROM refusals")?
            .query_map([], |row| {
                let last = moment::read_now(row, 1)?;
                Ok((row.get(0)?, last, timestamp(row.get(4)?)))
            })?
            .collect::<Result<_, _>>()?;
        for (kind, last, since) in known {
            let Some(refusal) = Refusal::ALL.into_iter().find(|one| one.as_str() == kind) else {
                continue;
            };
            if at.since(&last) >= OVER_AFTER {
                self.execute("DELETE FROM refusals WHERE kind = ?1", [refusal.as_str()])?;
                self.tell_refusal(refusal, "RESOLVED", "no more since an hour", since, at)?;
            }
        }
        Ok(())
    }

    fn tell_refusal(
        &mut self,
        refusal: Refusal,
        status: &str,
        what: &str,
        since: jiff::Timestamp,
        at: &Now,
    ) -> Run<()> {
        #[derive(Serialize)]
        struct Details {
            alert: &'static str,
            starts_at: jiff::Timestamp,
            labels: Labels,
            annotations: Labels,
        }
        let text = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let summary = match refusal {
            Refusal::Refused => format!("Alerts were refused and are not repaired: {what}"),
            Refusal::Truncated => format!("Alerts were cut off a notification: {what}"),
        };
        self.add_event(&NewEvent {
            at,
            event_type: EventType::Alert,
            action_type: None,
            status,
            service: None,
            message: &summary,
            details: &Details {
                alert: refusal.alert(),
                starts_at: since,
                labels: Labels::from([
                    text("alertname", refusal.alert()),
                    text("severity", "warning"),
                ]),
                annotations: Labels::from([
                    text("summary", &summary),
                    text("description", refusal.advice()),
                ]),
            },
        })
    }
}
