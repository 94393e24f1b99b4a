//! Events: each becomes one line of the action log. The line is finished here, hash included, inside the
//! transaction that causes it, so the log can always be written again from the journal, byte for byte.
//!
//! `hash` is the SHA-256, in hex, of the line without its last member `hash`; the line holds the hash of the one
//! before it as `previous_hash`, so nothing can be changed, taken out or put in without breaking the chain. To check
//! a line by hand: `jq -cj 'del(.hash)' | sha256sum`.

use jiff::Timestamp;
use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use rusqlite::params;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::moment;
use super::operation::{Operation, Run, Transaction};
use super::seal::{self, Hash, hex};
use crate::target::Target;

/// The end of the chain: the last event, or zeros before the first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Chain {
    pub(super) seq: i64,
    pub(super) hash: Hash,
}

/// What kind of event a line tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventType {
    /// An alert is new, or changed its status.
    Alert,
    /// Why something was not done, or not yet.
    Decision,
    /// One attempt ended.
    Action,
    /// A remediation ended.
    Outcome,
}

impl EventType {
    fn as_str(self) -> &'static str {
        match self {
            Self::Alert => "alert",
            Self::Decision => "decision",
            Self::Action => "action",
            Self::Outcome => "outcome",
        }
    }
}

/// One line of the action log, read back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Event {
    /// When, by the wall clock.
    pub timestamp: Timestamp,
    /// What kind.
    pub event_type: EventType,
    /// `service_restart`, `folder_clean` …; none for alerts and decisions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_type: Option<String>,
    /// `SUCCESS`, `FIRING`, `DEFERRED` …
    pub status: String,
    /// The unit, when it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    /// One sentence for people.
    pub message: String,
    /// Everything else.
    pub details: Value,
    /// Its place in the chain.
    pub seq: u64,
}

/// What a new line says.
pub(super) struct NewEvent<'a> {
    pub(super) at: &'a Now,
    pub(super) event_type: EventType,
    pub(super) action_type: Option<&'a str>,
    pub(super) status: &'a str,
    pub(super) service: Option<&'a str>,
    pub(super) message: &'a str,
    pub(super) details: &'a dyn erased::Details,
}

/// Lets lines carry details of any shape without making `NewEvent` generic.
pub(super) mod erased {
    /// Anything that can write itself as JSON.
    pub(in crate::journal) trait Details {
        /// As raw JSON.
        fn to_json(&self) -> serde_json::Result<Box<serde_json::value::RawValue>>;
    }

    impl<T: serde::Serialize> Details for T {
        fn to_json(&self) -> serde_json::Result<Box<serde_json::value::RawValue>> {
            serde_json::value::to_raw_value(self)
        }
    }
}

#[derive(Serialize)]
struct Line<'a> {
    timestamp: String,
    event_type: EventType,
    #[serde(skip_serializing_if = "Option::is_none")]
    action_type: Option<&'a str>,
    status: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    service: Option<&'a str>,
    message: &'a str,
    details: &'a serde_json::value::RawValue,
    seq: i64,
    previous_hash: String,
}

impl Transaction<'_> {
    /// Adds an event to the chain.
    pub(super) fn add_event(&mut self, event: &NewEvent<'_>) -> Run<()> {
        let chain = self.state.chain;
        let details = event.details.to_json()?;
        let mut line = serde_json::to_string(&Line {
            timestamp: format!("{:.3}", event.at.wall),
            event_type: event.event_type,
            action_type: event.action_type,
            status: event.status,
            service: event.service,
            message: event.message,
            details: &details,
            seq: chain.seq + 1,
            previous_hash: hex(&chain.hash),
        })?;
        let next = Chain {
            seq: chain.seq + 1,
            hash: seal::close(&mut line),
        };
        self.execute(
            "INSERT INTO events (seq, event_type, at_wall, at_boot, at_boot_id, hash, line)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            params![
                next.seq,
                event.event_type.as_str(),
                moment::wall(event.at),
                moment::boot(event.at),
                event.at.boot_id.as_str(),
                hex(&next.hash),
                line
            ],
        )?;
        self.state.chain = next;
        Ok(())
    }
}

/// The unit's name, for the `service` of a line.
pub(super) fn service(target: &Target) -> Option<&str> {
    target.unit().map(UnitName::as_str)
}

/// Reads the newest events, newest first.
pub(super) struct RecentEvents {
    pub(super) limit: u32,
    /// Only attempts and ends of remediations.
    pub(super) only_actions: bool,
}

impl Operation for RecentEvents {
    type Output = Vec<Event>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement = tx.prepare(if self.only_actions {
            "SELECT line FROM events WHERE event_type IN ('action', 'outcome')
             ORDER BY seq DESC LIMIT ?1"
        } else {
            "SELECT line FROM events ORDER BY seq DESC LIMIT ?1"
        })?;
        let mut rows = statement.query([self.limit])?;
        let mut events = Vec::new();
        while let Some(row) = rows.next()? {
            events.push(serde_json::from_str(
                row.get_ref(0)?.as_str().map_err(rusqlite::Error::from)?,
            )?);
        }
        Ok(events)
    }
}

/// Reads finished lines before one (none: the last ones), newest first.
pub(super) struct LinesBefore {
    pub(super) seq: Option<i64>,
    pub(super) limit: u32,
}

impl Operation for LinesBefore {
    type Output = Vec<String>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement =
            tx.prepare("SELECT line FROM events WHERE seq < ?1 ORDER BY seq DESC LIMIT ?2")?;
        let lines = statement
            .query_map((self.seq.unwrap_or(i64::MAX), self.limit), |row| row.get(0))?
            .collect::<Result<_, _>>()?;
        Ok(lines)
    }
}

/// Reads finished lines in order, for the action log.
pub(super) struct LinesAfter {
    pub(super) seq: i64,
    pub(super) limit: u32,
}

impl Operation for LinesAfter {
    type Output = Vec<(i64, String)>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut statement =
            tx.prepare("SELECT seq, line FROM events WHERE seq > ?1 ORDER BY seq LIMIT ?2")?;
        let lines = statement
            .query_map((self.seq, self.limit), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<Result<_, _>>()?;
        Ok(lines)
    }
}

/// Reads the line of one event.
pub(super) struct LineAt(pub(super) i64);

impl Operation for LineAt {
    type Output = Option<String>;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        use rusqlite::OptionalExtension as _;
        let line = tx
            .prepare("SELECT line FROM events WHERE seq = ?1")?
            .query_row([self.0], |row| row.get(0))
            .optional()?;
        Ok(line)
    }
}
