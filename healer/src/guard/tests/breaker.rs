//! The breaker of a rule.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "three failures in a row",
            |s| ends(s, &[(700, false), (650, false), (600, false)]),
            Defer(Reason::BreakerOpen, 3000 * SECOND),
        ),
        (
            "a success among them",
            |s| ends(s, &[(700, false), (650, true), (600, false)]),
            Act,
        ),
        (
            "two failures",
            |s| ends(s, &[(650, false), (600, false)]),
            Act,
        ),
        (
            "the trial after an hour",
            |s| ends(s, &[(3800, false), (3700, false), (3600, false)]),
            Act,
        ),
        (
            "a second one beside the trial",
            |s| {
                ends(s, &[(3800, false), (3700, false), (3600, false)]);
                s.facts.history.rule_running = 1;
            },
            Defer(Reason::BreakerOpen, 30 * SECOND),
        ),
        (
            "the trial failed",
            |s| {
                ends(
                    s,
                    &[(9000, false), (8000, false), (7000, false), (60, false)],
                );
            },
            Defer(Reason::BreakerOpen, 59 * MINUTE),
        ),
        (
            "the trial succeeded",
            |s| {
                ends(
                    s,
                    &[(9000, false), (8000, false), (7000, false), (60, true)],
                );
            },
            Act,
        ),
        (
            "no breaker",
            |s| {
                ends(s, &[(60, false); 9]);
                s.rule.breaker = None;
            },
            Act,
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
