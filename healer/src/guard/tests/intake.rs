//! Intake: the alert is within the limits.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::Suppress;
    let of_service: Vec<Row> = vec![
        (
            "a label that is too long",
            |s| s.label("summary", &"x".repeat(5000)),
            Suppress(Reason::InvalidAlert),
        ),
        (
            "too many labels",
            |s| (0..64).for_each(|n| s.label(&format!("l{n}"), "")),
            Suppress(Reason::InvalidAlert),
        ),
        (
            "a label without a name",
            |s| s.label("", "x"),
            Suppress(Reason::InvalidAlert),
        ),
        (
            "no labels at all",
            |s| s.alert.labels.clear(),
            Suppress(Reason::InvalidAlert),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
