use super::*;

#[test]
fn all_holds_every_reason_in_order_and_both_spellings_agree() {
    assert_eq!(Reason::ALL.len(), Reason::InvalidAlert as usize + 1);
    for (index, reason) in Reason::ALL.into_iter().enumerate() {
        assert_eq!(reason as usize, index);
        assert_eq!(
            serde_json::to_value(reason).unwrap(),
            serde_json::json!(reason.as_str())
        );
    }
}

#[test]
fn all_holds_every_outcome_and_all_spellings_agree() {
    assert_eq!(Outcome::ALL.len(), Outcome::Unknown as usize + 1);
    for outcome in Outcome::ALL {
        let word = outcome.as_str();
        assert_eq!(
            serde_json::to_value(outcome).unwrap(),
            serde_json::json!(word)
        );
        assert_eq!(outcome.as_label(), word.to_ascii_lowercase());
    }
}

#[test]
fn every_reason_has_a_sentence_of_its_own_for_people() {
    let mut seen = std::collections::HashSet::new();
    for reason in Reason::ALL {
        let words = reason.words();
        assert!(seen.insert(words), "{reason:?} has the words of another");
        assert!(words.len() > 30, "{reason:?}: {words}");
        assert!(!words.ends_with('.'), "{reason:?}: {words}");
        assert!(
            words.starts_with(
                |first: char| first.is_lowercase() || words.starts_with("Alertmanager")
            ),
            "{reason:?}: {words}"
        );
    }
}

/// Reasons that no guard gives, each with a test that provokes it, in its file: the test names the reason.
const BESIDE_GUARDS: [(Reason, &str, &str); 12] = [
    (
        Reason::NoRule,
        "tests/it/engine/notifications.rs",
        "a_delivery_is_acknowledged_by_what_became_of_it",
    ),
    (
        Reason::NothingToClean,
        "src/remedy/clean_folder/tests.rs",
        "nothing_old_enough_is_said",
    ),
    (
        Reason::NotPermitted,
        "tests/it/engine/ends.rs",
        "what_is_not_permitted_is_tried_once",
    ),
    (
        Reason::NotVerified,
        "src/remediation/machine/tests.rs",
        "resolved_while_executing_finishes_and_verifies_but_climbs_no_further",
    ),
    (
        Reason::RemedyFailed,
        "src/remedy/clean_folder/tests/announced.rs",
        "what_was_not_announced_is_not_done",
    ),
    (
        Reason::TimedOut,
        "tests/it/engine/ends.rs",
        "a_job_that_never_ends_is_given_up_at_the_time_limit_and_the_unit_is_not_touched_again",
    ),
    (
        Reason::Interrupted,
        "src/remediation/machine/tests.rs",
        "what_is_identified_after_a_crash_is_verified_counted_rerun_or_unknown",
    ),
    (
        Reason::UnknownAfterCrash,
        "src/remediation/machine/tests.rs",
        "what_is_identified_after_a_crash_is_verified_counted_rerun_or_unknown",
    ),
    (
        Reason::LadderExhausted,
        "src/remediation/machine/tests.rs",
        "an_exhausted_ladder_escalates_with_quarantine_after_every_attempt_of_every_rung",
    ),
    (
        Reason::StoppedByPerson,
        "src/remediation/machine/tests.rs",
        "a_stop_by_a_person_ends_the_repair_without_another_attempt_or_a_quarantine",
    ),
    (
        Reason::IdentityMismatch,
        "tests/it/attackers/killer.rs",
        "another_program_is_another_process",
    ),
    (
        Reason::RebootedLately,
        "tests/it/engine/of_host.rs",
        "a_machine_that_was_booted_by_anybody_of_late_is_not_rebooted",
    ),
];

/// A reason that nothing provokes is a promise that nobody has tried.
#[test]
fn every_reason_is_provoked_by_a_test() {
    let mut provoked = crate::guard::tests::provoked();
    for (reason, file, test) in BESIDE_GUARDS {
        let body = body_of(file, test);
        let names = [
            format!("Reason::{reason:?}"),
            format!("{}\"", reason.as_str()),
        ];
        assert!(
            names.iter().any(|name| body.contains(name.as_str())),
            "{test} in {file} does not name {reason:?}"
        );
        assert!(
            provoked.insert(reason),
            "{reason:?} is provoked by a guard's table: it need not be listed"
        );
    }
    let missing: Vec<Reason> = Reason::ALL
        .into_iter()
        .filter(|reason| !provoked.contains(reason))
        .collect();
    assert!(missing.is_empty(), "no test provokes {missing:?}");
}

/// The source of a test.
fn body_of(file: &str, test: &str) -> String {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(file);
    let source = std::fs::read_to_string(&path).unwrap();
    let (_, rest) = source
        .split_once(&format!("fn {test}()"))
        .unwrap_or_else(|| panic!("{file} has no test {test}"));
    let (body, _) = rest.split_once("\n}").unwrap();
    body.to_owned()
}
