//! Entries of a remediation's course: decisions, steps, ends. Those that people should see become events.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use rusqlite::params;
use serde::Serialize;
use serde_json::Value;

use super::Entry;
use super::decisions::KeptDecision;
use super::events::{EventType, NewEvent, service};
use super::moment::{boot, duration_ns, wall};
use super::operation::{Operation, Run, Transaction};
use super::remediations::LastAttempt;
use crate::alert::{Alert, Episode};
use crate::policy::RemedyKind;
use crate::reason::{Outcome, Reason};
use crate::remediation::RemediationId;
use crate::target::Target;

/// Keeps entries, all or none.
pub(super) struct Record(pub(super) Vec<Entry>);

impl Operation for Record {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        self.0.iter().try_for_each(|entry| record(tx, entry))
    }
}

fn record(tx: &mut Transaction<'_>, entry: &Entry) -> Run<()> {
    match entry {
        Entry::Decision {
            alert,
            rule,
            target,
            rung,
            victim,
            note,
            reason,
            plan,
            is_deferred,
            at,
        } => Decision {
            alert,
            rule: rule.as_deref(),
            target: target.as_ref(),
            rung: *rung,
            victim: victim.as_ref(),
            note: note.as_deref(),
            reason: *reason,
            plan: plan.as_ref(),
            is_deferred: *is_deferred,
        }
        .record(tx, at),
        Entry::Heartbeat {
            is_missing,
            last,
            message,
            at,
        } => record_heartbeat(tx, *is_missing, *last, message, at),
        Entry::Acted {
            remediation,
            evidence,
            at: _,
        } => record_step(tx, *remediation, "acted", evidence),
        Entry::Verifying { remediation, at: _ } => {
            record_step(tx, *remediation, "verifying", &Value::Null)
        }
        Entry::AttemptEnded {
            remediation,
            outcome,
            reason,
            evidence,
            message,
            at,
        } => End {
            remediation: *remediation,
            outcome: *outcome,
            reason: *reason,
            message,
            at,
        }
        .record_attempt(tx, evidence),
        Entry::Ended {
            remediation,
            outcome,
            reason,
            quarantine,
            message,
            at,
        } => End {
            remediation: *remediation,
            outcome: *outcome,
            reason: *reason,
            message,
            at,
        }
        .record_remediation(tx, *quarantine),
    }
}

struct Decision<'a> {
    alert: &'a Alert,
    rule: Option<&'a str>,
    target: Option<&'a Target>,
    rung: Option<u32>,
    victim: Option<&'a UnitName>,
    note: Option<&'a str>,
    reason: Reason,
    plan: Option<&'a Value>,
    is_deferred: bool,
}

impl Decision<'_> {
    fn record(&self, tx: &mut Transaction<'_>, at: &Now) -> Run<()> {
        #[derive(Serialize)]
        struct Details<'a> {
            alert: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            rule: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            target: Option<&'a Target>,
            #[serde(skip_serializing_if = "Option::is_none")]
            victim: Option<&'a UnitName>,
            reason: Reason,
            #[serde(flatten)]
            episode: &'a Episode,
            #[serde(skip_serializing_if = "Option::is_none")]
            plan: Option<&'a Value>,
        }
        if let (Some(rule), Some(_)) = (self.rule, self.target) {
            tx.keep_decision(&KeptDecision {
                episode: self.alert.episode.clone(),
                rule: rule.to_owned(),
                rung: self.rung,
                reason: self.reason,
                is_deferred: self.is_deferred,
                since: at.wall,
            })?;
        }
        let about = match self.target {
            Some(Target::Unit(unit)) => unit.to_string(),
            Some(Target::Path(path)) => path.display().to_string(),
            Some(other) => other.to_string(),
            None => self.alert.name().to_owned(),
        };
        let about = match self.note {
            Some(note) => format!("{about} ({note})"),
            None => about,
        };
        let reason = self.reason.as_str();
        let (status, message) = if self.reason == Reason::Observed {
            (
                "OBSERVED",
                format!("{about} would be repaired, but the mode in force is observe"),
            )
        } else if self.is_deferred {
            ("DEFERRED", format!("{about} waits: {reason}"))
        } else {
            ("SUPPRESSED", format!("{about} is left alone: {reason}"))
        };
        tx.add_event(&NewEvent {
            at,
            event_type: EventType::Decision,
            action_type: None,
            status,
            service: self.target.and_then(service),
            message: &message,
            details: &Details {
                alert: self.alert.name(),
                rule: self.rule,
                target: self.target,
                victim: self.victim,
                reason: self.reason,
                episode: &self.alert.episode,
                plan: self.plan,
            },
        })
    }
}

/// An incident of this healer's own, told as alerts are.
fn record_heartbeat(
    tx: &mut Transaction<'_>,
    is_missing: bool,
    last: Option<Timestamp>,
    message: &str,
    at: &Now,
) -> Run<()> {
    #[derive(Serialize)]
    struct Details {
        alert: &'static str,
        last_heartbeat: Option<Timestamp>,
    }
    tx.add_event(&NewEvent {
        at,
        event_type: EventType::Alert,
        action_type: None,
        status: if is_missing { "FIRING" } else { "RESOLVED" },
        service: None,
        message,
        details: &Details {
            alert: "HeartbeatMissing",
            last_heartbeat: last,
        },
    })
}

fn record_step(
    tx: &Transaction<'_>,
    remediation: RemediationId,
    phase: &str,
    evidence: &Value,
) -> Run<()> {
    let last = tx.last_attempt(remediation)?;
    tx.execute(
        "UPDATE attempts SET phase = ?2, evidence = ?3 WHERE number = ?1",
        params![
            last.number,
            phase,
            merged(last.evidence, evidence).to_string()
        ],
    )?;
    Ok(())
}

struct End<'a> {
    remediation: RemediationId,
    outcome: Outcome,
    reason: Option<Reason>,
    message: &'a str,
    at: &'a Now,
}

#[derive(Serialize)]
struct EndDetails<'a> {
    alert: &'a str,
    rule: &'a str,
    target: &'a Target,
    remediation: RemediationId,
    #[serde(flatten)]
    episode: &'a Episode,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
    remedy: &'a str,
    /// From 1, as people count.
    rung: u32,
    attempt: u32,
    /// Since the attempt's intent, or since the remediation's first one.
    duration_ms: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    quarantine_seconds: Option<u64>,
    #[serde(skip_serializing_if = "Value::is_null")]
    evidence: &'a Value,
}

impl End<'_> {
    fn record_attempt(&self, tx: &mut Transaction<'_>, evidence: &Value) -> Run<()> {
        let last = tx.last_attempt(self.remediation)?;
        let evidence = merged(last.evidence.clone(), evidence);
        tx.execute(
            "UPDATE attempts SET outcome = ?2, reason = ?3, message = ?4, evidence = ?5,
                 ended_wall = ?6, ended_boot = ?7, ended_boot_id = ?8
             WHERE number = ?1",
            params![
                last.number,
                self.outcome.as_str(),
                self.reason.map(Reason::as_str),
                self.message,
                evidence.to_string(),
                wall(self.at),
                boot(self.at),
                self.at.boot_id.as_str(),
            ],
        )?;
        let took = self.at.since(&last.intent_at);
        self.add_line(tx, EventType::Action, &last, took, None, &evidence)
    }

    fn record_remediation(&self, tx: &mut Transaction<'_>, quarantine: Duration) -> Run<()> {
        let last = tx.last_attempt(self.remediation)?;
        let id = self.remediation.to_string();
        tx.execute(
            "UPDATE remediations SET outcome = ?2, reason = ?3, message = ?4,
                 ended_wall = ?5, ended_boot = ?6, ended_boot_id = ?7
             WHERE id = ?1",
            params![
                id,
                self.outcome.as_str(),
                self.reason.map(Reason::as_str),
                self.message,
                wall(self.at),
                boot(self.at),
                self.at.boot_id.as_str(),
            ],
        )?;
        tx.forget_decision_of(&id)?;
        if !quarantine.is_zero() {
            tx.execute(
                "INSERT INTO quarantines
                     (target, remediation, lasts, since_wall, since_boot, since_boot_id, rule)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                params![
                    last.target.to_string(),
                    id,
                    duration_ns(quarantine),
                    wall(self.at),
                    boot(self.at),
                    self.at.boot_id.as_str(),
                    last.rule,
                ],
            )?;
        }
        let took = self.at.since(&last.admitted_at);
        let quarantine_seconds = (!quarantine.is_zero()).then_some(quarantine.as_secs());
        self.add_line(
            tx,
            EventType::Outcome,
            &last,
            took,
            quarantine_seconds,
            &Value::Null,
        )
    }

    fn add_line(
        &self,
        tx: &mut Transaction<'_>,
        event_type: EventType,
        last: &LastAttempt,
        took: Duration,
        quarantine_seconds: Option<u64>,
        evidence: &Value,
    ) -> Run<()> {
        tx.add_event(&NewEvent {
            at: self.at,
            event_type,
            action_type: Some(action_type(&last.remedy)),
            status: self.outcome.as_str(),
            service: last.unit().map(UnitName::as_str),
            message: self.message,
            details: &EndDetails {
                alert: &last.alert_name,
                rule: &last.rule,
                target: &last.target,
                remediation: self.remediation,
                episode: &last.episode,
                reason: self.reason,
                remedy: &last.remedy,
                rung: last.rung + 1,
                attempt: last.attempt,
                duration_ms: u64::try_from(took.as_millis()).unwrap_or(u64::MAX),
                quarantine_seconds,
                evidence,
            },
        })
    }
}

/// A remedy that this version does not know keeps its name.
fn action_type(remedy: &str) -> &str {
    match RemedyKind::from_name(remedy) {
        Some(kind) => kind.action_type(),
        None => remedy,
    }
}

/// Evidence with more evidence: members of objects are joined, the newer wins; anything else replaces.
fn merged(evidence: Value, more: &Value) -> Value {
    match (evidence, more) {
        (evidence, Value::Null) => evidence,
        (Value::Object(mut members), Value::Object(more)) => {
            members.extend(more.clone());
            Value::Object(members)
        }
        (_, more) => more.clone(),
    }
}
