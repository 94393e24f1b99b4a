//! Admission: what was read outside the journal is fresh.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "what is known of the unit is too old",
            |s| s.fact_age(Duration::from_millis(2001)),
            Defer(Reason::FactUnknown, SECOND),
        ),
        (
            "what is known of the unit is old enough",
            |s| s.fact_age(2 * SECOND),
            Act,
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
