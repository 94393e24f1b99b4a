//! What was spent of budgets and breakers, over all rules and targets: for the gauges. Guards read what concerns one case
//! (`history.rs`).

use std::collections::BTreeMap;
use std::time::Duration;

use prunelle_foundation::clock::{Boots, Now};

use super::operation::{Operation, Run, Transaction};
use super::{Journal, JournalError, moment};
use crate::facts::MOST_CHARGES;

/// An intent that was charged.
#[derive(Clone, Debug, PartialEq)]
pub struct Charge {
    /// To this rule.
    pub rule: String,
    /// On this target, as `unit:nginx.service`.
    pub target: String,
    /// When.
    pub at: Now,
}

/// What was spent.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Spent {
    /// The newest [`MOST_CHARGES`] of the host, oldest first.
    pub charges: Vec<Charge>,
    /// Ends of each rule's remediations as its breaker sees them, oldest first: when, and whether it succeeded.
    pub ends: BTreeMap<String, Vec<(Now, bool)>>,
    /// By which the age of all that is measured, as guards do.
    pub boots: Boots,
}

impl Spent {
    /// Whether a moment lies no longer ago than `within`, as far as is certain.
    pub fn is_within(&self, within: Duration, moment: &Now, now: &Now) -> bool {
        self.boots.certain(moment, now) < within
    }
}

impl Journal {
    /// What was spent, with the ends of the remediations of `rules`.
    pub async fn spent(&self, rules: Vec<String>) -> Result<Spent, JournalError> {
        let (_, spent) = self.ask(ReadSpent { rules }).await?;
        Ok(spent)
    }
}

struct ReadSpent {
    rules: Vec<String>,
}

impl Operation for ReadSpent {
    type Output = Spent;
    const READS_ONLY: bool = true;

    fn run(&mut self, tx: &mut Transaction<'_>) -> Run<Self::Output> {
        let mut charges: Vec<Charge> = tx
            .prepare(&format!(
                "SELECT rule, target, at_wall, at_boot, at_boot_id FROM charges
                 ORDER BY number DESC LIMIT {MOST_CHARGES}"
            ))?
            .query_map([], |row| {
                Ok(Charge {
                    rule: row.get(0)?,
                    target: row.get(1)?,
                    at: moment::read_now(row, 2)?,
                })
            })?
            .collect::<Result<_, _>>()?;
        charges.reverse();
        let ends = self
            .rules
            .iter()
            .map(|rule| Ok((rule.clone(), tx.rule_ends(rule)?)))
            .collect::<Run<_>>()?;
        Ok(Spent {
            charges,
            ends,
            boots: tx.boots.known.clone(),
        })
    }
}
