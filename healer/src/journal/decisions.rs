//! What was decided last about each alert by each rule, beside the lines that told it.
//!
//! A start reads it back, so that it tells nothing twice. A row lives as long as its alert's; it is forgotten when the
//! alert fires again and when a remediation has ended, after which everything is news.

use jiff::Timestamp;
use rusqlite::params;

use super::moment::{timestamp, timestamp_ns};
use super::notifications::read_fingerprint;
use super::operation::{Operation, Run, Transaction};
use super::word;
use crate::alert::Episode;
use crate::reason::{Outcome, Reason};
use crate::target::Target;

/// The rung of a decision that is about the alert itself.
const WHOLE: i64 = -1;

/// A decision that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptDecision {
    /// About which alert.
    pub episode: Episode,
    /// By which rule.
    pub rule: String,
    /// The rung that is passed over; none when it is about the alert.
    pub rung: Option<u32>,
    /// Why.
    pub reason: Reason,
    /// It waits, and is asked again.
    pub is_deferred: bool,
    /// Since when, by the wall clock.
    pub since: Timestamp,
}

/// How the last remediation of an alert ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptEnd {
    /// Of which alert.
    pub episode: Episode,
    /// By which rule.
    pub rule: String,
    /// On what.
    pub target: Target,
    /// How.
    pub outcome: Outcome,
    /// Why; none for success only.
    pub reason: Option<Reason>,
}

/// What a start knows of the alerts that fire, beside them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Kept {
    /// The last decisions, at most one for each rule, and one for each of its rungs.
    pub decisions: Vec<KeptDecision>,
    /// The ends of remediations, oldest first.
    pub ends: Vec<KeptEnd>,
}

impl Transaction<'_> {
    /// Keeps the last decision of a rule about an alert that is known: of the episode that was heard of last, which a
    /// remediation that was begun before it acts for, too.
    pub(super) fn keep_decision(&mut self, decision: &KeptDecision) -> Run<()> {
        self.execute(
            "INSERT OR REPLACE INTO decisions (alert, rule, rung, reason, is_deferred, since)
             SELECT id, ?2, ?3, ?4, ?5, ?6 FROM alerts WHERE fingerprint = ?1
             ORDER BY heard DESC LIMIT 1",
            params![
                decision.episode.fingerprint.as_str(),
                decision.rule,
                decision.rung.map_or(WHOLE, i64::from),
                decision.reason.as_str(),
                decision.is_deferred,
                timestamp_ns(decision.since),
            ],
        )?;
        Ok(())
    }

    /// Forgets what was decided about an alert, which fires again.
    pub(super) fn forget_decisions(&mut self, alert: i64) -> Run<()> {
        self.execute("DELETE FROM decisions WHERE alert = ?1", [alert])?;
        Ok(())
    }

    /// Forgets what its rule decided about the alert of a remediation that has ended; what was passed over stays so.
    pub(super) fn forget_decision_of(&mut self, remediation: &str) -> Run<()> {
        self.execute(
            "DELETE FROM decisions WHERE rung = ?2 AND (alert, rule) IN
                 (SELECT a.id, r.rule FROM remediations AS r
                  JOIN alerts AS a ON a.fingerprint = r.fingerprint
                  WHERE r.id = ?1)",
            params![remediation, WHOLE],
        )?;
        Ok(())
    }
}

/// Reads what is known of the alerts that fire.
pub(super) struct ReadKept;

impl Operation for ReadKept {
    type Output = Kept;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        Ok(Kept {
            decisions: decisions(tx)?,
            ends: ends(tx)?,
        })
    }
}

fn decisions(tx: &Transaction<'_>) -> Run<Vec<KeptDecision>> {
    let mut statement = tx.prepare(
        "SELECT a.fingerprint, a.starts_at, d.rule, d.rung, d.reason, d.is_deferred, d.since
         FROM alerts AS a JOIN decisions AS d ON d.alert = a.id WHERE a.status = 'firing'",
    )?;
    let mut rows = statement.query([])?;
    let mut decisions = Vec::new();
    while let Some(row) = rows.next()? {
        let reason: String = row.get(4)?;
        decisions.push(KeptDecision {
            episode: Episode {
                fingerprint: read_fingerprint(row.get(0)?)?,
                starts_at: timestamp(row.get(1)?),
            },
            rule: row.get(2)?,
            rung: u32::try_from(row.get::<_, i64>(3)?).ok(),
            reason: word::read(&reason)?,
            is_deferred: row.get(5)?,
            since: timestamp(row.get(6)?),
        });
    }
    Ok(decisions)
}

fn ends(tx: &Transaction<'_>) -> Run<Vec<KeptEnd>> {
    let mut statement = tx.prepare(
        "SELECT fingerprint, starts_at, rule, target, outcome, reason FROM remediations AS r
         WHERE ended_wall IS NOT NULL AND EXISTS
             (SELECT 1 FROM alerts AS a WHERE a.fingerprint = r.fingerprint
                  AND a.starts_at = r.starts_at AND a.status = 'firing')
         ORDER BY number",
    )?;
    let mut rows = statement.query([])?;
    let mut ends = Vec::new();
    while let Some(row) = rows.next()? {
        let (target, outcome): (String, String) = (row.get(3)?, row.get(4)?);
        let reason: Option<String> = row.get(5)?;
        ends.push(KeptEnd {
            episode: Episode {
                fingerprint: read_fingerprint(row.get(0)?)?,
                starts_at: timestamp(row.get(1)?),
            },
            rule: row.get(2)?,
            target: word::read(&target)?,
            outcome: word::read(&outcome)?,
            reason: reason.as_deref().map(word::read).transpose()?,
        });
    }
    Ok(ends)
}
