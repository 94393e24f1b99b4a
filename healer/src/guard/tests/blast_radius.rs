//! Blast radius: how many at once, how many others must be up.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "as many remediations as may run at once",
            |s| others_running(s, &["mysql", "/tmp", "host"]),
            Defer(Reason::TooManyAtOnce, 30 * SECOND),
        ),
        ("one fewer", |s| others_running(s, &["mysql", "/tmp"]), Act),
        (
            "nothing at once is nothing at all",
            |s| s.policy.max_at_once = 0,
            Defer(Reason::TooManyAtOnce, 30 * SECOND),
        ),
        (
            "another of its group is under repair",
            |s| {
                s.in_group(1, 0, Some(3));
                others_running(s, &["nginx-2"]);
            },
            Defer(Reason::TooManyAtOnce, 30 * SECOND),
        ),
        (
            "one of another group is under repair",
            |s| {
                s.in_group(1, 0, Some(3));
                others_running(s, &["mysql"]);
            },
            Act,
        ),
        (
            "too few others are up, but it is down itself",
            |s| s.in_group(1, 2, Some(0)),
            Act,
        ),
        (
            "it is up and too few others are",
            |s| {
                s.stop_live();
                s.in_group(1, 2, Some(1));
            },
            Defer(Reason::TooFewHealthy, 5 * SECOND),
        ),
        (
            "it is up and enough others are",
            |s| {
                s.stop_live();
                s.in_group(1, 2, Some(2));
            },
            Act,
        ),
        (
            "it is up and nobody knows about the others",
            |s| {
                s.stop_live();
                s.in_group(1, 2, None);
            },
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "its group is not in this policy",
            |s| {
                s.in_group(1, 2, Some(2));
                s.policy.groups.clear();
            },
            Defer(Reason::FactUnknown, SECOND),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
