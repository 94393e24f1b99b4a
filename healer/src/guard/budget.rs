//! Intents are bounded in every sliding window: for one rule and target, the rule, the target, the host, and one remedy
//! of a ladder. Then the headroom below `StartLimitBurst`: systemd's own budget of starts.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::{Answer, Guard, Question, start_limit};
use crate::facts::MOST_CHARGES;
use crate::policy::Budget;
use crate::reason::Reason;

pub(super) struct BudgetLeft;

impl Guard for BudgetLeft {
    fn name(&self) -> &'static str {
        "budget"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let (rule, history) = (question.rule, &question.facts.history);
        let windows = [
            (Some(rule.budget), &history.charges, Reason::Budget),
            (rule.rule_budget, &history.rule_charges, Reason::RuleBudget),
            (
                rule.target_budget,
                &history.target_charges,
                Reason::TargetBudget,
            ),
            (
                Some(question.policy.host_budget),
                &history.host_charges,
                Reason::HostBudget,
            ),
        ];
        for (budget, charges, reason) in windows {
            if let Some(wait) = budget.and_then(|b| wait_for_budget(b, charges, question)) {
                return Answer::Defer(reason, wait);
            }
        }
        // Last of the windows: on the next rung the others would hold all the same.
        let of_rung = question
            .rung
            .budget
            .and_then(|budget| wait_for_budget(budget, &history.remedy_charges, question));
        match of_rung {
            Some(_) => Answer::Suppress(Reason::RungBudget),
            None => start_limit::StartLimitHeadroom.ask(question),
        }
    }
}

/// How long until one more charge fits, none when it fits now. `charges` are the oldest first, and the journal tells no
/// more than [`MOST_CHARGES`]: a budget above that counts as that.
fn wait_for_budget(budget: Budget, charges: &[Now], question: Question<'_>) -> Option<Duration> {
    let ages: Vec<Duration> = charges
        .iter()
        .map(|charge| question.certain_age(charge))
        .filter(|age| *age < budget.per)
        .collect();
    let max = usize::try_from(budget.max.min(MOST_CHARGES)).unwrap_or(usize::MAX);
    // One more fits when the charge at this place has left the window.
    let leaves_next = ages.len().checked_sub(max)?;
    Some(
        ages.get(leaves_next)
            .map_or(budget.per, |age| budget.per.saturating_sub(*age)),
    )
}
