//! Remediations and their attempts: admission, the started mark, the steps after it, the end.
//!
//! Admission is one transaction: history, check, intent, charge and slot. A charge is never taken back. The slot of
//! a target is the row of its remediation that has not ended, held by a unique index.

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;
use rusqlite::{OptionalExtension as _, Row, params};
use serde_json::Value;

use super::moment::{self, boot, duration, duration_ns, timestamp_ns, wall};
use super::notifications::{read_fingerprint, read_json};
use super::operation::{Operation, OperationError, Run, Transaction};
use super::{AdmissionCheck, Intent, Phase, Undo, Unfinished, history, word};
use crate::alert::Episode;
use crate::facts::History;
use crate::reason::{Outcome, Reason};
use crate::remediation::RemediationId;

/// Writes an intent, when the journal and the caller's check allow it.
pub(super) struct Admit {
    pub(super) intent: Intent,
    pub(super) check: Check,
}

/// The caller's check, which can be asked once only, and its answer for the case that the transaction is run again.
pub(super) enum Check {
    /// Not asked yet.
    Open(AdmissionCheck),
    /// Asked about this history.
    Answered(Box<History>, Result<(), Reason>),
    /// It panicked when it was asked.
    Broken,
}

impl Check {
    fn ask(&mut self, history: History) -> Run<Result<(), Reason>> {
        match std::mem::replace(self, Self::Broken) {
            Self::Open(check) => {
                let answer = check(&history);
                *self = Self::Answered(Box::new(history), answer);
                Ok(answer)
            }
            Self::Answered(asked_about, answer) if *asked_about == history => {
                *self = Self::Answered(asked_about, answer);
                Ok(answer)
            }
            Self::Answered(..) => refused("the history changed between two runs of an admission"),
            Self::Broken => refused("the admission check panicked"),
        }
    }
}

impl Operation for Admit {
    type Output = Result<(), Reason>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let intent = &self.intent;
        let of = history::HistoryOf::intent(intent);
        let history = tx.history(&of, &intent.at)?;
        let holds_slot = history.running == Some(intent.remediation);
        if history.running.is_some() && !holds_slot {
            return Ok(Err(Reason::JoinedRunning));
        }
        if let Err(reason) = self.check.ask(history)? {
            return Ok(Err(reason));
        }
        if holds_slot {
            tx.execute(
                "UPDATE remediations SET victim = ?2 WHERE id = ?1",
                params![
                    intent.remediation.to_string(),
                    intent.victim.as_ref().map(UnitName::as_str)
                ],
            )?;
        } else {
            insert_remediation(tx, intent)?;
        }
        insert_attempt(tx, intent)?;
        charge(tx, intent)?;
        tx.use_up_approval(&of)?;
        Ok(Ok(()))
    }
}

/// Marks an intent as started.
pub(super) struct Start {
    pub(super) intent: Intent,
    pub(super) evidence: Value,
    pub(super) at: Now,
}

impl Operation for Start {
    /// What it announces to be undone.
    type Output = Option<Undo>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let id = self.intent.remediation.to_string();
        let last = tx.last_attempt(self.intent.remediation)?;
        let is_it = last.rung == self.intent.rung && last.attempt == self.intent.attempt;
        if !is_it || last.phase != Phase::Intent || last.outcome.is_some() {
            return refused(
                "only the newest intent of a remediation that runs can be started, once",
            );
        }
        tx.execute(
            "UPDATE attempts SET phase = 'started', evidence = ?2,
                 started_wall = ?3, started_boot = ?4, started_boot_id = ?5
             WHERE number = ?1",
            params![
                last.number,
                self.evidence.to_string(),
                wall(&self.at),
                boot(&self.at),
                self.at.boot_id.as_str()
            ],
        )?;
        tx.execute(
            "UPDATE remediations SET has_started = 1 WHERE id = ?1",
            [id],
        )?;
        tx.announce_undo(&self.intent, &self.at)
    }
}

/// Reads the remediations that have not ended, each with its newest attempt.
pub(super) struct ReadUnfinished;

impl Operation for ReadUnfinished {
    type Output = Vec<Unfinished>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare(
            "SELECT r.id, r.fingerprint, r.starts_at, r.alert_name, r.rule, r.target,
                 a.rung, a.attempt, a.remedy, a.plan, a.policy_revision, a.within,
                 a.intent_wall, a.intent_boot, a.intent_boot_id, a.phase, a.evidence, a.outcome,
                 r.victim,
                 EXISTS (SELECT 1 FROM attempts AS earlier WHERE earlier.remediation = r.id
                     AND earlier.number < a.number AND earlier.rung = a.rung
                     AND earlier.attempt = a.attempt
                     AND earlier.phase <> 'intent' AND earlier.outcome IS NULL)
             FROM remediations AS r JOIN attempts AS a ON a.remediation = r.id
             WHERE r.ended_wall IS NULL
               AND a.number = (SELECT max(number) FROM attempts WHERE remediation = r.id)
             ORDER BY r.number",
        )?;
        let mut rows = statement.query([])?;
        let mut unfinished = Vec::new();
        while let Some(row) = rows.next()? {
            unfinished.push(read_unfinished(row)?);
        }
        Ok(unfinished)
    }
}

/// A remediation that runs, with its newest attempt: what an entry is about.
pub(super) struct LastAttempt {
    pub(super) number: i64,
    pub(super) rung: u32,
    pub(super) attempt: u32,
    pub(super) remedy: String,
    pub(super) phase: Phase,
    pub(super) evidence: Value,
    pub(super) outcome: Option<Outcome>,
    pub(super) intent_at: Now,
    pub(super) alert_name: String,
    pub(super) episode: Episode,
    pub(super) rule: String,
    pub(super) target: crate::target::Target,
    /// The unit that was acted on, when the target is a process group.
    pub(super) victim: Option<UnitName>,
    pub(super) admitted_at: Now,
}

impl LastAttempt {
    /// The unit that was acted on.
    pub(super) fn unit(&self) -> Option<&UnitName> {
        self.victim.as_ref().or_else(|| self.target.unit())
    }
}

impl Transaction<'_> {
    /// The newest attempt of a remediation that has not ended.
    pub(super) fn last_attempt(&self, remediation: RemediationId) -> Run<LastAttempt> {
        let mut statement = self.prepare(
            "SELECT a.number, a.rung, a.attempt, a.remedy, a.phase, a.evidence, a.outcome,
                 a.intent_wall, a.intent_boot, a.intent_boot_id,
                 r.alert_name, r.rule, r.target,
                 r.admitted_wall, r.admitted_boot, r.admitted_boot_id, r.victim,
                 r.fingerprint, r.starts_at
             FROM attempts AS a JOIN remediations AS r ON r.id = a.remediation
             WHERE a.remediation = ?1 AND r.ended_wall IS NULL
             ORDER BY a.number DESC LIMIT 1",
        )?;
        let mut rows = statement.query([remediation.to_string()])?;
        let Some(row) = rows.next()? else {
            return refused(&format!("no remediation {remediation} runs"));
        };
        Ok(LastAttempt {
            number: row.get(0)?,
            rung: row.get(1)?,
            attempt: row.get(2)?,
            remedy: row.get(3)?,
            phase: read_word(row, 4)?,
            evidence: read_json(row, 5)?,
            outcome: read_optional_word(row, 6)?,
            intent_at: moment::read_now(row, 7)?,
            alert_name: row.get(10)?,
            episode: Episode {
                fingerprint: read_fingerprint(row.get(17)?)?,
                starts_at: moment::timestamp(row.get(18)?),
            },
            rule: row.get(11)?,
            target: history::read_target(row.get(12)?)?,
            admitted_at: moment::read_now(row, 13)?,
            victim: read_victim(row.get(16)?)?,
        })
    }
}

fn insert_remediation(tx: &Transaction<'_>, intent: &Intent) -> Run<()> {
    let is_known = tx
        .prepare("SELECT 1 FROM remediations WHERE id = ?1")?
        .query_row([intent.remediation.to_string()], |_| Ok(()))
        .optional()?
        .is_some();
    if is_known {
        return refused(&format!(
            "remediation {} has ended, or is about another target",
            intent.remediation
        ));
    }
    tx.execute(
        "INSERT INTO remediations (id, rule, target, alert_name, fingerprint, starts_at,
             admitted_wall, admitted_boot, admitted_boot_id, victim)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            intent.remediation.to_string(),
            intent.rule,
            intent.target.to_string(),
            intent.alert_name,
            intent.episode.fingerprint.as_str(),
            timestamp_ns(intent.episode.starts_at),
            wall(&intent.at),
            boot(&intent.at),
            intent.at.boot_id.as_str(),
            intent.victim.as_ref().map(UnitName::as_str),
        ],
    )?;
    Ok(())
}

fn insert_attempt(tx: &Transaction<'_>, intent: &Intent) -> Run<()> {
    tx.execute(
        "INSERT INTO attempts (remediation, rung, attempt, remedy, plan, policy_revision, within,
             phase, evidence, intent_wall, intent_boot, intent_boot_id)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'intent', 'null', ?8, ?9, ?10)",
        params![
            intent.remediation.to_string(),
            intent.rung,
            intent.attempt,
            intent.remedy,
            intent.plan.to_string(),
            intent.policy_revision,
            duration_ns(intent.within),
            wall(&intent.at),
            boot(&intent.at),
            intent.at.boot_id.as_str(),
        ],
    )?;
    Ok(())
}

fn charge(tx: &Transaction<'_>, intent: &Intent) -> Run<()> {
    tx.execute(
        "INSERT INTO charges (rule, target, remediation, at_wall, at_boot, at_boot_id, remedy)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            intent.rule,
            intent.target.to_string(),
            intent.remediation.to_string(),
            wall(&intent.at),
            boot(&intent.at),
            intent.at.boot_id.as_str(),
            intent.remedy,
        ],
    )?;
    Ok(())
}

fn read_unfinished(row: &Row<'_>) -> Run<Unfinished> {
    Ok(Unfinished {
        intent: Intent {
            remediation: read_word(row, 0)?,
            episode: Episode {
                fingerprint: read_fingerprint(row.get(1)?)?,
                starts_at: moment::timestamp(row.get(2)?),
            },
            alert_name: row.get(3)?,
            rule: row.get(4)?,
            target: history::read_target(row.get(5)?)?,
            victim: read_victim(row.get(18)?)?,
            rung: row.get(6)?,
            attempt: row.get(7)?,
            remedy: row.get(8)?,
            plan: read_json(row, 9)?,
            policy_revision: row.get(10)?,
            within: duration(row.get(11)?),
            at: moment::read_now(row, 12)?,
        },
        phase: read_word(row, 15)?,
        evidence: read_json(row, 16)?,
        attempt_outcome: read_optional_word(row, 17)?,
        was_started_before: row.get(19)?,
    })
}

pub(super) fn read_victim(text: Option<String>) -> Run<Option<UnitName>> {
    text.map(|text| {
        text.parse()
            .map_err(|error: InvalidUnitName| OperationError::Refused(error.to_string()))
    })
    .transpose()
}

pub(super) fn read_word<T: serde::de::DeserializeOwned>(row: &Row<'_>, column: usize) -> Run<T> {
    word::read(
        row.get_ref(column)?
            .as_str()
            .map_err(rusqlite::Error::from)?,
    )
}

fn read_optional_word<T: serde::de::DeserializeOwned>(
    row: &Row<'_>,
    column: usize,
) -> Run<Option<T>> {
    let text = row
        .get_ref(column)?
        .as_str_or_null()
        .map_err(rusqlite::Error::from)?;
    text.map(word::read).transpose()
}

pub(super) fn refused<T>(why: &str) -> Run<T> {
    Err(OperationError::Refused(why.to_owned()))
}
