//! Another policy is in force: what waits is due at once, and what nobody is named for any more is given up.

use prunelle_foundation::clock::Now;
use rusqlite::params;

use super::super::moment::{boot, wall};
use super::super::operation::{Operation, Run, Transaction};

/// Looks through what waits for another policy: what no way leads to any more is given up, the rest is due.
pub(super) struct Reroute {
    pub(super) known: Vec<(String, &'static str)>,
    pub(super) at: Now,
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
