//! Each check: settings of others, bounds, nesting, and the targets that it suits.

use super::*;

/// A start with this check.
fn with_check(check: &str) -> String {
    with_rung(&format!("{{remedy: start_service, verify: {check}}}"))
}

#[test]
fn checks_are_checked() {
    let checks = [
        "{}",
        "{unit_active: {at_least: 3%, url: x}}",
        "{unit_active: {}, tcp: '127.0.0.1:80'}",
        "{free_space: {at_least: 3%}}",
        "{memory_below: 120%}",
        "{cpu_below: 0%}",
        "{pressure_below: {cpu: 20%, io: 20%}}",
        "{pressure_below: {}}",
        "{pressure_below: {io: lots}}",
        "{promql: ' '}",
        "{http: {}}",
        "{http: {url: '/health'}}",
        "{http: {url: 'file:///etc/passwd', status: [200, 99]}}",
        "{http: {url: 'http://127.0.0.1/', status: []}}",
        "{tcp: localhost}",
        "{tcp: '::1:80'}",
        "{tcp: 'localhost:0'}",
        "{all: []}",
        "{any: [{unit_active: {}}, {memory_below: much}]}",
        "{all: [{all: [{any: [{all: [{unit_active: {}}]}]}]}]}",
        "{unit_activ: {}}",
        "{unit_active: 3s}",
    ];
    let all: Vec<String> = checks
        .iter()
        .map(|check| format!("{check}\n{}", errors(&with_check(check))))
        .collect();
    assert_snapshot!(all.join("\n\n"));
}

#[test]
fn checks_that_are_right() {
    for check in [
        "{unit_active: }",
        "{alert_inactive: {}}",
        "{http: {url: 'https://[::1]:8443/x?y=z'}}",
        "{tcp: '[::1]:80'}",
        "{tcp: 'db.example.org:5432'}",
        "{all: [{any: [{all: [{unit_active: {}}]}]}]}",
        "{pressure_below: {memory: 10%}}",
        "{promql: 'up{job=\"x\", instance=\"$target\"} == 1'}",
    ] {
        let result = load(&with_check(check));
        assert!(result.is_ok(), "{check}: {}", result.unwrap_err());
    }
}

#[test]
fn an_attempt_has_time_for_what_its_check_waits_for() {
    #[track_caller]
    fn within(check: &str, expected: Duration) {
        let policy = load(&with_check(check)).unwrap_or_else(|errors| panic!("{errors}"));
        assert_eq!(policy.rules[0].ladder[0].within, expected, "for {check}");
    }
    within("{unit_active: {stable_for: 0s}}", Duration::from_secs(30));
    within("{unit_active: {stable_for: 1m}}", Duration::from_secs(80));
    within("{alert_inactive: {}}", Duration::from_mins(10));
    within(
        "{any: [{unit_active: {}}, {promql: 'up'}]}",
        Duration::from_mins(2),
    );
}
