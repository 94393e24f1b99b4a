//! How far regular reports have been sent: the end of the last period, kept in the transaction that posts its report.

use jiff::Timestamp;
use rusqlite::{OptionalExtension as _, params};

use super::moment::{timestamp, timestamp_ns};
use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError};
use crate::notify::outbox::{Depth, NewMessage};
use prunelle_foundation::clock::Now;

const NAME: &str = "reported";

impl Journal {
    /// Until when was reported; asked for the first time, until `first`: what was before is not made up for.
    pub async fn reported(&self, first: Timestamp) -> Result<Timestamp, JournalError> {
        let (_, until) = self.ask(Reported { first }).await?;
        Ok(until)
    }

    /// Posts the report of a period that ends at `until`, to each of its readers.
    pub async fn post_report(
        &self,
        messages: Vec<NewMessage>,
        until: Timestamp,
        at: Now,
    ) -> Result<Depth, JournalError> {
        let operation = PostReport {
            messages,
            until,
            at,
        };
        let (_, depth) = self.ask(operation).await?;
        Ok(depth)
    }
}

struct Reported {
    first: Timestamp,
}

impl Operation for Reported {
    type Output = Timestamp;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let known: Option<i64> = tx
            .prepare("SELECT value FROM settings WHERE name = ?1")?
            .query_row([NAME], |row| row.get(0))
            .optional()?;
        if let Some(until) = known {
            return Ok(timestamp(until));
        }
        tx.execute(
            "INSERT INTO settings VALUES (?1, ?2)",
            params![NAME, timestamp_ns(self.first)],
        )?;
        Ok(self.first)
    }
}

struct PostReport {
    messages: Vec<NewMessage>,
    until: Timestamp,
    at: Now,
}

impl Operation for PostReport {
    type Output = Depth;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        for message in &self.messages {
            tx.put_in_outbox(message, &self.at)?;
        }
        tx.execute(
            "UPDATE settings SET value = ?2 WHERE name = ?1",
            params![NAME, timestamp_ns(self.until)],
        )?;
        tx.depth()
    }
}
