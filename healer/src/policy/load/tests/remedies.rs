//! Each remedy on each target, settings of others, and bounds.

use super::*;
use crate::policy::RemedyKind;

const TARGETS: [(&str, &str); 5] = [
    ("unit", "{unit: {label: name, allow: [nginx]}}"),
    ("path", "{path: /var/tmp}"),
    ("mount", "{mount: {label: mountpoint, allow: [/var]}}"),
    (
        "process_group",
        "{process_group: {uses_most: cpu, allow: []}}",
    ),
    ("host", "{host: true}"),
];

fn with_target(target: &str, rung: &str) -> String {
    with_rule(&format!(
        "    target: {target}\n    ladder:\n      - {rung}\n"
    ))
}

/// The settings that each remedy needs on each target.
fn needed(kind: RemedyKind, target: &str) -> &'static str {
    match (kind, target) {
        (RemedyKind::CleanFolder, "mount") => {
            "{folder: /var/tmp, older_than: 1d, stop_at_free: 20%}"
        }
        (RemedyKind::CleanFolder, _) => "{older_than: 1d, stop_at_free: 20%}",
        (RemedyKind::ThrottleService, _) => "{cpu_quota: 50%}",
        (RemedyKind::RunCommand, _) => "{argv: [/bin/true]}",
        _ => "{}",
    }
}

/// Which remedies a target takes, in the order of the list of remedies.
#[track_caller]
fn check_suits(target: &str, expected: &[&str]) {
    let (name, text) = TARGETS
        .into_iter()
        .find(|(name, _)| *name == target)
        .expect("a target");
    let fitting: Vec<&str> = RemedyKind::ALL
        .into_iter()
        .filter(|kind| {
            let rung = format!(
                "{{remedy: {}, with: {}, verify: {{alert_inactive: {{}}}}}}",
                kind.as_str(),
                needed(*kind, name)
            );
            load(&with_target(text, &rung)).is_ok()
        })
        .map(RemedyKind::as_str)
        .collect();
    assert_eq!(fitting, expected, "on {target}");
}

#[test]
fn each_target_takes_its_remedies_and_no_other() {
    check_suits(
        "unit",
        &[
            "restart_service",
            "start_service",
            "stop_service",
            "reload_service",
            "reset_failed",
            "throttle_service",
            "run_command",
            "reboot",
        ],
    );
    check_suits("path", &["clean_folder", "run_command"]);
    check_suits(
        "mount",
        &[
            "clean_folder",
            "vacuum_journal",
            "clean_package_cache",
            "drop_caches",
            "run_command",
        ],
    );
    check_suits(
        "process_group",
        &[
            "restart_service",
            "stop_service",
            "throttle_service",
            "drop_caches",
            "end_process",
            "run_command",
        ],
    );
    check_suits(
        "host",
        &[
            "vacuum_journal",
            "clean_package_cache",
            "drop_caches",
            "run_command",
            "reboot",
        ],
    );
}

#[test]
fn a_setting_of_another_remedy_names_its_owner() {
    assert_snapshot!(errors(&with_rung(
        "{remedy: start_service, with: {grace: 3s, for: 1h, keep: 2d, argv: [], live: leave}, verify: {unit_active: {}}}"
    )));
}

#[test]
fn settings_have_bounds() {
    let rungs = [
        "{remedy: throttle_service, verify: {cpu_below: 80%}}",
        "{remedy: throttle_service, with: {cpu_quota: 0%, cpu_weight: 0, memory_high: 1kB, for: 30d}, verify: {cpu_below: 0%}}",
        "{remedy: restart_service, with: {live: maybe}, verify: {unit_active: {}}}",
        "{remedy: run_command, verify: {alert_inactive: {}}}",
        "{remedy: run_command, with: {argv: []}, verify: {alert_inactive: {}}}",
        "{remedy: run_command, with: {argv: [fix, --now], labels: [a-b], memory_max: 1KiB, idempotent: perhaps}, verify: {alert_inactive: {}}}",
        "{remedy: reboot, with: {healthy_for: 1m}, approval: {expires: 1s}, verify: {alert_inactive: {}}}",
        "{remedy: restart_service, approval: nobody, verify: {unit_active: {}}}",
        "{remedy: restart_service, budget: {max: 0, per: 1h}, verify: {unit_active: {}}}",
        "{remedy: stop_service, verify: {unit_active: {}}}",
        "{remedy: start_service, verify: {all: [{alert_inactive: {}}, {unit_inactive: {}}]}}",
    ];
    let all: Vec<String> = rungs
        .iter()
        .map(|rung| format!("{rung}\n{}", errors(&with_rung(rung))))
        .collect();
    assert_snapshot!(all.join("\n\n"));
}

#[test]
fn settings_of_places_and_processes_have_bounds() {
    let cases = [
        (
            TARGETS[2].1,
            "{remedy: vacuum_journal, with: {keep: 23h}, verify: {free_space: {at_least: 10%}}}",
        ),
        (
            TARGETS[2].1,
            "{remedy: clean_folder, with: {older_than: 1d, stop_at_free: 20%}, verify: {free_space: {at_least: 10%}}}",
        ),
        (
            TARGETS[2].1,
            "{remedy: clean_folder, with: {folder: /srv/app/cache, older_than: 1d, stop_at_free: 20%}, verify: {free_space: {at_least: 10%}}}",
        ),
        (
            TARGETS[2].1,
            "{remedy: clean_folder, with: {folder: /etc/x, older_than: 1d, stop_at_free: 20%}, allow: [a], verify: {all: [{free_space: {at_least: 10%}}, {free_space: {at_least: 30%}}]}}",
        ),
        (
            TARGETS[1].1,
            "{remedy: clean_folder, with: {folder: /var/tmp, older_than: 1d, stop_at_free: 20%}, verify: {free_space: {at_least: 10%}}}",
        ),
        (
            TARGETS[3].1,
            "{remedy: end_process, with: {grace: 10m}, verify: {memory_below: 85%}}",
        ),
        (
            TARGETS[3].1,
            "{remedy: end_process, with: {grace: 40s}, within: 30s, verify: {memory_below: 85%}}",
        ),
        (
            "{process_group: {uses_most: disk}, when: always}",
            "{remedy: end_process, verify: {memory_below: 85%}}",
        ),
        (
            "{mount: {allow: [var]}}",
            "{remedy: drop_caches, verify: {memory_below: 85%}}",
        ),
    ];
    let all: Vec<String> = cases
        .iter()
        .map(|(target, rung)| format!("{target}\n{rung}\n{}", errors(&with_target(target, rung))))
        .collect();
    assert_snapshot!(all.join("\n\n"));
}
