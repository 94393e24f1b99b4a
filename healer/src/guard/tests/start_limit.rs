//! Headroom below `StartLimitBurst`, which the budget guard asks for.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "start limit hit: the interval must pass first",
            |s| {
                s.service().result = "start-limit-hit".into();
                s.unit().state_change = Some(s.now.wall - 3 * SECOND);
            },
            Defer(Reason::StartLimit, 7 * SECOND),
        ),
        (
            "start limit hit long ago",
            |s| {
                s.service().result = "start-limit-hit".into();
                s.unit().state_change = Some(s.now.wall - 11 * SECOND);
            },
            Act,
        ),
        (
            "one start would be left, which is kept in reserve",
            |s| {
                s.service().start_limit_burst = 4;
                charges(s, &[9, 6, 2]);
            },
            Defer(Reason::StartLimit, SECOND),
        ),
        (
            "a burst of one, and somebody has just started it",
            |s| {
                s.service().start_limit_burst = 1;
                s.unit().last_start = Some(s.now.wall - 4 * SECOND);
            },
            Defer(Reason::StartLimit, 6 * SECOND),
        ),
        (
            "no start limit at all",
            |s| {
                s.service().start_limit_burst = 0;
                charges(s, &[4, 3, 2, 1]);
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
