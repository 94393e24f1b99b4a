//! Budgets: sliding windows by rule and target, rule, target, host and rung.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "the budget of rule and target is used up",
            |s| charges(s, &[3599, 50, 40, 30, 20]),
            Defer(Reason::Budget, SECOND),
        ),
        (
            "one charge has just left the window",
            |s| charges(s, &[3600, 50, 40, 30, 20]),
            Act,
        ),
        (
            "a budget of nothing allows nothing",
            |s| s.rule.budget.max = 0,
            Defer(Reason::Budget, HOUR),
        ),
        (
            "the budget of the host is used up",
            |s| {
                s.policy.host_budget.max = 1;
                s.facts.history.host_charges = vec![before(&s.now, 600 * SECOND)];
            },
            Defer(Reason::HostBudget, 3000 * SECOND),
        ),
        (
            "the budget of the rule over all targets is used up",
            |s| {
                s.rule.rule_budget = Some(Budget { max: 2, per: HOUR });
                s.facts.history.rule_charges = times(s, &[3000, 10]);
            },
            Defer(Reason::RuleBudget, 600 * SECOND),
        ),
        (
            "the budget of the target over all rules is used up",
            |s| {
                s.rule.target_budget = Some(Budget { max: 1, per: HOUR });
                s.facts.history.target_charges = times(s, &[10]);
            },
            Defer(Reason::TargetBudget, 3590 * SECOND),
        ),
        (
            "the budget of the rung is used up: the ladder goes on",
            |s| {
                s.rule.ladder[0].budget = Some(Budget { max: 1, per: HOUR });
                s.facts.history.remedy_charges = times(s, &[3599]);
            },
            Suppress(Reason::RungBudget),
        ),
        (
            "the budget of the rung is refilled",
            |s| {
                s.rule.ladder[0].budget = Some(Budget { max: 1, per: HOUR });
                s.facts.history.remedy_charges = times(s, &[3600]);
            },
            Act,
        ),
        (
            "a larger budget than charges are told of",
            |s| {
                s.rule.budget.max = MOST_CHARGES + 1;
                charges(s, &vec![7; usize::try_from(MOST_CHARGES).unwrap()]);
            },
            Defer(Reason::Budget, 3593 * SECOND),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
