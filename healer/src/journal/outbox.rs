//! The outbox: messages that were decided on, until each integration has sent its copy or given it up.

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::moment::{boot, duration_ns, timestamp, timestamp_ns, wall};
use super::notifications::read_json;
use super::operation::{Operation, OperationError, Run, Transaction};
use super::{Journal, JournalError};
use crate::notify::message::{Content, Message, MessageId, Undelivered};
use crate::notify::outbox::{
    Delivery, Depth, HeldStatus, NewMessage, Next, QueueStatus, TellingStatus, Tried,
};

impl Journal {
    /// What one integration of a receiver has to send next.
    pub async fn next_delivery(
        &self,
        receiver: String,
        integration: &'static str,
        now: Timestamp,
    ) -> Result<Next, JournalError> {
        let operation = ReadNext {
            receiver,
            integration,
            now,
        };
        let (_, next) = self.ask(operation).await?;
        Ok(next)
    }

    /// Keeps what came of a delivery.
    pub async fn record_delivery(
        &self,
        number: i64,
        tried: Tried,
        at: Now,
    ) -> Result<Depth, JournalError> {
        let (_, depth) = self.ask(RecordDelivery { number, tried, at }).await?;
        Ok(depth)
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
        Ok(status)
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

    /// How much waits to be sent.
    pub(super) fn depth(&self) -> Run<Depth> {
        let (waiting, oldest): (i64, Option<i64>) = self
            .prepare("SELECT count(*), min(created_wall) FROM deliveries WHERE ended_wall IS NULL")?
            .query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(Depth {
            waiting: u64::try_from(waiting).unwrap_or(0),
            oldest: oldest.map(timestamp),
        })
    }

    /// What was given up after another delivery, by receiver and integration; and the last of them.
    pub(super) fn undelivered(&self, after: i64) -> Run<(Vec<Undelivered>, i64)> {
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

struct ReadNext {
    receiver: String,
    integration: &'static str,
    now: Timestamp,
}

impl Operation for ReadNext {
    type Output = Next;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        // A later message of a thread does not overtake an earlier one.
        let mut statement = tx.prepare(
            "SELECT d.number, d.tries, m.id, m.created_wall, m.content
             FROM deliveries AS d JOIN messages AS m ON m.number = d.message
             WHERE d.receiver = ?1 AND d.integration = ?2 AND d.ended_wall IS NULL
               AND (d.due <= ?3 OR d.due_from > ?3)
               AND (d.thread IS NULL OR NOT EXISTS
                   (SELECT 1 FROM deliveries AS e WHERE e.receiver = ?1 AND e.integration = ?2
                        AND e.thread = d.thread AND e.ended_wall IS NULL AND e.number < d.number))
             ORDER BY d.due, d.number LIMIT 1",
        )?;
        let found = {
            let mut rows = statement.query(params![
                self.receiver,
                self.integration,
                timestamp_ns(self.now)
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
                }),
            }
        };
        if let Some(delivery) = found {
            return Ok(Next::Send(Box::new(delivery)));
        }
        let due: Option<i64> = tx
            .prepare(
                "SELECT min(due) FROM deliveries
                 WHERE receiver = ?1 AND integration = ?2 AND ended_wall IS NULL",
            )?
            .query_row(params![self.receiver, self.integration], |row| row.get(0))?;
        Ok(due.map_or(Next::Nothing, |due| Next::Wait(timestamp(due))))
    }
}

struct RecordDelivery {
    number: i64,
    tried: Tried,
    at: Now,
}

impl Operation for RecordDelivery {
    type Output = Depth;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let Self { number, tried, at } = &*self;
        match tried {
            Tried::Sent => end(tx, *number, "sent", None, at)?,
            Tried::GivenUp(reason, why) => end(tx, *number, reason.as_str(), Some(why), at)?,
            Tried::Later { after, why } => {
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
            }
        }
        tx.depth()
    }
}

/// Ends a delivery. What was given up gets a number, by which others are told of it; that a digest did not arrive is not
/// told in another.
fn end(tx: &Transaction<'_>, number: i64, outcome: &str, why: Option<&str>, at: &Now) -> Run<()> {
    tx.execute(
        "UPDATE deliveries SET tries = tries + (?2 <> 'no_receiver'), outcome = ?2,
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

struct Reroute {
    known: Vec<(String, &'static str)>,
    at: Now,
}

impl Operation for Reroute {
    type Output = Vec<(String, u64)>;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let waiting: Vec<(String, String, i64)> = tx
            .prepare(
                "SELECT receiver, integration, count(*) FROM deliveries WHERE ended_wall IS NULL
                 GROUP BY receiver, integration",
            )?
            .query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))?
            .collect::<Result<_, _>>()?;
        let mut given_up = Vec::new();
        for (receiver, integration, count) in waiting {
            let is_known = self
                .known
                .iter()
                .any(|(name, kind)| *name == receiver && *kind == integration);
            if is_known {
                tx.execute(
                    "UPDATE deliveries SET due = min(due, ?3)
                     WHERE receiver = ?1 AND integration = ?2 AND ended_wall IS NULL",
                    params![receiver, integration, wall(&self.at)],
                )?;
                continue;
            }
            tx.execute(
                "UPDATE deliveries SET outcome = 'no_receiver',
                     why = 'the policy does not name this way to the receiver any more',
                     ended_wall = ?3, ended_boot = ?4, ended_boot_id = ?5
                 WHERE receiver = ?1 AND integration = ?2 AND ended_wall IS NULL",
                params![
                    receiver,
                    integration,
                    wall(&self.at),
                    boot(&self.at),
                    self.at.boot_id.as_str()
                ],
            )?;
            given_up.push((integration, u64::try_from(count).unwrap_or(0)));
        }
        let names: Vec<String> = tx
            .prepare("SELECT receiver FROM brakes UNION SELECT receiver FROM held")?
            .query_map([], |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        for name in names {
            if !self.known.iter().any(|(known, _)| *known == name) {
                tx.execute("DELETE FROM held WHERE receiver = ?1", [&name])?;
                tx.execute("DELETE FROM brakes WHERE receiver = ?1", [&name])?;
            }
        }
        Ok(given_up)
    }
}

struct ReadDepth;

impl Operation for ReadDepth {
    type Output = Depth;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        tx.depth()
    }
}

struct ReadStatus;

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
        Ok(TellingStatus { queues, held })
    }
}
