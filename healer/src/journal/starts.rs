//! How often the healer started without having stopped cleanly before.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::moment;
use super::operation::{Operation, Run, Transaction};

/// Counts the unclean starts of the last while, this run's own included.
pub(super) struct UncleanStarts {
    pub(super) within: Duration,
    pub(super) now: Now,
}

impl Operation for UncleanStarts {
    type Output = usize;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare(
            "SELECT at_wall, at_boot, at_boot_id FROM starts WHERE is_unclean = 1
             ORDER BY number DESC LIMIT 100",
        )?;
        let mut rows = statement.query([])?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            if self.now.since(&moment::read_now(row, 0)?) <= self.within {
                count += 1;
            }
        }
        Ok(count)
    }
}
