//! Quarantines: targets that are left to a person, who may end that before its time.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{Boots, Now};
use rusqlite::params;
use serde::Serialize;

use super::events::{EventType, NewEvent, service};
use super::history::read_target;
use super::moment::{self, duration, wall};
use super::operation::{Operation, Run, Transaction};
use crate::target::Target;

/// A quarantine in force.
#[derive(Clone, Debug, PartialEq)]
pub struct QuarantineInForce {
    /// Its number, which no other has.
    pub number: i64,
    /// What is left alone.
    pub target: Target,
    /// The rule whose ladder was exhausted; empty when it was written by a version that did not keep it.
    pub rule: String,
    /// When it began.
    pub since: Now,
    /// How long it lasts, by boot time inside one boot.
    pub lasts: Duration,
    /// By which its age is told after a reboot.
    pub boots: Boots,
}

impl QuarantineInForce {
    /// How long it is still in force, zero when it has ended.
    pub fn left(&self, now: &Now) -> Duration {
        self.lasts
            .saturating_sub(self.boots.waited(&self.since, now))
    }

    /// When it ends, by the wall clock of `now`.
    pub fn until(&self, now: &Now) -> Timestamp {
        now.wall
            .checked_add(self.left(now))
            .unwrap_or(Timestamp::MAX)
    }
}

/// Reads all quarantines in force, the oldest first; of several on one target the one that lasts longest.
pub(super) struct ReadQuarantines(pub(super) Now);

impl Operation for ReadQuarantines {
    type Output = Vec<QuarantineInForce>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let now = &self.0;
        let mut statement = tx.prepare(
            "SELECT number, target, rule, lasts, since_wall, since_boot, since_boot_id
             FROM quarantines WHERE released_wall IS NULL ORDER BY number",
        )?;
        let mut rows = statement.query([])?;
        let mut in_force: Vec<QuarantineInForce> = Vec::new();
        while let Some(row) = rows.next()? {
            let found = QuarantineInForce {
                number: row.get(0)?,
                target: read_target(row.get(1)?)?,
                rule: row.get(2)?,
                lasts: duration(row.get(3)?),
                since: moment::read_now(row, 4)?,
                boots: tx.boots.known.clone(),
            };
            if found.left(now).is_zero() {
                continue;
            }
            match in_force
                .iter_mut()
                .find(|other| other.target == found.target)
            {
                Some(other) if other.left(now) < found.left(now) => *other = found,
                Some(_) => {}
                None => in_force.push(found),
            }
        }
        Ok(in_force)
    }
}

/// Ends the quarantine of a target before its time; finds whether there was one.
pub(super) struct ReleaseQuarantine {
    pub(super) target: Target,
    pub(super) by: String,
    pub(super) at: Now,
}

impl Operation for ReleaseQuarantine {
    type Output = bool;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        #[derive(Serialize)]
        struct Details<'a> {
            target: &'a Target,
            by: &'a str,
        }
        let (target, by) = (self.target.to_string(), &self.by);
        if tx.quarantine(&target, &self.at)?.is_none() {
            return Ok(false);
        }
        tx.execute(
            "UPDATE quarantines SET released_wall = ?2, released_by = ?3
             WHERE target = ?1 AND released_wall IS NULL",
            params![target, wall(&self.at), by],
        )?;
        tx.add_event(&NewEvent {
            at: &self.at,
            event_type: EventType::Decision,
            action_type: None,
            status: "RELEASED",
            service: service(&self.target),
            message: &format!("{by} released {target} from quarantine"),
            details: &Details {
                target: &self.target,
                by,
            },
        })?;
        Ok(true)
    }
}
