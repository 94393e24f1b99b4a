use insta::assert_snapshot;

use super::*;

fn finding(level: Level, message: &str, cure: Option<&str>) -> Finding {
    Finding {
        topic: "policy".to_owned(),
        level,
        message: message.to_owned(),
        cure: cure.map(ToOwned::to_owned),
    }
}

#[test]
fn findings_come_with_their_cures_and_are_counted() {
    let diagnosis = Diagnosis {
        is_of_daemon: true,
        findings: vec![
            finding(Level::Good, "policy.yml: 3 rules", None),
            finding(
                Level::Failure,
                "policy.yml:1:1: wrong\n  hint: mend",
                Some("mend it"),
            ),
            finding(Level::Warning, "a list is empty", Some("fill it")),
        ],
    };
    assert!(diagnosis.has_failures());
    assert_snapshot!(text(&diagnosis), @r"
    The daemon examined itself.
    ok       policy       policy.yml: 3 rules
    FAILURE  policy       policy.yml:1:1: wrong
                            hint: mend
                          cure: mend it
    warning  policy       a list is empty
                          cure: fill it
    1 failures, 1 warnings
    ");
}
