//! A person has to agree.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer, Observe, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "nobody was asked yet",
            |s| approval(s, None),
            Defer(Reason::AwaitingApproval, HOUR),
        ),
        (
            "nobody has answered yet",
            |s| approval(s, Some((10, None))),
            Defer(Reason::AwaitingApproval, 50 * MINUTE),
        ),
        ("approved", |s| approval(s, Some((59, Some(true)))), Act),
        (
            "denied",
            |s| approval(s, Some((10, Some(false)))),
            Suppress(Reason::Denied),
        ),
        (
            "denied long ago",
            |s| approval(s, Some((600, Some(false)))),
            Suppress(Reason::Denied),
        ),
        (
            "nobody answered in time",
            |s| approval(s, Some((60, None))),
            Suppress(Reason::ApprovalExpired),
        ),
        (
            "approved, and not used in time",
            |s| approval(s, Some((60, Some(true)))),
            Suppress(Reason::ApprovalExpired),
        ),
        (
            "observe mode asks nobody",
            |s| {
                approval(s, None);
                s.policy.mode = Mode::Observe;
            },
            Observe,
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
