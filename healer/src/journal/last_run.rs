//! When a remedy was run last on this host, whatever the rule and the target.

use prunelle_foundation::clock::Now;
use rusqlite::OptionalExtension as _;

use super::moment;
use super::operation::{Operation, Run, Transaction};
use crate::policy::RemedyKind;

/// Reads when a remedy was marked as started last; an attempt that systemd refused has not run.
pub(super) struct LastStarted(pub(super) RemedyKind);

impl Operation for LastStarted {
    type Output = Option<Now>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let started = tx
            .prepare(
                "SELECT started_wall, started_boot, started_boot_id FROM attempts
                 WHERE remedy = ?1 AND started_wall IS NOT NULL
                   AND (reason IS NULL OR reason NOT IN ('not_permitted', 'remedy_failed'))
                 ORDER BY number DESC LIMIT 1",
            )?
            .query_row([self.0.as_str()], |row| moment::read_now(row, 0))
            .optional()?;
        Ok(started)
    }
}
