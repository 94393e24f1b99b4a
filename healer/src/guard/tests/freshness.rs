//! Freshness: since Alertmanager last confirmed it, not since it began.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Suppress};
    let of_service: Vec<Row> = vec![
        (
            "confirmed too long ago",
            |s| s.facts.confirmed = before(&s.now, 121 * SECOND),
            Suppress(Reason::StaleEvidence),
        ),
        (
            "confirmed long ago, but not too long",
            |s| s.facts.confirmed = before(&s.now, 120 * SECOND),
            Act,
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
