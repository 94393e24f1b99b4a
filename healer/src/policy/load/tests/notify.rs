//! What is told to whom, and when.

use std::time::Duration;

use super::*;
use crate::policy::{Language, MessageLimit, ReportPeriod, ScheduledReport, Telling};

/// A policy that is right but for `notify`; `ops` has mail, `chat` has none.
fn with_notify(lines: &str) -> String {
    format!(
        "version: 1
host: {{label: instance, is: [a]}}
rules: []
time_intervals: [{{name: nights, time_intervals: [{{}}]}}]
receivers:
  ops: {{email: {{to: [a@b]}}}}
  chat: {{slack: {{url_file: /s/slack}}}}
{lines}"
    )
}

fn telling(lines: &str) -> Telling {
    load(&with_notify(lines))
        .unwrap_or_else(|errors| panic!("{errors}"))
        .telling
}

#[test]
fn every_key_is_read() {
    let telling = telling(
        r#"notify:
  language: fr
  time_zone: Europe/Paris
  hold: {critical: 0s, warning: 1m}
  gather: 2m
  limit: {max: 3, per: 5m}
  incident_limit: {max: 1, per: 2h}
  quiet_hours: [nights]
  digest_every: 30m
  routes:
    - matchers: ['severity = "critical"']
      receivers: [ops, environment]
      continue: true
    - matchers: ['outcome =~ "repaired|ended"', 'team = "web"']
      receivers: []
    - receivers: [chat]
  report: {every: month, receivers: [ops, environment]}
"#,
    );
    assert_eq!(telling.language, Language::French);
    assert_eq!(telling.time_zone.as_deref(), Some("Europe/Paris"));
    assert_eq!(telling.hold_critical, Duration::ZERO);
    assert_eq!(telling.hold_warning, Duration::from_mins(1));
    assert_eq!(telling.gather, Duration::from_mins(2));
    let limit = |max, minutes| MessageLimit {
        max,
        per: Duration::from_mins(minutes),
    };
    assert_eq!(telling.limit, limit(3, 5));
    assert_eq!(telling.incident_limit, limit(1, 120));
    assert_eq!(telling.quiet_hours[0].name, "nights");
    assert_eq!(telling.digest_every, Duration::from_mins(30));
    let routes: Vec<(Vec<String>, Vec<String>, bool)> = telling
        .routes
        .iter()
        .map(|route| {
            let matchers = route.matchers.iter().map(ToString::to_string).collect();
            (matchers, route.receivers.clone(), route.is_continued)
        })
        .collect();
    let words = |words: &[&str]| words.iter().map(ToString::to_string).collect::<Vec<_>>();
    let expected = [
        (
            words(&[r#"severity="critical""#]),
            words(&["ops", "environment"]),
            true,
        ),
        (
            words(&[r#"outcome=~"repaired|ended""#, r#"team="web""#]),
            words(&[]),
            false,
        ),
        (words(&[]), words(&["chat"]), false),
    ];
    assert_eq!(routes, expected);
    assert_eq!(
        telling.report,
        Some(ScheduledReport {
            every: ReportPeriod::Month,
            receivers: words(&["ops", "environment"]),
        })
    );
}

#[test]
fn what_is_left_out_is_as_without_the_section() {
    let default = format!("{:?}", Telling::default());
    for lines in ["", "notify: {}\n", "notify: {hold: {}, routes: []}\n"] {
        assert_eq!(format!("{:?}", telling(lines)), default, "{lines}");
    }
    let only_one = telling("notify: {hold: {critical: 1s}}\n");
    assert_eq!(only_one.hold_critical, Duration::from_secs(1));
    assert_eq!(only_one.hold_warning, Telling::default().hold_warning);
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_its_cure() {
    assert_snapshot!(errors(&with_notify(
        r#"notify:
  language: de
  time_zone: Europe/Pairs
  hold: {critical: 11m, warning: 5M}
  gather: 1h
  limit: {max: 0, per: 10m}
  incident_limit: {max: 6}
  quiet_hours: [nights, weekends]
  digest_every: 10s
  routes:
    - matchers: ['severity == "critical"']
      receivers: [opps]
      continue: sometimes
    - matchers: ['outcome = "ended"']
  report: {every: year, receivers: [chat, nobody]}
"#
    )));
    assert_snapshot!(errors(&with_notify("notify: {report: {receivers: []}}\n")), @r"
    policy.yml:8:10: missing field `every`
      hint: as in `report: {every: week, receivers: [ops]}`
    policy.yml:8:19: the report goes to nobody
      hint: name a receiver with mail, as in `report: {every: week, receivers: [ops]}`, or remove `report`
    ");
    assert_snapshot!(errors(&with_notify("notify: {report: {every: day}}\n")), @r"
    policy.yml:8:10: missing field `receivers`
      hint: as in `report: {every: week, receivers: [ops]}`
    ");
    assert_snapshot!(errors(&with_notify("notify: {gathers: 30s, routes: [ops]}\n")), @r"
    policy.yml:8:10: unknown key `gathers`
      hint: did you mean `gather`?
    policy.yml:8:33: expected a mapping, found the text `ops`
    ");
}

#[test]
fn names_are_not_checked_against_what_is_wrong_itself() {
    let text = "version: 1
host: {label: instance, is: [a]}
rules: []
time_intervals: [{name: nights, time_intervals: []}]
receivers: {ops: {}}
notify: {quiet_hours: [nights], routes: [{receivers: [ops]}], report: {every: day, receivers: [ops]}}
";
    let said = errors(text);
    assert_eq!(said.matches("policy.yml:").count(), 2, "{said}");
    assert!(!said.contains("unknown"), "{said}");
}
