//! Intents are bounded in every sliding window: for one rule and target, and for the host.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::{Answer, Guard, Question};
use crate::policy::Budget;
use crate::reason::Reason;

pub(super) struct BudgetLeft;

impl Guard for BudgetLeft {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let history = &question.facts.history;
        if let Some(wait) = wait_for_budget(question.rule.budget, &history.charges, question.now) {
            return Answer::Defer(Reason::Budget, wait);
        }
        match wait_for_budget(
            question.policy.host_budget,
            &history.host_charges,
            question.now,
        ) {
            Some(wait) => Answer::Defer(Reason::HostBudget, wait),
            None => Answer::Pass,
        }
    }
}

/// How long until one more charge fits, none when it fits now. `charges` are the oldest first.
fn wait_for_budget(budget: Budget, charges: &[Now], now: &Now) -> Option<Duration> {
    let ages: Vec<Duration> = charges
        .iter()
        .map(|charge| now.since(charge))
        .filter(|age| *age < budget.per)
        .collect();
    let max = usize::try_from(budget.max).unwrap_or(usize::MAX);
    // One more fits when the charge at this place has left the window.
    let leaves_next = ages.len().checked_sub(max)?;
    Some(
        ages.get(leaves_next)
            .map_or(budget.per, |age| budget.per.saturating_sub(*age)),
    )
}
