//! Time intervals, as Alertmanager reads them.

use super::*;

fn with_span(span: &str) -> String {
    format!(
        "version: 1\nhost: {{label: i, is: [a]}}\nrules: []\ntime_intervals: [{{name: t, time_intervals: [{span}]}}]\n"
    )
}

/// A policy whose one rule is active in the span.
#[track_caller]
fn is_active(span: &str, at: &str) -> bool {
    let text = with_rule(&format!(
        "    active_time_intervals: [t]\n    target: {{host: true}}\n    ladder: [{{remedy: reboot, verify: {{alert_inactive: {{}}}}}}]\ntime_intervals: [{{name: t, time_intervals: [{span}]}}]\n"
    ));
    let policy = load(&text).unwrap_or_else(|errors| panic!("{errors}"));
    policy.rules[0].active_time_intervals[0].contains(at.parse().expect("a moment"))
}

#[test]
fn spans_mean_what_they_mean_in_alertmanager() {
    let cases = [
        // Tuesday the 24th of November 2026.
        (
            "{weekdays: ['monday:friday']}",
            "2026-11-24T12:00:00Z",
            true,
        ),
        ("{weekdays: ['Tuesday']}", "2026-11-24T12:00:00Z", true),
        (
            "{weekdays: [saturday, sunday]}",
            "2026-11-24T12:00:00Z",
            false,
        ),
        (
            "{times: [{start_time: '09:00', end_time: '17:00'}]}",
            "2026-11-24T09:00:00Z",
            true,
        ),
        (
            "{times: [{start_time: '09:00', end_time: '17:00'}]}",
            "2026-11-24T17:00:00Z",
            false,
        ),
        (
            "{times: [{start_time: '23:00', end_time: '24:00'}]}",
            "2026-11-24T23:59:59Z",
            true,
        ),
        ("{days_of_month: ['-1']}", "2026-11-30T12:00:00Z", true),
        ("{days_of_month: ['-1']}", "2026-11-29T12:00:00Z", false),
        ("{days_of_month: ['-3:-1']}", "2026-02-26T12:00:00Z", true),
        ("{days_of_month: ['31']}", "2026-11-30T12:00:00Z", false),
        ("{days_of_month: ['25:-1']}", "2026-11-24T12:00:00Z", false),
        (
            "{days_of_month: [1, '24:31']}",
            "2026-11-24T12:00:00Z",
            true,
        ),
        ("{months: ['november']}", "2026-11-24T12:00:00Z", true),
        (
            "{months: ['1:3', 'may:august']}",
            "2026-11-24T12:00:00Z",
            false,
        ),
        ("{months: [11]}", "2026-11-24T12:00:00Z", true),
        ("{years: ['2026:2027']}", "2026-11-24T12:00:00Z", true),
        ("{years: [2025]}", "2026-11-24T12:00:00Z", false),
        // All parts must fit.
        (
            "{years: [2026], weekdays: [monday]}",
            "2026-11-24T12:00:00Z",
            false,
        ),
        // One span is enough.
        (
            "{years: [2025]}, {years: [2026]}",
            "2026-11-24T12:00:00Z",
            true,
        ),
        ("{}", "2026-11-24T12:00:00Z", true),
    ];
    for (span, at, expected) in cases {
        assert_eq!(is_active(span, at), expected, "{span} at {at}");
    }
}

#[test]
fn a_location_moves_the_day_and_follows_its_summer_time() {
    let office = "{times: [{start_time: '09:00', end_time: '17:00'}], location: Europe/Paris}";
    for (at, expected) in [
        ("2026-11-24T08:00:00Z", true),
        ("2026-11-24T07:59:59Z", false),
        ("2026-07-24T07:00:00Z", true),
        ("2026-07-24T15:00:00Z", false),
    ] {
        assert_eq!(is_active(office, at), expected, "{at}");
    }
}

#[test]
fn spans_that_are_wrong() {
    let spans = [
        "{times: []}",
        "{weekdays: []}",
        "{times: [{start_time: '17:00', end_time: '09:00'}]}",
        "{times: [{start_time: '9:00', end_time: '24:01'}]}",
        "{times: [{start_time: '09:00'}]}",
        "{weekdays: ['friday:monday', 'mon']}",
        "{days_of_month: ['0', '32', '-1:5', '5:1', '-1:-3', 'first']}",
        "{months: ['13', 'march:january', 'jan']}",
        "{years: ['26', '2027:2026']}",
        "{location: Europe/Atlantis}",
        "{hours: 3}",
    ];
    let all: Vec<String> = spans
        .iter()
        .map(|span| format!("{span}\n{}", errors(&with_span(span))))
        .collect();
    assert_snapshot!(all.join("\n\n"));
}

#[test]
fn intervals_have_names_of_their_own_and_something_in_them() {
    assert_snapshot!(errors(
        "version: 1\nhost: {label: i, is: [a]}\nrules: []\ntime_intervals:\n- {name: a, time_intervals: []}\n- {name: a, time_intervals: [{}]}\n- {name: b}\n"
    ));
}
