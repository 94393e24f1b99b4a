//! What fires since nobody could be told: alerts in the order in which they were first heard of.

use rusqlite::params;

use super::super::notifications::firing_alert;
use super::super::operation::{Operation, Run, Transaction};
use crate::alert::Alert;

/// Reads the next of them.
pub(super) struct ReadUntold {
    pub(super) from: i64,
    pub(super) limit: u32,
}

impl Operation for ReadUntold {
    type Output = Vec<(i64, Alert)>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        // A fingerprint fires in one episode at most: the one heard of last.
        let mut statement = tx.prepare(
            "SELECT fingerprint, starts_at, labels, annotations, id FROM alerts AS a
             WHERE status = 'firing' AND id >= ?1 AND NOT EXISTS
                 (SELECT 1 FROM alerts AS b WHERE b.fingerprint = a.fingerprint AND b.heard > a.heard)
             ORDER BY id LIMIT ?2",
        )?;
        let mut rows = statement.query(params![self.from, self.limit])?;
        let mut untold = Vec::new();
        while let Some(row) = rows.next()? {
            untold.push((row.get(4)?, firing_alert(row)?));
        }
        Ok(untold)
    }
}
