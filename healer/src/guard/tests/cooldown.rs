//! Quarantine, flapping and cooldown.

use super::*;

pub(super) fn tables() -> Vec<Table> {
    use Decision::{Act, Defer};
    let of_service: Vec<Row> = vec![
        (
            "in quarantine",
            |s| {
                let since = before(&s.now, HOUR);
                s.facts.history.quarantine = Some(Quarantine {
                    since,
                    lasts: 4 * HOUR,
                });
            },
            Defer(Reason::Quarantined, 3 * HOUR),
        ),
        (
            "its quarantine has ended",
            |s| {
                let since = before(&s.now, 4 * HOUR);
                s.facts.history.quarantine = Some(Quarantine {
                    since,
                    lasts: 4 * HOUR,
                });
            },
            Act,
        ),
        (
            "a second fault right after a repair",
            |s| repairs(s, &[1]),
            Act,
        ),
        (
            "a third waits",
            |s| repairs(s, &[60, 1]),
            Defer(Reason::Cooldown, 4 * SECOND),
        ),
        (
            "a fourth waits longer",
            |s| repairs(s, &[90, 60, 1]),
            Defer(Reason::Cooldown, 19 * SECOND),
        ),
        (
            "never longer than the maximum",
            |s| repairs(s, &[500, 400, 300, 200, 100, 50, 1]),
            Defer(Reason::Cooldown, 299 * SECOND),
        ),
        (
            "a quiet time starts the series anew",
            |s| repairs(s, &[5000, 4000, 3000, 1]),
            Act,
        ),
        (
            "repaired too often within a while",
            |s| {
                flapping(s, 3, 600, 3600);
                repairs(s, &[900, 700, 610]);
            },
            Defer(Reason::Flapping, 2990 * SECOND),
        ),
        (
            "left alone for long enough",
            |s| {
                flapping(s, 3, 600, 3600);
                repairs(s, &[3900, 3700, 3600]);
            },
            Act,
        ),
        (
            "as many repairs, but not so close together",
            |s| {
                flapping(s, 3, 600, 3600);
                repairs(s, &[1300, 700, 610]);
            },
            Act,
        ),
        (
            "quarantine is told before flapping, flapping before cooldown",
            |s| {
                flapping(s, 1, 600, 3600);
                repairs(s, &[2, 1]);
            },
            Defer(Reason::Flapping, 3599 * SECOND),
        ),
    ];
    vec![(dead_service(), of_service)]
}

#[test]
fn one_change_gives_one_answer() {
    check(tables());
}
