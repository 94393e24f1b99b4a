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
