//! Pauses and the release of quarantines: what people say to the healer.

use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::moment::{boot, duration_ns, wall};
use super::operation::{Operation, Run, Transaction};
use crate::facts::Pause;
use crate::target::Target;

/// Sets a pause, in place of one of the same target.
pub(super) struct SetPause(pub(super) Pause);

impl Operation for SetPause {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let pause = &self.0;
        end_pauses(tx, pause.target.as_ref(), &pause.since)?;
        tx.execute(
            "INSERT INTO pauses (target, lasts, note, since_wall, since_boot, since_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            params![
                pause.target.as_ref().map(Target::to_string),
                duration_ns(pause.lasts),
                pause.note,
                wall(&pause.since),
                boot(&pause.since),
                pause.since.boot_id.as_str(),
            ],
        )?;
        Ok(())
    }
}

/// Ends pauses of a target; none: those that cover all. Finds how many were in force.
pub(super) struct EndPauses {
    pub(super) target: Option<Target>,
    pub(super) at: Now,
}

impl Operation for EndPauses {
    type Output = usize;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let pauses = tx.pauses_in_force(&self.at)?;
        let in_force = pauses.iter().filter(|p| p.target == self.target).count();
        end_pauses(tx, self.target.as_ref(), &self.at)?;
        Ok(in_force)
    }
}

/// Ends the quarantine of a target before its time; finds whether there was one.
pub(super) struct ReleaseQuarantine {
    pub(super) target: Target,
    pub(super) at: Now,
}

impl Operation for ReleaseQuarantine {
    type Output = bool;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let target = self.target.to_string();
        let is_in_force = tx.quarantine(&target, &self.at)?.is_some();
        tx.execute(
            "UPDATE quarantines SET released_wall = ?2 WHERE target = ?1 AND released_wall IS NULL",
            params![target, wall(&self.at)],
        )?;
        Ok(is_in_force)
    }
}

fn end_pauses(tx: &Transaction<'_>, target: Option<&Target>, at: &Now) -> Run<()> {
    tx.execute(
        "UPDATE pauses SET ended_wall = ?2 WHERE target IS ?1 AND ended_wall IS NULL",
        params![target.map(Target::to_string), wall(at)],
    )?;
    Ok(())
}
