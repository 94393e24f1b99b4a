//! What the healer's journal holds, read from its database past the healer, and compared with the action log.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::Host;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OptionalExtension as _};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

/// The last step of a repair that is on disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Step {
    /// Not even the intent.
    Nothing,
    /// The intent.
    Intent,
    /// The mark that the remedy was started.
    Started,
    /// That it has acted, and is being verified.
    Verifying,
    /// The end of an attempt or of the whole remediation.
    Ended,
}

const OF_FAULT: &str = "FROM remediations JOIN alerts USING (fingerprint, starts_at)
    WHERE json_extract(alerts.labels, '$.fault') = ?1";

/// The database, open beside the healer or after its death.
pub(super) struct Ledger(Connection);

impl Ledger {
    /// Opens it; what a crash has left there stays as it is.
    pub(super) fn open(host: &Host) -> Result<Self> {
        let conn = Connection::open(host.dir().join("state/journal.db"))?;
        conn.busy_timeout(Duration::from_secs(5))?;
        conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)?;
        Ok(Self(conn))
    }

    /// How far the last remediation of a target got.
    pub(super) fn last_step(&self, target: &str) -> Result<Step> {
        let found: Option<(String, bool)> = self
            .0
            .query_row(
                "SELECT phase, attempts.outcome IS NOT NULL OR remediations.outcome IS NOT NULL
                 FROM attempts JOIN remediations ON remediations.id = attempts.remediation
                 WHERE instr(target, ?1) ORDER BY attempts.number DESC LIMIT 1",
                [target],
                |row| Ok((row.get(0)?, row.get(1)?)),
            )
            .optional()?;
        Ok(
            match found
                .as_ref()
                .map(|(phase, is_over)| (phase.as_str(), is_over))
            {
                None => Step::Nothing,
                Some((_, true)) => Step::Ended,
                Some(("intent", _)) => Step::Intent,
                Some(("started", _)) => Step::Started,
                Some(_) => Step::Verifying,
            },
        )
    }

    /// Intents on a target, and what was charged to its budget.
    pub(super) fn intents_and_charges(&self, target: &str) -> Result<(u32, u32)> {
        let count = |sql: &str| self.0.query_row(sql, [target], |row| row.get(0));
        Ok((
            count(
                "SELECT count(*) FROM attempts JOIN remediations ON remediations.id = remediation
                 WHERE instr(target, ?1)",
            )?,
            count("SELECT count(*) FROM charges WHERE instr(target, ?1)")?,
        ))
    }

    /// How the remediations ended that an alert with this label `fault` caused: outcome and reason, if it has one.
    pub(super) fn ends(&self, fault: &str) -> Result<Vec<(String, String)>> {
        let sql = format!(
            "SELECT lower(outcome), coalesce(reason, '') {OF_FAULT} AND ended_wall IS NOT NULL
             ORDER BY remediations.number"
        );
        let mut statement = self.0.prepare(&sql)?;
        let ends = statement.query_map([fault], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok(ends.collect::<Result<_, _>>()?)
    }

    /// Start marks of those remediations.
    pub(super) fn starts(&self, fault: &str) -> Result<usize> {
        let sql = format!(
            "SELECT count(*) FROM attempts WHERE phase <> 'intent'
             AND remediation IN (SELECT remediations.id {OF_FAULT})"
        );
        Ok(self
            .0
            .query_row(&sql, [fault], |row| row.get::<_, i64>(0))?
            .try_into()?)
    }

    /// How far the last remediation of a fault got.
    pub(super) fn last_step_of(&self, fault: &str) -> Result<Step> {
        let sql = format!("SELECT target {OF_FAULT} ORDER BY remediations.number DESC LIMIT 1");
        let target: Option<String> = self
            .0
            .query_row(&sql, [fault], |row| row.get(0))
            .optional()?;
        target.map_or(Ok(Step::Nothing), |target| self.last_step(&target))
    }

    /// Remediations that have not ended.
    pub(super) fn unfinished(&self) -> Result<u32> {
        let sql = "SELECT count(*) FROM remediations WHERE ended_wall IS NULL";
        Ok(self.0.query_row(sql, [], |row| row.get(0))?)
    }

    /// Three crashes in five minutes, and the healer would only observe: a story of more must not be one.
    pub(super) fn forgive_crashes(&self) -> Result<()> {
        self.0.execute("UPDATE starts SET is_unclean = 0", [])?;
        Ok(())
    }

    /// The action log is what the journal holds, byte for byte: no line lost, twice or changed, and the chain whole.
    pub(super) fn equals_action_log(&self, host: &Host) -> Result<()> {
        let log = fs::read_to_string(host.action_log())?;
        let mut statement = self.0.prepare("SELECT line FROM events ORDER BY seq")?;
        let journal = statement
            .query_map([], |row| row.get(0))?
            .collect::<Result<Vec<String>, _>>()?;
        ensure!(
            log.lines().eq(journal.iter()),
            "the action log is not the journal:\n{log}\n--- journal:\n{journal:#?}"
        );
        let mut previous = "0".repeat(64);
        for (line, seq) in journal.iter().zip(1..) {
            let value: Value = serde_json::from_str(line)?;
            let hash = value["hash"].as_str().context("no hash")?;
            ensure!(value["seq"] == seq, "not line {seq}: {line}");
            ensure!(value["previous_hash"] == previous, "broken chain: {line}");
            let whole = line.replace(&format!(",\"hash\":\"{hash}\""), "");
            ensure!(sha256(&whole) == hash, "changed: {line}");
            hash.clone_into(&mut previous);
        }
        Ok(())
    }
}

fn sha256(text: &str) -> String {
    let mut hex = String::new();
    for byte in Sha256::digest(text) {
        write!(hex, "{byte:02x}").expect("writing to a string");
    }
    hex
}
