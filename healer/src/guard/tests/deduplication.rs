//! Deduplication: an alert about a target under repair joins that repair.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "its repair runs",
            |s| s.facts.history.running = Some(RemediationId(Uuid::from_u128(1))),
            Defer(Reason::JoinedRunning, 30 * SECOND),
        ),
        (
            "it is this very repair that asks for its next attempt",
            |s| {
                s.facts.history.running = Some(RemediationId(Uuid::from_u128(1)));
                s.remediation = Some(RemediationId(Uuid::from_u128(1)));
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
