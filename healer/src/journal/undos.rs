//! What is to be undone: written before it is done, in the transaction of the start mark, and kept until it is undone.
//!
//! What must hold: what a unit was like before is never overwritten by what it was limited to. An announcement that finds
//! an open one on the same unit takes over what that one keeps, and one that reads its own limits right after an undo
//! takes them from there. One is open for each unit and episode; another on the same pair renews it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_systemd::{Property, UnitName};
use rusqlite::{Row, params};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::events::{EventType, NewEvent};
use super::moment::{self, boot, duration, duration_ns, timestamp_ns, wall};
use super::notifications::{read_fingerprint, read_json};
use super::operation::{Operation, Run, Transaction};
use super::remediations::{read_word, refused};
use super::{Intent, history};
use crate::alert::Episode;
use crate::reason::{Outcome, Reason};
use crate::remediation::RemediationId;
use crate::resource_limits::ResourceLimits;

/// How long after an undo a value that is ours may still be taken for what was before.
const AFTERMATH: Duration = Duration::from_mins(10);

/// What a plan announces under `undo`: it is to be undone, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct UndoPlan {
    /// What the unit is like without it.
    pub before: ResourceLimits,
    /// What it will be limited to.
    pub limits: ResourceLimits,
    /// After so long it is undone in any case.
    pub lasts_seconds: u64,
}

impl UndoPlan {
    /// Out of an intent's plan; none when it announces none.
    pub fn of(plan: &Value) -> serde_json::Result<Option<Self>> {
        plan.get("undo").map(Self::deserialize).transpose()
    }
}

/// Something that is to be undone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Its number.
    pub number: i64,
    /// The remediation that did it last.
    pub remediation: RemediationId,
    /// Its rule; empty when that is not on record any more.
    pub rule: String,
    /// Its alert's name.
    pub alert_name: String,
    /// The unit.
    pub unit: UnitName,
    /// The alert whose end ends it.
    pub episode: Episode,
    /// What the unit was like before.
    pub before: ResourceLimits,
    /// All values that it was limited to; another value is somebody else's.
    pub ours: BTreeMap<Property, BTreeSet<u64>>,
    /// The values announced last.
    pub limits: ResourceLimits,
    /// After so long it is undone in any case.
    pub lasts: Duration,
    /// Since when.
    pub since: Now,
}

/// One try to undo something, and how it went.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoTry {
    /// What was to be undone.
    pub undo: Undo,
    /// How the try went, as the action log tells it; none when there is nothing to tell.
    pub told: Option<UndoTold>,
    /// It need not be tried again.
    pub is_over: bool,
    /// When.
    pub at: Now,
}

/// What the action log tells of a try.
#[derive(Clone, Debug, PartialEq)]
pub struct UndoTold {
    /// How it went.
    pub outcome: Outcome,
    /// Why it failed.
    pub reason: Option<Reason>,
    /// One sentence for people.
    pub message: String,
}

/// How the column `before` holds it.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Kept {
    before: ResourceLimits,
    limits: ResourceLimits,
    /// By systemd's names.
    ours: BTreeMap<String, BTreeSet<u64>>,
}

/// Reads what is to be undone, oldest first.
pub(super) struct ReadUndos;

impl Operation for ReadUndos {
    type Output = Vec<Undo>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.read_undos("u.undone_wall IS NULL", params![])
    }
}

/// Keeps a try.
pub(super) struct RecordUndo(pub(super) UndoTry);

impl Operation for RecordUndo {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let UndoTry {
            undo,
            told,
            is_over,
            at,
        } = &self.0;
        if *is_over {
            let closed = tx.execute(
                "UPDATE undos SET undone_wall = ?2 WHERE number = ?1 AND undone_wall IS NULL",
                params![undo.number, wall(at)],
            )?;
            if closed == 0 {
                return refused("it was undone before");
            }
        }
        let Some(told) = told else { return Ok(()) };
        tx.add_event(&NewEvent {
            at,
            event_type: EventType::Action,
            action_type: Some("service_throttle_undo"),
            status: told.outcome.as_str(),
            service: Some(undo.unit.as_str()),
            message: &told.message,
            details: &Details {
                alert: &undo.alert_name,
                rule: &undo.rule,
                target: format!("unit:{}", undo.unit),
                remediation: undo.remediation,
                reason: told.reason,
                remedy: "throttle_service_undo",
                duration_ms: u64::try_from(at.since(&undo.since).as_millis()).unwrap_or(u64::MAX),
                evidence: Evidence {
                    before: &undo.before,
                    limits: &undo.limits,
                },
            },
        })
    }
}

#[derive(Serialize)]
struct Details<'a> {
    alert: &'a str,
    rule: &'a str,
    target: String,
    remediation: RemediationId,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    remedy: &'a str,
    /// Since it was done.
    duration_ms: u64,
    evidence: Evidence<'a>,
}

#[derive(Serialize)]
struct Evidence<'a> {
    before: &'a ResourceLimits,
    limits: &'a ResourceLimits,
}

impl Transaction<'_> {
    /// Announces what an intent's plan says is to be undone; none when it says nothing of the kind.
    pub(super) fn announce_undo(&self, intent: &Intent, at: &Now) -> Run<Option<Undo>> {
        let Some(plan) = UndoPlan::of(&intent.plan)? else {
            return Ok(None);
        };
        let Some(unit) = intent.unit() else {
            return refused("what is to be undone is about a unit");
        };
        let target = format!("unit:{unit}");
        let open = self.read_undos("u.target = ?1 AND u.undone_wall IS NULL", params![target])?;
        let closed_lately = self.read_undos(
            "u.target = ?1 AND u.undone_wall >= ?2",
            params![target, wall(at).saturating_sub(duration_ns(AFTERMATH))],
        )?;
        let same = open.iter().find(|undo| undo.episode == intent.episode);
        let mut kept = same.map(Kept::of).unwrap_or_default();
        for (property, present) in plan.before.iter() {
            if kept.before.get(property).is_none() {
                let value = first_before(property, present, &open, &closed_lately);
                kept.before.set(property, value);
            }
        }
        for (property, limit) in plan.limits.iter() {
            kept.limits.set(property, limit);
            kept.add(property, limit);
        }
        // The others on this unit will find these values, and must know them for ours.
        for other in open.iter().filter(|undo| undo.episode != intent.episode) {
            let mut theirs = Kept::of(other);
            for (property, limit) in plan.limits.iter() {
                if theirs.before.get(property).is_some() {
                    theirs.add(property, limit);
                }
            }
            self.execute(
                "UPDATE undos SET before = ?2 WHERE number = ?1",
                params![other.number, serde_json::to_string(&theirs)?],
            )?;
        }
        let number = self.write_undo(intent, &target, same, &kept, &plan, at)?;
        let written = self.read_undos("u.number = ?1", params![number])?;
        Ok(written.into_iter().next())
    }

    fn write_undo(
        &self,
        intent: &Intent,
        target: &str,
        same: Option<&Undo>,
        kept: &Kept,
        plan: &UndoPlan,
        at: &Now,
    ) -> Run<i64> {
        let kept = serde_json::to_string(kept)?;
        let lasts = duration_ns(Duration::from_secs(plan.lasts_seconds));
        let remediation = intent.remediation.to_string();
        if let Some(same) = same {
            self.execute(
                "UPDATE undos SET remediation = ?2, before = ?3, lasts = ?4,
                     since_wall = ?5, since_boot = ?6, since_boot_id = ?7
                 WHERE number = ?1",
                params![
                    same.number,
                    remediation,
                    kept,
                    lasts,
                    wall(at),
                    boot(at),
                    at.boot_id.as_str()
                ],
            )?;
            return Ok(same.number);
        }
        self.execute(
            "INSERT INTO undos (remediation, remedy, target, fingerprint, starts_at, before, lasts,
                 since_wall, since_boot, since_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            params![
                remediation,
                intent.remedy,
                target,
                intent.episode.fingerprint.as_str(),
                timestamp_ns(intent.episode.starts_at),
                kept,
                lasts,
                wall(at),
                boot(at),
                at.boot_id.as_str()
            ],
        )?;
        Ok(self.conn.last_insert_rowid())
    }

    fn read_undos(&self, condition: &str, params: impl rusqlite::Params) -> Run<Vec<Undo>> {
        let mut statement = self.prepare(&format!(
            "SELECT u.number, u.remediation, u.target, u.fingerprint, u.starts_at, u.before, u.lasts,
                 u.since_wall, u.since_boot, u.since_boot_id,
                 coalesce(r.rule, ''), coalesce(r.alert_name, '')
             FROM undos AS u LEFT JOIN remediations AS r ON r.id = u.remediation
             WHERE {condition} ORDER BY u.number"
        ))?;
        let mut rows = statement.query(params)?;
        let mut undos = Vec::new();
        while let Some(row) = rows.next()? {
            undos.push(read_undo(row)?);
        }
        Ok(undos)
    }
}

/// What a property was before all that is open, and before what was undone only just.
fn first_before(property: Property, present: u64, open: &[Undo], closed_lately: &[Undo]) -> u64 {
    let of_open = open.iter().find_map(|undo| undo.before.get(property));
    let of_closed = || {
        closed_lately
            .iter()
            .rev()
            .find(|undo| {
                undo.ours
                    .get(&property)
                    .is_some_and(|ours| ours.contains(&present))
            })
            .and_then(|undo| undo.before.get(property))
    };
    of_open.or_else(of_closed).unwrap_or(present)
}

impl Kept {
    fn of(undo: &Undo) -> Self {
        Self {
            before: undo.before.clone(),
            limits: undo.limits.clone(),
            ours: undo
                .ours
                .iter()
                .map(|(property, values)| (property.as_str().to_owned(), values.clone()))
                .collect(),
        }
    }

    fn add(&mut self, property: Property, limit: u64) {
        self.ours
            .entry(property.as_str().to_owned())
            .or_default()
            .insert(limit);
    }
}

fn read_undo(row: &Row<'_>) -> Run<Undo> {
    let kept: Kept = read_json(row, 5)?;
    let Some(unit) = history::read_target(row.get(2)?)?.unit().cloned() else {
        return refused("what is to be undone is about a unit");
    };
    Ok(Undo {
        number: row.get(0)?,
        remediation: read_word(row, 1)?,
        unit,
        episode: Episode {
            fingerprint: read_fingerprint(row.get(3)?)?,
            starts_at: moment::timestamp(row.get(4)?),
        },
        before: kept.before,
        limits: kept.limits,
        ours: kept
            .ours
            .into_iter()
            .filter_map(|(name, values)| Some((Property::from_name(&name)?, values)))
            .collect(),
        lasts: duration(row.get(6)?),
        since: moment::read_now(row, 7)?,
        rule: row.get(10)?,
        alert_name: row.get(11)?,
    })
}
