//! What the journal owns about a rule, a target and the host, as guards and admission read it.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use rusqlite::{OptionalExtension as _, Row, params};

use super::moment::{self, boot, duration, duration_ns, wall};
use super::operation::{Operation, OperationError, Run, Transaction};
use super::{Intent, word};
use crate::alert::Episode;
use crate::facts::{History, Pause, Quarantine};
use crate::remediation::RemediationId;
use crate::target::Target;

/// How far back charges and repairs are read; no budget or cooldown looks further.
pub const HISTORY_WINDOW: Duration = Duration::from_hours(31 * 24);

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
        let HistoryOf { rule, target, .. } = of;
        let target_column = target.to_string();
        let mut pauses = self.pauses_in_force(now)?;
        pauses.retain(|pause| pause.target.as_ref().is_none_or(|paused| paused == target));
        Ok(History {
            running: self.running(&target_column)?,
            pauses,
            charges: self.charges(rule, &target_column, now)?,
            host_charges: self.host_charges(now)?,
            repairs: self.repairs(&target_column, now)?,
            quarantine: self.quarantine(&target_column, now)?,
            approval: self.approval(of)?,
            ..History::default()
        })
    }

    fn running(&self, target: &str) -> Run<Option<RemediationId>> {
        let running: Option<String> = self
            .prepare("SELECT id FROM remediations WHERE target = ?1 AND ended_wall IS NULL")?
            .query_row([target], |row| row.get(0))
            .optional()?;
        running.map(|id| word::read(&id)).transpose()
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
            if now.since(&pause.since) < pause.lasts {
                pauses.push(pause);
            }
        }
        Ok(pauses)
    }

    fn charges(&self, rule: &str, target: &str, now: &Now) -> Run<Vec<Now>> {
        let (boot_edge, wall_edge) = window_edges(now);
        let charges = self
            .prepare(
                "SELECT at_wall, at_boot, at_boot_id FROM charges
                 WHERE rule = ?1 AND target = ?2
                   AND CASE at_boot_id WHEN ?3 THEN at_boot >= ?4 ELSE at_wall >= ?5 END
                 ORDER BY number",
            )?
            .query_map(
                params![rule, target, now.boot_id.as_str(), boot_edge, wall_edge],
                |row| moment::read_now(row, 0),
            )?
            .collect::<Result<_, _>>()?;
        Ok(charges)
    }

    fn host_charges(&self, now: &Now) -> Run<Vec<Now>> {
        let (boot_edge, wall_edge) = window_edges(now);
        let charges = self
            .prepare(
                "SELECT at_wall, at_boot, at_boot_id FROM charges
                 WHERE CASE at_boot_id WHEN ?1 THEN at_boot >= ?2 ELSE at_wall >= ?3 END
                 ORDER BY number",
            )?
            .query_map(params![now.boot_id.as_str(), boot_edge, wall_edge], |row| {
                moment::read_now(row, 0)
            })?
            .collect::<Result<_, _>>()?;
        Ok(charges)
    }

    fn repairs(&self, target: &str, now: &Now) -> Run<Vec<Now>> {
        let (boot_edge, wall_edge) = window_edges(now);
        let repairs = self
            .prepare(
                "SELECT ended_wall, ended_boot, ended_boot_id FROM remediations
                 WHERE target = ?1 AND has_started = 1 AND ended_wall IS NOT NULL
                   AND CASE ended_boot_id WHEN ?2 THEN ended_boot >= ?3 ELSE ended_wall >= ?4 END
                 ORDER BY number",
            )?
            .query_map(
                params![target, now.boot_id.as_str(), boot_edge, wall_edge],
                |row| moment::read_now(row, 0),
            )?
            .collect::<Result<_, _>>()?;
        Ok(repairs)
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
                .saturating_sub(now.since(&quarantine.since))
        };
        Ok(quarantines
            .into_iter()
            .filter(|quarantine| !left(quarantine).is_zero())
            .max_by_key(left))
    }
}

/// Where the window begins, by boot time for this boot and by wall clock for others. What another boot wrote
/// "in the future" (the wall clock went backwards since) lies inside.
fn window_edges(now: &Now) -> (i64, i64) {
    let window = duration_ns(HISTORY_WINDOW);
    (
        boot(now).saturating_sub(window),
        wall(now).saturating_sub(window),
    )
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
