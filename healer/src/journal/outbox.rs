//! The outbox: messages that were decided on, until each integration has sent its copy or given it up.

mod reroute;
mod standing;

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use rusqlite::params;
use rusqlite::types::ValueRef;

use super::moment::{boot, duration_ns, timestamp, timestamp_ns, wall};
use super::notifications::read_json;
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};
use crate::notify::message::{Content, Message, MessageId};
use crate::notify::outbox::{
    Delivery, Depth, NewMessage, Next, Skipped, TellingStatus, Tried, Unwritten,
};
use crate::notify::settled::Settled;

use self::reroute::Reroute;
use self::standing::{ReadDepth, ReadStatus};

impl Journal {
    /// What one integration of a receiver has to send next, apart from what is dealt with and could not be written.
    pub async fn next_delivery(
        &self,
        receiver: String,
        integration: &'static str,
        skipped: Skipped,
        now: Timestamp,
    ) -> Result<Next, JournalError> {
        let operation = ReadNext {
            receiver,
            integration,
            skipped,
            now,
        };
        let (_, next) = self.ask(operation).await?;
        Ok(next)
    }

    /// Keeps what came of deliveries, all or none.
    pub async fn record_deliveries(
        &self,
        tried: Vec<(i64, Tried)>,
        at: Now,
    ) -> Result<Depth, JournalError> {
        let (_, depth) = self.ask(RecordDeliveries { tried, at }).await?;
        Ok(depth)
    }

    /// Keeps who needs the message of a delivery no more, before it goes on to the next recipient.
    pub async fn record_settled(&self, number: i64, settled: Settled) -> Result<(), JournalError> {
        self.ask(RecordSettled { number, settled }).await?;
        Ok(())
    }

    /// Another policy, or other secrets: what waits for the integrations in `known` is tried at once, and what waits for
    /// any other is given up; how many of these, by integration.
    pub async fn reroute(
        &self,
        known: Vec<(String, &'static str)>,
        at: Now,
    ) -> Result<Vec<(String, u64)>, JournalError> {
        let (_, given_up) = self.ask(Reroute { known, at }).await?;
        Ok(given_up)
    }

    /// How much waits to be sent.
    pub async fn outbox_depth(&self) -> Result<Depth, JournalError> {
        let (_, depth) = self.ask(ReadDepth).await?;
        Ok(depth)
    }

    /// How telling people stands.
    pub async fn telling_status(&self) -> Result<TellingStatus, JournalError> {
        let (_, status) = self.ask(ReadStatus).await?;
        Ok(TellingStatus {
            unwritten: self.unwritten(),
            ..status
        })
    }

    /// What could not be written of telling people.
    pub fn unwritten(&self) -> Unwritten {
        self.stats().unwritten()
    }
}

impl Transaction<'_> {
    /// One row for the message and one for each integration.
    pub(super) fn put_in_outbox(&self, new: &NewMessage, at: &Now) -> Run<()> {
        let NewMessage {
            receiver,
            integrations,
            message,
        } = new;
        if integrations.is_empty() {
            return Ok(());
        }
        let MessageId(id) = &message.id;
        let (kind, thread) = match &message.content {
            Content::Incident(news) => ("incident", Some(&news.incident.id.0)),
            Content::Gathered(_) => ("gathered", None),
            Content::Digest(_) => ("digest", None),
            Content::Report(_) => ("report", None),
            Content::Test => ("test", None),
        };
        self.execute(
            "INSERT INTO messages
                 (id, receiver, kind, content, created_wall, created_boot, created_boot_id)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                id,
                receiver,
                kind,
                serde_json::to_string(&message.content)?,
                timestamp_ns(message.created),
                boot(at),
                at.boot_id.as_str(),
            ],
        )?;
        let number = self.conn.last_insert_rowid();
        for integration in integrations {
            self.execute(
                "INSERT INTO deliveries
                     (message, receiver, integration, thread, created_wall, due, due_from)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6)",
                params![
                    number,
                    receiver,
                    integration,
                    thread,
                    timestamp_ns(message.created),
                    wall(at),
                ],
            )?;
        }
        Ok(())
    }
}

struct ReadNext {
    receiver: String,
    integration: &'static str,
    skipped: Skipped,
    now: Timestamp,
}

impl Operation for ReadNext {
    type Output = Next;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let ended = serde_json::to_string(&self.skipped.ended)?;
        let later = serde_json::to_string(&self.skipped.later)?;
        // A later message of a thread does not overtake an earlier one.
        let mut statement = tx.prepare(
            "SELECT d.number, d.tries, m.id, m.created_wall, m.content, d.settled
             FROM deliveries AS d JOIN messages AS m ON m.number = d.message
             WHERE d.receiver = ?1 AND d.integration = ?2 AND d.ended_wall IS NULL
               AND (d.due <= ?3 OR d.due_from > ?3)
               AND d.number NOT IN (SELECT value FROM json_each(?4))
               AND d.number NOT IN (SELECT value FROM json_each(?5))
               AND (d.thread IS NULL OR NOT EXISTS
                   (SELECT 1 FROM deliveries AS e WHERE e.receiver = ?1 AND e.integration = ?2
                        AND e.thread = d.thread AND e.ended_wall IS NULL AND e.number < d.number
                        AND e.number NOT IN (SELECT value FROM json_each(?4))))
             ORDER BY d.due, d.number LIMIT 1",
        )?;
        let found = {
            let mut rows = statement.query(params![
                self.receiver,
                self.integration,
                timestamp_ns(self.now),
                ended,
                later,
            ])?;
            match rows.next()? {
                None => None,
                Some(row) => Some(Delivery {
                    number: row.get(0)?,
                    tries: row.get(1)?,
                    message: Message {
                        id: MessageId(row.get(2)?),
                        created: timestamp(row.get(3)?),
                        content: read_json(row, 4)?,
                    },
                    settled: match row.get_ref(5)? {
                        ValueRef::Null => Settled::new(),
                        _ => read_json(row, 5)?,
                    },
                }),
            }
        };
        if let Some(delivery) = found {
            return Ok(Next::Send(Box::new(delivery)));
        }
        let due: Option<i64> = tx
            .prepare(
                "SELECT min(due) FROM deliveries
                 WHERE receiver = ?1 AND integration = ?2 AND ended_wall IS NULL
                   AND number NOT IN (SELECT value FROM json_each(?3))
                   AND number NOT IN (SELECT value FROM json_each(?4))",
            )?
            .query_row(
                params![self.receiver, self.integration, ended, later],
                |row| row.get(0),
            )?;
        Ok(due.map_or(Next::Nothing, |due| Next::Wait(timestamp(due))))
    }
}

struct RecordDeliveries {
    tried: Vec<(i64, Tried)>,
    at: Now,
}

impl Operation for RecordDeliveries {
    type Output = Depth;
    const CAN_WAIT: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let Self { tried, at } = &*self;
        for (number, tried) in tried {
            match tried {
                Tried::Sent => end(tx, *number, "sent", None, at)?,
                Tried::GivenUp(reason, why) => end(tx, *number, reason.as_str(), Some(why), at)?,
                Tried::Later {
                    after,
                    why,
                    settled,
                } => {
                    tx.execute(
                        "UPDATE deliveries SET tries = tries + 1, why = ?2, due_from = ?3, due = ?4
                         WHERE number = ?1 AND ended_wall IS NULL",
                        params![
                            number,
                            why,
                            wall(at),
                            wall(at).saturating_add(duration_ns(*after)),
                        ],
                    )?;
                    settle(tx, *number, settled)?;
                }
            }
        }
        tx.depth()
    }
}

struct RecordSettled {
    number: i64,
    settled: Settled,
}

impl Operation for RecordSettled {
    type Output = ();
    const CAN_WAIT: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        settle(tx, self.number, &self.settled)
    }
}

fn settle(tx: &Transaction<'_>, number: i64, settled: &Settled) -> Run<()> {
    if !settled.is_empty() {
        tx.execute(
            "UPDATE deliveries SET settled = ?2 WHERE number = ?1 AND ended_wall IS NULL",
            params![number, serde_json::to_string(settled)?],
        )?;
    }
    Ok(())
}

/// Ends a delivery. What was given up gets a number, by which others are told of it; that a digest did not arrive is not
/// told in another.
fn end(tx: &Transaction<'_>, number: i64, outcome: &str, why: Option<&str>, at: &Now) -> Run<()> {
    tx.execute(
        "UPDATE deliveries SET tries = tries + (?2 <> 'no_receiver'), outcome = ?2, settled = NULL,
             why = CASE ?2 WHEN 'sent' THEN NULL ELSE ifnull(?3, why) END,
             undelivered = CASE WHEN ?2 IN ('refused', 'too_old')
                     AND (SELECT kind FROM messages WHERE number = message) NOT IN ('digest', 'test')
                 THEN (SELECT ifnull(max(undelivered), 0) + 1 FROM deliveries) END,
             ended_wall = ?4, ended_boot = ?5, ended_boot_id = ?6
         WHERE number = ?1 AND ended_wall IS NULL",
        params![number, outcome, why, wall(at), boot(at), at.boot_id.as_str()],
    )?;
    Ok(())
}
