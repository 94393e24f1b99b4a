//! The policy that is shipped: it touches nothing, and what a warning may set off interrupts nobody.

use super::*;
use crate::policy::{Matcher, MatcherTest, RemedyKind, Rule, Rung};

fn shipped() -> Policy {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../deploy/policy.yml");
    read(&path).unwrap_or_else(|errors| panic!("{errors}"))
}

/// Whether an alert with this value of the label can match the rule.
fn takes(rule: &Rule, label: &str, value: &str) -> bool {
    let labels = [(label.to_owned(), value.to_owned())].into_iter().collect();
    let mut about = rule.matchers.iter().filter(|matcher| matcher.name == label);
    about.all(|matcher: &Matcher| matcher.matches(&labels))
}

fn is_about(rule: &Rule, alert: &str) -> bool {
    rule.matchers.iter().any(|matcher| {
        matcher.name == "alertname"
            && matches!(&matcher.test, MatcherTest::Equal(name) if name == alert)
    })
}

fn rungs(policy: &Policy) -> impl Iterator<Item = (&Rule, &Rung)> {
    let rules = policy.rules.iter();
    rules.flat_map(|rule| rule.ladder.iter().map(move |rung| (rule, rung)))
}

#[test]
fn it_observes_and_allows_no_unit() {
    let policy = shipped();
    assert_eq!(policy.mode, Mode::Observe);
    assert!(policy.rules.len() >= 4, "{}", policy.rules.len());
    for rule in &policy.rules {
        assert_ne!(rule.mode, Some(Mode::Enforce), "{}", rule.name);
        if let TargetRule::Unit { allow, .. } | TargetRule::ProcessGroup { allow, .. } =
            &rule.target
        {
            assert!(allow.is_empty(), "{}", rule.name);
        }
        for rung in &rule.ladder {
            assert!(
                rung.allow.as_ref().is_none_or(Vec::is_empty),
                "{}",
                rule.name
            );
        }
    }
}

#[test]
fn a_warning_interrupts_nobody() {
    let policy = shipped();
    let mut seen = 0;
    for (rule, rung) in rungs(&policy).filter(|(rule, _)| takes(rule, "severity", "warning")) {
        seen += 1;
        let only_starts = match &rung.remedy {
            RemedySpec::StartService => true,
            RemedySpec::RestartService(settings) => {
                // A unit that is up is left alone; the victim of a process group is up.
                !settings.restarts_live
                    && is_about(rule, "ServiceDown")
                    && matches!(rule.target, TargetRule::Unit { .. })
            }
            _ => false,
        };
        let kind = rung.remedy.kind();
        let is_harmless = matches!(
            kind,
            RemedyKind::CleanFolder
                | RemedyKind::CleanPackageCache
                | RemedyKind::VacuumJournal
                | RemedyKind::DropCaches
        );
        assert!(only_starts || is_harmless, "{}: {kind:?}", rule.name);
    }
    assert!(seen > 0);
}

#[test]
fn nothing_is_done_about_the_network() {
    for rule in shipped().rules {
        assert!(!takes(&rule, "alertname", "NetworkHigh"), "{}", rule.name);
    }
}

#[test]
fn caches_are_dropped_at_most_once_an_hour() {
    let policy = shipped();
    let dropping: Vec<_> = rungs(&policy)
        .filter(|(_, rung)| rung.remedy.kind() == RemedyKind::DropCaches)
        .collect();
    assert!(!dropping.is_empty());
    for (rule, rung) in dropping {
        let budget = rung.budget.map(|budget| (budget.max, budget.per));
        assert_eq!(budget, Some((1, Duration::from_hours(1))), "{}", rule.name);
    }
}
