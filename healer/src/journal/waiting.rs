//! How much waits to be sent, by receiver and integration: for the gauges.

use super::moment::timestamp;
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};
use crate::notify::gauging::Waiting;

impl Journal {
    /// What waits in each queue that is not empty.
    pub async fn waiting_by_queue(&self) -> Result<Vec<Waiting>, JournalError> {
        let (_, waiting) = self.ask(ReadWaiting).await?;
        Ok(waiting)
    }
}

struct ReadWaiting;

impl Operation for ReadWaiting {
    type Output = Vec<Waiting>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let waiting = tx
            .prepare(
                "SELECT receiver, integration, count(*), min(created_wall) FROM deliveries
                 WHERE ended_wall IS NULL GROUP BY receiver, integration",
            )?
            .query_map([], |row| {
                let count: i64 = row.get(2)?;
                Ok((
                    row.get(0)?,
                    row.get(1)?,
                    u64::try_from(count).unwrap_or(0),
                    timestamp(row.get(3)?),
                ))
            })?
            .collect::<Result<_, _>>()?;
        Ok(waiting)
    }
}
