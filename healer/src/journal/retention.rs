//! Forgetting: what ended longer ago than the retention is deleted, a few rows at a time, on the journal's thread.
//!
//! Each step walks on through every table by row number and deletes what is too old among the rows it passes, so it
//! costs the same however large the tables are. Freed pages are used again; the file is never vacuumed.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use rusqlite::{named_params, params};

use super::moment::{boot, duration_ns, wall};
use super::operation::{Run, Transaction};

/// Rows of one table that one step passes.
const STEP: i64 = 500;
/// Time between steps.
const PERIOD: Duration = Duration::from_secs(10);

/// A table, the column of its row number, its time columns, and what must hold beside age.
struct Table {
    name: &'static str,
    number: &'static str,
    time: &'static str,
    condition: &'static str,
    /// Budgets and cooldowns are counted from it: over a reboot it is as old as is certain, lest a wall clock that is
    /// put far forward have it forgotten.
    is_counted: bool,
}

impl Table {
    const fn counted(mut self) -> Self {
        self.is_counted = true;
        self
    }
}

const fn table(
    name: &'static str,
    number: &'static str,
    time: &'static str,
    condition: &'static str,
) -> Table {
    Table {
        name,
        number,
        time,
        condition,
        is_counted: false,
    }
}

/// Attempts go with their remediation, before it.
const TABLES: &[Table] = &[
    table("notifications", "id", "received", "1"),
    table("alerts", "id", "heard", "1"),
    table("invalid_alerts", "rowid", "heard", "1"),
    table(
        "attempts",
        "number",
        "intent",
        "remediation IN (SELECT id FROM remediations WHERE ended_wall IS NOT NULL)",
    ),
    table(
        "remediations",
        "number",
        "ended",
        "NOT EXISTS (SELECT 1 FROM attempts WHERE remediation = remediations.id)",
    )
    .counted(),
    table("charges", "number", "at", "1").counted(),
    table("quarantines", "number", "since", "1"),
    table("pauses", "number", "since", "1"),
    table("undos", "number", "since", "undone_wall IS NOT NULL"),
    table("approvals", "number", "since", "1"),
    // One that never ended is as old as what it was last heard of.
    table("incidents", "number", "changed", "1"),
    table("deliveries", "number", "ended", "1"),
    table(
        "messages",
        "number",
        "created",
        "NOT EXISTS (SELECT 1 FROM deliveries WHERE message = messages.number)",
    ),
    // The last one holds the end of the chain; one that is not in the action log yet is still needed there.
    table(
        "events",
        "seq",
        "at",
        "seq <= :logged AND seq < (SELECT max(seq) FROM events)",
    ),
    table(
        "starts",
        "number",
        "at",
        "number < (SELECT max(number) FROM starts)",
    ),
];

/// Where the walk stands.
#[derive(Debug)]
pub(super) struct Retention {
    keep: Duration,
    /// No action log is written, so no event waits for it.
    has_log: bool,
    last: Option<Now>,
    passed: [i64; TABLES.len()],
}

/// One step of the walk.
#[derive(Debug)]
pub(super) struct Step {
    keep: Duration,
    now: Now,
    logged: i64,
    from: [i64; TABLES.len()],
    to: [i64; TABLES.len()],
}

impl Retention {
    /// Starts at the beginning of every table.
    pub(super) fn new(keep: Duration, has_log: bool) -> Self {
        Self {
            keep,
            has_log,
            last: None,
            passed: [0; TABLES.len()],
        }
    }

    /// The next step, when it is time for it. `logged` is the last event in the action log.
    pub(super) fn due(&mut self, now: &Now, logged: u64) -> Option<Step> {
        if self
            .last
            .as_ref()
            .is_some_and(|last| now.since(last) < PERIOD)
        {
            return None;
        }
        self.last = Some(now.clone());
        Some(self.step(now, logged))
    }

    pub(super) fn step(&self, now: &Now, logged: u64) -> Step {
        let logged = i64::try_from(logged).unwrap_or(i64::MAX);
        Step {
            keep: self.keep,
            now: now.clone(),
            logged: if self.has_log { logged } else { i64::MAX },
            from: self.passed,
            to: self.passed,
        }
    }

    /// The step was committed: go on from there.
    pub(super) fn done(&mut self, step: &Step) {
        self.passed = step.to;
    }
}

impl Step {
    /// Deletes what is too old among the next rows of every table.
    pub(super) fn run(&mut self, tx: &mut Transaction<'_>) -> Run<()> {
        for ((table, from), to) in TABLES.iter().zip(self.from).zip(&mut self.to) {
            *to = next(tx, table, from)?;
            if *to == from {
                // Past the end: begin again with the next step.
                *to = 0;
                continue;
            }
            let Table {
                name,
                number,
                time,
                condition,
                is_counted,
            } = table;
            let keep = duration_ns(self.keep);
            let is_certain = if *is_counted {
                format!(
                    "ifnull((SELECT began + lasted FROM boots WHERE boot_id = {time}_boot_id),
                       (SELECT min(began) FROM boots)) < :certain"
                )
            } else {
                ":certain IS NOT NULL".to_owned()
            };
            tx.prepare(&format!(
                "DELETE FROM {name}
                 WHERE {number} > :from AND {number} <= :to AND {condition} AND {time}_wall IS NOT NULL
                   AND :logged IS NOT NULL
                   AND CASE {time}_boot_id WHEN :boot_id THEN {time}_boot < :boot
                     ELSE {time}_wall < :wall AND {is_certain} END"
            ))?
            .execute(named_params! {
                ":from": from,
                ":to": *to,
                ":logged": self.logged,
                ":boot_id": self.now.boot_id.as_str(),
                ":boot": boot(&self.now).saturating_sub(keep),
                ":wall": wall(&self.now).saturating_sub(keep),
                ":certain": duration_ns(tx.boots.uptime(&self.now)).saturating_sub(keep),
            })?;
        }
        Ok(())
    }
}

/// The number of the last row of a step that starts after `from`.
fn next(tx: &Transaction<'_>, table: &Table, from: i64) -> Run<i64> {
    let Table { name, number, .. } = table;
    let last = tx
        .prepare(&format!(
            "SELECT ifnull(max(n), ?1) FROM
             (SELECT {number} AS n FROM {name} WHERE {number} > ?1 ORDER BY {number} LIMIT ?2)"
        ))?
        .query_row(params![from, STEP], |row| row.get(0))?;
    Ok(last)
}

#[cfg(test)]
mod tests;
