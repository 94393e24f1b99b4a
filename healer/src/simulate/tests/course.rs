use super::*;
use crate::simulate::facts::NOT_ASKED;

const RESTART: &str = "
mode: enforce
defaults:
  cooldown: {first: 0s, step: 5m, factor: 2, max: 30m}
  budget: {max: 3, per: 1h}
  host_budget: {max: 100, per: 1h}
  flapping: {repairs: 50, within: 30m, hold: 1h}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder:
      - {remedy: restart_service, attempts: 2, within: 30s, verify: {unit_active: {stable_for: 2s}}}
    escalate: {quarantine: 4h}
";

#[track_caller]
fn reason<'r>(report: &'r Report, reason: &str) -> &'r crate::simulate::report::ReasonCount {
    report
        .reasons
        .iter()
        .find(|row| row.reason == reason)
        .unwrap_or_else(|| panic!("no {reason} in {:?}", report.reasons))
}

#[test]
fn each_episode_is_repaired_once() {
    let episodes = (0..10).map(|n| down("a.service", n * 24 * HOUR, 30));
    let report = rehearsed(RESTART, episodes.collect(), Assume::Success);
    assert_eq!(report.totals.remediations, 10);
    assert_eq!(report.totals.repaired, 10);
    assert_eq!(report.totals.attempts, 10);
    assert!(report.reasons.is_empty(), "{:?}", report.reasons);
    let row = &report.remediations_by[0];
    assert_eq!(
        (row.rule.as_str(), row.remedy),
        ("service-down", "restart_service")
    );
    assert_eq!(
        (row.target.as_str(), row.mode),
        ("unit:a.service", "enforce")
    );
}

#[test]
fn a_cooldown_has_the_third_fault_wait_and_a_short_one_ends_meanwhile() {
    let short = vec![
        down("a.service", 0, 1),
        down("a.service", 2 * MINUTE, 1),
        down("a.service", 4 * MINUTE, 1),
    ];
    let report = rehearsed(RESTART, short, Assume::Success);
    assert_eq!((report.totals.repaired, report.totals.waited), (2, 1));
    assert_eq!(reason(&report, "cooldown").episodes, 1);
    let long = vec![
        down("a.service", 0, 1),
        down("a.service", 2 * MINUTE, 1),
        down("a.service", 4 * MINUTE, 10),
    ];
    let report = rehearsed(RESTART, long, Assume::Success);
    assert_eq!(report.totals.repaired, 3);
    // Five minutes after the end of the second.
    let third = report.remediations[2].from.as_millisecond();
    assert_eq!(third, BEGIN + 7 * MINUTE + 5000);
}

#[test]
fn a_budget_stops_the_fourth_in_an_hour() {
    let episodes = (0..4).map(|n| down("a.service", n * 11 * MINUTE, 2));
    let report = rehearsed(
        &RESTART.replace("step: 5m", "step: 1m"),
        episodes.collect(),
        Assume::Success,
    );
    assert_eq!((report.totals.repaired, report.totals.waited), (3, 1));
    assert_eq!(report.budgets.len(), 1);
    let stop = &report.budgets[0];
    assert_eq!(
        (stop.reason, stop.rule.as_str()),
        ("budget", "service-down")
    );
    assert_eq!(stop.at.as_millisecond(), BEGIN + 33 * MINUTE);
    assert_eq!(report.busiest_hour.unwrap().remediations, 3);
}

#[test]
fn a_host_budget_counts_all_targets() {
    let episodes = (0..5).map(|n| down(&format!("s{n}.service"), n * MINUTE, 1));
    let policy = RESTART.replace("{max: 100, per: 1h}", "{max: 4, per: 1h}");
    let report = rehearsed(&policy, episodes.collect(), Assume::Success);
    assert_eq!(report.totals.remediations, 4);
    assert_eq!(report.budgets[0].reason, "host_budget");
}

#[test]
fn other_hosts_missing_rules_and_other_targets_are_told_apart() {
    let mut other = down("a.service", 0, 5);
    other
        .labels
        .insert("instance".to_owned(), "web2:9750".to_owned());
    let unknown = episode(&[("alertname", "Unknown")], MINUTE, 5);
    let socket = down("a.socket", 2 * MINUTE, 5);
    let nameless = episode(&[("alertname", "ServiceDown")], 3 * MINUTE, 5);
    let episodes = vec![other, unknown, socket, nameless];
    let report = rehearsed(RESTART, episodes, Assume::Success);
    assert_eq!(report.totals.episodes, 4);
    assert_eq!(report.totals.of_this_host, 3);
    assert_eq!(report.totals.suppressed, 3);
    assert_eq!(report.totals.remediations, 0);
    for expected in ["other_host", "no_rule", "not_allowed", "no_target"] {
        assert_eq!(reason(&report, expected).episodes, 1, "{expected}");
    }
}

#[test]
fn maintenance_defers_until_its_end() {
    let policy = RESTART.replace(
        "    escalate:",
        "    mute_time_intervals: [night]\n    escalate:",
    ) + "time_intervals:\n  - name: night\n    time_intervals: [{times: [{start_time: '02:00', end_time: '03:00'}]}]\n";
    let episodes = vec![
        down("a.service", 2 * HOUR + 10 * MINUTE, 20),
        down("b.service", 2 * HOUR + 50 * MINUTE, 30),
    ];
    let report = rehearsed(&policy, episodes, Assume::Success);
    assert_eq!((report.totals.repaired, report.totals.waited), (1, 1));
    assert_eq!(reason(&report, "maintenance").episodes, 2);
    assert_eq!(
        report.remediations[0].from.as_millisecond(),
        BEGIN + 3 * HOUR
    );
}

#[test]
fn failures_climb_the_ladder_and_end_in_quarantine() {
    let episodes = vec![down("a.service", 0, 60), down("a.service", 2 * HOUR, 30)];
    let report = rehearsed(RESTART, episodes, Assume::Failure);
    assert_eq!((report.totals.remediations, report.totals.attempts), (1, 2));
    assert_eq!((report.totals.tried, report.totals.waited), (1, 1));
    let done = &report.remediations[0];
    assert_eq!(
        (done.status, done.reason),
        ("NOT_VERIFIED", Some("ladder_exhausted"))
    );
    assert_eq!(reason(&report, "quarantined").episodes, 2);
}

#[test]
fn a_breaker_opens_after_failures_on_any_target() {
    let policy = RESTART.replace(
        "escalate: {quarantine: 4h}",
        "breaker: {failures: 3, open_for: 2h}",
    );
    let policy = policy.replace("attempts: 2", "attempts: 1");
    let episodes = (0..6).map(|n| down(&format!("s{n}.service"), n * 10 * MINUTE, 1));
    let report = rehearsed(&policy, episodes.collect(), Assume::Failure);
    assert_eq!(report.totals.remediations, 3);
    assert_eq!(reason(&report, "breaker_open").episodes, 3);
}

#[test]
fn alerts_about_one_target_join_one_repair() {
    let mut second = down("a.service", 1000, 30);
    second
        .labels
        .insert("severity".to_owned(), "page".to_owned());
    let episodes = vec![down("a.service", 0, 30), second];
    let report = rehearsed(RESTART, episodes, Assume::Success);
    assert_eq!(report.totals.remediations, 1);
    assert_eq!(report.totals.repaired, 2);
    assert_eq!(reason(&report, "joined_running").episodes, 1);
}

#[test]
fn only_so_many_run_at_once() {
    let policy = RESTART.replace("rules:", "  max_at_once: 2\nrules:");
    let episodes = (0..5).map(|n| down(&format!("s{n}.service"), 0, 30));
    let report = rehearsed(&policy, episodes.collect(), Assume::Success);
    assert_eq!(report.totals.repaired, 5);
    assert_eq!(reason(&report, "too_many_at_once").episodes, 3);
    let starts: Vec<i64> = report
        .remediations
        .iter()
        .map(|done| done.from.as_millisecond() - BEGIN)
        .collect();
    assert_eq!(starts, [0, 0, 5000, 5000, 10_000]);
}

#[test]
fn a_mode_is_shown_and_not_applied() {
    let policy = RESTART.replace("mode: enforce", "mode: observe");
    let report = rehearsed(&policy, vec![down("a.service", 0, 5)], Assume::Success);
    assert_eq!(report.policy.mode, "observe");
    assert_eq!(report.totals.remediations, 1);
    assert_eq!(report.remediations_by[0].mode, "observe");
}

const DISK: &str = "
rules:
  - name: disk-full
    matchers: ['alertname = \"DiskFull\"']
    target: {path: /var/tmp, when: same_file_system}
    ladder:
      - remedy: clean_folder
        with: {older_than: 3d, stop_at_free: 25%, max_bytes: 1GiB}
        verify: {free_space: {at_least: 15%}}
";

#[test]
fn the_mount_of_a_folder_is_known_as_far_as_alerts_name_mounts() {
    let full = |mount, from| {
        episode(
            &[("alertname", "DiskFull"), ("mountpoint", mount)],
            from,
            30,
        )
    };
    let report = rehearsed(DISK, vec![full("/", 0)], Assume::Success);
    assert_eq!(report.totals.repaired, 1);
    // Once an alert was about /var, / is not what holds /var/tmp.
    let episodes = vec![full("/", 0), full("/var", 24 * HOUR)];
    let report = rehearsed(DISK, episodes, Assume::Success);
    assert_eq!(report.totals.repaired, 1);
    assert_eq!(reason(&report, "other_file_system").episodes, 1);
}

#[test]
fn a_process_group_without_an_allow_list_is_refused() {
    let policy = |allow: &str| {
        format!(
            "
rules:
  - name: memory
    matchers: ['alertname = \"MemoryHigh\"']
    target: {{process_group: {{uses_most: memory, allow: {allow}}}}}
    ladder: [{{remedy: end_process, verify: {{memory_below: 90%}}}}]
"
        )
    };
    let high = || {
        vec![episode(
            &[("alertname", "MemoryHigh"), ("severity", "critical")],
            0,
            30,
        )]
    };
    let report = rehearsed(&policy("[]"), high(), Assume::Success);
    assert_eq!(reason(&report, "not_allowed").episodes, 1);
    let report = rehearsed(&policy("['app-*.service']"), high(), Assume::Success);
    assert_eq!(report.totals.repaired, 1);
    assert_eq!(report.remediations[0].target, "process_group:memory");
}

#[test]
fn guards_that_are_left_out_are_named_as_they_are_called() {
    // In a later order of the guards, each must still be there under its name.
    let known: Vec<&str> = crate::guard::GUARDS
        .iter()
        .map(|guard| guard.name())
        .collect();
    for (name, _) in NOT_ASKED {
        assert!(known.contains(&name), "{name} is none of {known:?}");
    }
}

#[test]
fn a_rehearsal_comes_out_the_same_each_time() {
    let episodes = || -> Vec<Recorded> {
        (0..200)
            .map(|n| down(&format!("s{}.service", n % 7), n * 7 * MINUTE, n % 13 + 1))
            .collect()
    };
    let json = |report: &Report| serde_json::to_string(report).unwrap();
    let first = rehearsed(RESTART, episodes(), Assume::Failure);
    let second = rehearsed(RESTART, episodes(), Assume::Failure);
    assert_eq!(json(&first), json(&second));
}
