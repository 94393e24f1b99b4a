//! Limits are no larger than what the journal tells of: what a policy asks for is what it gets.

use super::*;
use crate::facts::{MOST_CHARGES, MOST_ENDS};

#[test]
fn nothing_is_asked_for_that_could_not_be_counted() {
    let with = |lines: &str| {
        with_rule(&format!(
            "    {lines}\n    target: {{unit: {{label: name, allow: [nginx]}}}}\n    ladder:\n      - {{remedy: start_service, verify: {{unit_active: {{}}}}}}\n"
        ))
    };
    for (least, most, written) in [
        (1, MOST_CHARGES, "budget: {max: N, per: 1h}"),
        (1, MOST_CHARGES, "rule_budget: {max: N, per: 1h}"),
        (1, MOST_CHARGES, "target_budget: {max: N, per: 1h}"),
        (
            2,
            MOST_ENDS,
            "flapping: {repairs: N, within: 30m, hold: 1h}",
        ),
        (1, MOST_ENDS, "breaker: {failures: N, open_for: 1h}"),
    ] {
        let at = |number: u32| with(&written.replace('N', &number.to_string()));
        for number in [least, most] {
            assert!(load(&at(number)).is_ok(), "{written} {number}");
        }
        let number = most + 1;
        let wrong = format!("`{number}` is not a whole number from {least} to {most}");
        let told = errors(&at(number));
        assert!(told.contains(&wrong), "{written}: {told}");
    }
}
