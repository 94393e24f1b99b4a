//! How the outbox stands: how much waits, what was given up, what is kept back.

use jiff::Timestamp;

use super::super::moment::timestamp;
use super::super::operation::{Operation, OperationError, Run, Transaction};
use crate::notify::message::Undelivered;
use crate::notify::outbox::{Depth, HeldStatus, QueueStatus, TellingStatus, Unwritten};

impl Transaction<'_> {
    /// How much waits to be sent.
    pub(in crate::journal) fn depth(&self) -> Run<Depth> {
        let (waiting, oldest): (i64, Option<i64>) = self
            .prepare("SELECT count(*), min(created_wall) FROM deliveries WHERE ended_wall IS NULL")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Depth {
            waiting: u64::try_from(waiting).unwrap_or(0),
            oldest: oldest.map(timestamp),
        })
    }

    /// What was given up after another delivery, by receiver and integration; and the last of them.
    pub(in crate::journal) fn undelivered(&self, after: i64) -> Run<(Vec<Undelivered>, i64)> {
        let mut statement = self.prepare(
            "SELECT receiver, integration, count(*), ifnull(why, ''), max(undelivered)
             FROM deliveries WHERE undelivered > ?1 GROUP BY receiver, integration",
        )?;
        let mut rows = statement.query([after])?;
        let mut found = Vec::new();
        let mut last = after;
        while let Some(row) = rows.next()? {
            let total: i64 = row.get(2)?;
            found.push(Undelivered {
                receiver: row.get(0)?,
                integration: row.get(1)?,
                total: u64::try_from(total).unwrap_or(0),
                why: row.get(3)?,
            });
            last = last.max(row.get(4)?);
        }
        Ok((found, last))
    }
}

/// Reads how much waits to be sent.
pub(super) struct ReadDepth;

impl Operation for ReadDepth {
    type Output = Depth;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.depth()
    }
}

/// Reads how each way stands, and what is kept back from whom.
pub(super) struct ReadStatus;

impl Operation for ReadStatus {
    type Output = TellingStatus;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let count = |count: i64| u64::try_from(count).unwrap_or(0);
        let queues = tx
            .prepare(
                "SELECT receiver, integration,
                     count(*) FILTER (WHERE ended_wall IS NULL),
                     min(created_wall) FILTER (WHERE ended_wall IS NULL),
                     max(ended_wall) FILTER (WHERE outcome = 'sent'),
                     count(*) FILTER (WHERE outcome <> 'sent'),
                     max(ended_wall) FILTER (WHERE outcome <> 'sent'),
                     (SELECT e.why FROM deliveries AS e
                      WHERE e.receiver = d.receiver AND e.integration = d.integration
                        AND e.tries > 0
                      ORDER BY ifnull(e.ended_wall, e.due_from) DESC LIMIT 1)
                 FROM deliveries AS d GROUP BY receiver, integration",
            )?
            .query_map([], |row| {
                let time = |column| -> rusqlite::Result<Option<Timestamp>> {
                    Ok(row.get::<_, Option<i64>>(column)?.map(timestamp))
                };
                Ok(QueueStatus {
                    receiver: row.get(0)?,
                    integration: row.get(1)?,
                    waiting: count(row.get(2)?),
                    waiting_since: time(3)?,
                    last_sent: time(4)?,
                    given_up: count(row.get(5)?),
                    last_given_up: time(6)?,
                    problem: row.get(7)?,
                })
            })?
            .collect::<Result<_, _>>()
            .map_err(OperationError::from)?;
        let held = tx
            .prepare("SELECT receiver, count(*), min(since_wall) FROM held GROUP BY receiver")?
            .query_map([], |row| {
                Ok(HeldStatus {
                    receiver: row.get(0)?,
                    waiting: count(row.get(1)?),
                    since: timestamp(row.get(2)?),
                })
            })?
            .collect::<Result<_, _>>()?;
        Ok(TellingStatus {
            queues,
            held,
            unwritten: Unwritten::default(),
        })
    }
}
