//! What the journal owns about a rule, a target and the host, as guards and admission read it.

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use rusqlite::{Row, ToSql, params};

use super::moment::{self, duration};
use super::operation::{Operation, OperationError, Run, Transaction};
use super::remediations::read_victim;
use super::{Intent, word};
use crate::alert::Episode;
use crate::facts::{History, MOST_CHARGES, MOST_ENDS, Pause, Quarantine};
use crate::remediation::RemediationId;
use crate::target::Target;

/// Whose history is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryOf {
    /// The rule's name.
    pub rule: String,
    /// What would be acted on.
    pub target: Target,
    /// The unit, when the target is a process group.
    pub victim: Option<UnitName>,
    /// The remedy's name.
    pub remedy: String,
    /// Index of its rung.
    pub rung: u32,
    /// Revision of the policy that it stands in.
    pub policy_revision: String,
    /// The alert.
    pub episode: Episode,
    /// The remediation that asks.
    pub remediation: RemediationId,
}

impl HistoryOf {
    /// What an intent is admitted against.
    pub fn intent(intent: &Intent) -> Self {
        Self {
            rule: intent.rule.clone(),
            target: intent.target.clone(),
            victim: intent.victim.clone(),
            remedy: intent.remedy.clone(),
            rung: intent.rung,
            policy_revision: intent.policy_revision.clone(),
            episode: intent.episode.clone(),
            remediation: intent.remediation,
        }
    }

    /// The unit that would be acted on: the victim, or the target.
    fn unit(&self) -> Option<&UnitName> {
        self.victim.as_ref().or_else(|| self.target.unit())
    }
}

/// Reads a history.
pub(super) struct ReadHistory {
    pub(super) of: HistoryOf,
    pub(super) now: Now,
}

impl Operation for ReadHistory {
    type Output = History;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.history(&self.of, &self.now)
    }
}

/// Reads all pauses in force.
pub(super) struct ReadPauses(pub(super) Now);

impl Operation for ReadPauses {
    type Output = Vec<Pause>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.pauses_in_force(&self.0)
    }
}

impl Transaction<'_> {
    /// What the journal owns at `now`, this transaction's own writes included.
    pub(super) fn history(&self, of: &HistoryOf, now: &Now) -> Run<History> {
        let target = of.target.to_string();
        let unit = of.unit().map(UnitName::as_str);
        let as_unit = unit.map(|unit| format!("unit:{unit}"));
        let mut pauses = self.pauses_in_force(now)?;
        pauses.retain(|pause| {
            pause.target.as_ref().is_none_or(|target| {
                *target == of.target || target.unit().is_some_and(|u| Some(u) == of.unit())
            })
        });
        let (rule, remedy) = (of.rule.as_str(), of.remedy.as_str());
        Ok(History {
            boots: self.boots.known.clone(),
            pauses,
            charges: self.charges("rule = ?1 AND target = ?2", params![rule, target])?,
            rule_charges: self.charges("rule = ?1", params![rule])?,
            target_charges: self.charges("target = ?1", params![target])?,
            remedy_charges: self.charges(
                "rule = ?1 AND target = ?2 AND remedy = ?3",
                params![rule, target, remedy],
            )?,
            host_charges: self.charges("TRUE", params![])?,
            repairs: self.repairs(&target, as_unit.as_deref(), unit)?,
            quarantine: self.longest_quarantine(&target, as_unit.as_deref(), now)?,
            rule_ends: self.rule_ends(rule)?,
            approval: self.approval(of)?,
            ..self.running(of)?
        })
    }

    /// What is under repair, and which of it is in the way: another remediation before our own.
    fn running(&self, of: &HistoryOf) -> Run<History> {
        let mut history = History::default();
        let mut statement = self.prepare(
            "SELECT id, rule, target, victim FROM remediations
             WHERE ended_wall IS NULL ORDER BY number",
        )?;
        let mut rows = statement.query([])?;
        while let Some(row) = rows.next()? {
            let id: RemediationId = word::read(&row.get::<_, String>(0)?)?;
            let rule: String = row.get(1)?;
            let target = read_target(row.get(2)?)?;
            let victim = read_victim(row.get(3)?)?;
            let is_own = id == of.remediation;
            let unit = victim.as_ref().or_else(|| target.unit());
            let is_on_it = target == of.target || unit.is_some() && unit == of.unit();
            if is_on_it && (!is_own || history.running.is_none()) {
                history.running = Some(id);
            }
            if !is_own {
                history.rule_running += u32::from(rule == of.rule);
                history
                    .others_running
                    .push(victim.map_or(target, Target::Unit));
            }
        }
        Ok(history)
    }

    pub(super) fn pauses_in_force(&self, now: &Now) -> Run<Vec<Pause>> {
        let mut statement = self.prepare(
            "SELECT since_wall, since_boot, since_boot_id, lasts, target, note
             FROM pauses WHERE ended_wall IS NULL ORDER BY number",
        )?;
        let mut rows = statement.query([])?;
        let mut pauses = Vec::new();
        while let Some(row) = rows.next()? {
            let pause = read_pause(row)?;
            if self.boots.known.waited(&pause.since, now) < pause.lasts {
                pauses.push(pause);
            }
        }
        Ok(pauses)
    }

    /// The newest charges, oldest first: how old they are is for who asks.
    fn charges(&self, which: &str, params: &[&dyn ToSql]) -> Run<Vec<Now>> {
        self.newest(
            &format!(
                "SELECT at_wall, at_boot, at_boot_id FROM charges
                 WHERE {which} ORDER BY number DESC LIMIT {MOST_CHARGES}"
            ),
            params,
            |row| moment::read_now(row, 0),
        )
    }

    /// The newest repairs of the target and, as whatever it was repaired, of the unit; oldest first.
    fn repairs(&self, target: &str, as_unit: Option<&str>, unit: Option<&str>) -> Run<Vec<Now>> {
        let mut repairs = self.ends("target = ?1", target)?;
        if let Some(as_unit) = as_unit.filter(|as_unit| *as_unit != target) {
            repairs.extend(self.ends("target = ?1", as_unit)?);
        }
        if let Some(unit) = unit {
            repairs.extend(self.ends("victim = ?1 AND victim IS NOT NULL", unit)?);
        }
        repairs.sort_unstable_by_key(|(number, _)| *number);
        repairs.dedup_by_key(|(number, _)| *number);
        Ok(repairs.into_iter().map(|(_, at)| at).collect())
    }

    fn ends(&self, which: &str, value: &str) -> Run<Vec<(i64, Now)>> {
        self.newest(
            &format!(
                "SELECT number, ended_wall, ended_boot, ended_boot_id FROM remediations
                 WHERE {which} AND has_started = 1 AND ended_wall IS NOT NULL
                 ORDER BY number DESC LIMIT {MOST_ENDS}"
            ),
            params![value],
            |row| Ok((row.get(0)?, moment::read_now(row, 1)?)),
        )
    }

    /// How the rule's newest remediations ended that had acted and were not cancelled, oldest first.
    pub(super) fn rule_ends(&self, rule: &str) -> Run<Vec<(Now, bool)>> {
        self.newest(
            &format!(
                "SELECT ended_wall, ended_boot, ended_boot_id, outcome = 'SUCCESS' FROM remediations
                 WHERE rule = ?1 AND has_started = 1 AND ended_wall IS NOT NULL
                     AND outcome <> 'CANCELLED'
                 ORDER BY number DESC LIMIT {MOST_ENDS}"
            ),
            params![rule],
            |row| Ok((moment::read_now(row, 0)?, row.get(3)?)),
        )
    }

    fn newest<T>(
        &self,
        sql: &str,
        params: &[&dyn ToSql],
        read: impl FnMut(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Run<Vec<T>> {
        let mut found: Vec<T> = self
            .prepare(sql)?
            .query_map(params, read)?
            .collect::<Result<_, _>>()?;
        found.reverse();
        Ok(found)
    }

    /// The quarantine in force, of the target or of the unit, that lasts longest.
    fn longest_quarantine(
        &self,
        target: &str,
        as_unit: Option<&str>,
        now: &Now,
    ) -> Run<Option<Quarantine>> {
        let of_target = self.quarantine(target, now)?;
        let of_unit = match as_unit {
            Some(unit) if unit != target => self.quarantine(unit, now)?,
            _ => None,
        };
        let end = |quarantine: &Quarantine| {
            quarantine
                .lasts
                .saturating_sub(self.boots.known.waited(&quarantine.since, now))
        };
        Ok(of_target.into_iter().chain(of_unit).max_by_key(end))
    }

    /// The quarantine in force that lasts longest.
    pub(super) fn quarantine(&self, target: &str, now: &Now) -> Run<Option<Quarantine>> {
        let quarantines: Vec<Quarantine> = self
            .prepare(
                "SELECT since_wall, since_boot, since_boot_id, lasts FROM quarantines
                 WHERE target = ?1 AND released_wall IS NULL",
            )?
            .query_map([target], |row| {
                Ok(Quarantine {
                    since: moment::read_now(row, 0)?,
                    lasts: duration(row.get(3)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        let left = |quarantine: &Quarantine| {
            quarantine
                .lasts
                .saturating_sub(self.boots.known.waited(&quarantine.since, now))
        };
        Ok(quarantines
            .into_iter()
            .filter(|quarantine| !left(quarantine).is_zero())
            .max_by_key(left))
    }
}

fn read_pause(row: &Row<'_>) -> Run<Pause> {
    let target: Option<String> = row.get(4)?;
    Ok(Pause {
        since: moment::read_now(row, 0)?,
        lasts: duration(row.get(3)?),
        target: target.map(read_target).transpose()?,
        note: row.get(5)?,
    })
}

/// A target from its column.
pub(super) fn read_target(text: String) -> Run<Target> {
    Target::try_from(text).map_err(|error| OperationError::Refused(error.to_string()))
}
