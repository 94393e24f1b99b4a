//! Pauses: a person has the healer do nothing for a while, to one target or to all.

use prunelle_foundation::clock::Now;
use prunelle_foundation::duration::PromDuration;
use rusqlite::params;
use serde::Serialize;

use super::events::{EventType, NewEvent, service};
use super::moment::{boot, duration_ns, wall};
use super::operation::{Operation, Run, Transaction};
use crate::facts::Pause;
use crate::target::Target;

/// Sets a pause, in place of one of the same target.
pub(super) struct SetPause {
    pub(super) pause: Pause,
    pub(super) by: String,
}

impl Operation for SetPause {
    type Output = ();

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let Self { pause, by } = &*self;
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
        let target = pause.target.as_ref();
        let lasts = PromDuration::from(pause.lasts);
        let message = format!("{by} paused {} for {lasts}", shown(target));
        add_line(
            tx,
            "PAUSED",
            &message,
            target,
            by,
            &pause.note,
            &pause.since,
        )
    }
}

/// Ends pauses of a target; none: those that cover all. Finds how many were in force.
pub(super) struct EndPauses {
    pub(super) target: Option<Target>,
    pub(super) by: String,
    pub(super) at: Now,
}

impl Operation for EndPauses {
    type Output = usize;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let pauses = tx.pauses_in_force(&self.at)?;
        let in_force = pauses.iter().filter(|p| p.target == self.target).count();
        end_pauses(tx, self.target.as_ref(), &self.at)?;
        if in_force > 0 {
            let target = self.target.as_ref();
            let message = format!("{} ended the pause of {}", self.by, shown(target));
            add_line(tx, "RESUMED", &message, target, &self.by, "", &self.at)?;
        }
        Ok(in_force)
    }
}

fn end_pauses(tx: &Transaction<'_>, target: Option<&Target>, at: &Now) -> Run<()> {
    tx.execute(
        "UPDATE pauses SET ended_wall = ?2 WHERE target IS ?1 AND ended_wall IS NULL",
        params![target.map(Target::to_string), wall(at)],
    )?;
    Ok(())
}

fn shown(target: Option<&Target>) -> String {
    target.map_or_else(|| "all".to_owned(), Target::to_string)
}

fn add_line(
    tx: &mut Transaction<'_>,
    status: &str,
    message: &str,
    target: Option<&Target>,
    by: &str,
    note: &str,
    at: &Now,
) -> Run<()> {
    #[derive(Serialize)]
    struct Details<'a> {
        target: String,
        by: &'a str,
        #[serde(skip_serializing_if = "str::is_empty")]
        note: &'a str,
    }
    tx.add_event(&NewEvent {
        at,
        event_type: EventType::Decision,
        action_type: None,
        status,
        service: target.and_then(service),
        message,
        details: &Details {
            target: shown(target),
            by,
            note,
        },
    })
}
