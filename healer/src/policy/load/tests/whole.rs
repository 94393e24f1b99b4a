//! The whole syntax, as documented.

use super::*;
use crate::policy::{
    Approval, Breaker, Budget, EndProcess, Flapping, Pressure, Reboot, RemedyKind, RunCommand,
    ThrottleService, VacuumJournal,
};
use crate::target::Resource;

const WHOLE: &str = r#"
version: 1
host: {label: instance, is: ['web1:9750']}
mode: observe
critical: ['severity = "critical"']
heartbeat: {matchers: ['alertname = "Heartbeat"'], missing_after: 5m}
time_intervals:
  - name: office
    time_intervals:
      - times: [{start_time: '09:00', end_time: '17:00'}]
        weekdays: ['monday:friday']
        days_of_month: ['-3:-1']
        months: ['january:march']
        years: ['2026:2027']
        location: UTC
  - name: backup
    time_intervals: [{times: [{start_time: '23:00', end_time: '24:00'}]}]
groups: [{name: web, units: ['web-*.service'], max_at_once: 1, min_healthy: 2}]
protected: {units: [], paths: []}
defaults:
  cooldown: {first: 0s, step: 5s, factor: 4, max: 5m}
  budget: {max: 5, per: 1h}
  target_budget: {max: 7, per: 1h}
  host_budget: {max: 20, per: 1h}
  max_at_once: 2
  flapping: {repairs: 6, within: 30m, hold: 1h}
  breaker: none
  evidence: {log_lines: 30}
  max_evidence_age: 2m
  boot_grace: 2m
rules:
  - name: units
    matchers: ['alertname = "A"']
    active_time_intervals: [office]
    mute_time_intervals: [backup]
    rule_budget: {max: 9, per: 1d}
    target_budget: none
    flapping: none
    breaker: {failures: 3, open_for: 1h}
    target: {unit: {label: name, allow: ['web-*.service']}}
    ladder:
      - remedy: restart_service
        with: {live: restart}
        allow: ['web-a.service']
        budget: {max: 1, per: 1h}
        approval: {expires: 30m}
        verify: {all: [{unit_active: {stable_for: 5s}}, {any: [{http: {url: 'http://127.0.0.1/', status: [200, 204]}}, {tcp: '127.0.0.1:80'}]}]}
      - {remedy: start_service, verify: {unit_active: }}
      - {remedy: reload_service, verify: {promql: 'up{job="x"} == 1'}}
      - {remedy: reset_failed, verify: {unit_inactive: {}}}
      - {remedy: stop_service, verify: {unit_inactive: {stable_for: 1s}}}
      - {remedy: throttle_service, with: {cpu_quota: 150%, cpu_weight: 20, memory_high: 1GiB, for: 2h}, verify: {cpu_below: 80%}}
      - {remedy: run_command, with: {argv: [/usr/local/bin/fix, --now], labels: [instance], memory_max: 128MiB, idempotent: true}, verify: {alert_inactive: {}}}
      - {remedy: reboot, with: {healthy_for: 2d}, verify: {unit_active: {}}}
  - name: mounts
    matchers: ['alertname = "B"']
    target: {mount: {label: mountpoint, allow: [/, /var]}}
    ladder:
      - {remedy: clean_folder, with: {folder: /var/tmp, older_than: 10d, stop_at_free: 25%, max_bytes: 5GiB}, verify: {free_space: {at_least: 15%}}}
      - {remedy: vacuum_journal, with: {keep: 3d}, verify: {free_space: {at_least: 15%}}}
      - {remedy: clean_package_cache, verify: {free_space: {at_least: 15%}}}
  - name: memory
    matchers: ['alertname = "C"']
    evidence: {log_lines: 5}
    target: {process_group: {uses_most: memory, allow: ['app-*.service']}}
    ladder:
      - {remedy: restart_service, verify: {memory_below: 85%}}
      - {remedy: end_process, with: {grace: 20s}, verify: {memory_below: 85%}}
      - {remedy: drop_caches, verify: {pressure_below: {io: 20%}}}
  - name: host
    matchers: ['alertname = "D"']
    target: {host: true}
    ladder:
      - {remedy: reboot, approval: none, verify: {alert_inactive: }}
"#;

#[test]
fn everything_that_can_be_written_is_read() {
    let policy = load(WHOLE).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(policy.max_at_once, 2);
    assert_eq!(policy.critical[0].to_string(), "severity=\"critical\"");
    let heartbeat = policy.heartbeat.as_ref().expect("a heartbeat");
    assert_eq!(heartbeat.missing_after, Duration::from_mins(5));
    let group = &policy.groups[0];
    assert_eq!((group.max_at_once, group.min_healthy), (1, 2));
    assert!(group.units[0].is_match("web-b.service"));

    let [units, mounts, memory, host] = &policy.rules[..] else {
        panic!("four rules")
    };
    assert_eq!(units.active_time_intervals[0].name, "office");
    assert_eq!(units.mute_time_intervals[0].name, "backup");
    assert_eq!(units.rule_budget.map(|budget| budget.max), Some(9));
    assert_eq!(units.target_budget, None);
    assert_eq!(mounts.target_budget.map(|budget| budget.max), Some(7));
    assert_eq!(units.flapping, None);
    assert_eq!(
        mounts.flapping,
        Some(Flapping {
            repairs: 6,
            within: Duration::from_mins(30),
            hold: Duration::from_hours(1)
        })
    );
    assert_eq!(
        units.breaker,
        Some(Breaker {
            failures: 3,
            open_for: Duration::from_hours(1)
        })
    );
    assert_eq!(mounts.breaker, None);
    let log_lines: Vec<u32> = policy
        .rules
        .iter()
        .map(|rule| rule.evidence_log_lines)
        .collect();
    assert_eq!(log_lines, [30, 0, 5, 0]);
    assert!(matches!(&mounts.target, TargetRule::Mount { label, allow }
        if label == "mountpoint" && allow == &[Path::new("/"), Path::new("/var")]));
    assert!(matches!(
        memory.target,
        TargetRule::ProcessGroup {
            resource: Resource::Memory,
            ..
        }
    ));
    assert!(matches!(host.target, TargetRule::Host));
    let kinds: Vec<RemedyKind> = policy
        .rules
        .iter()
        .flat_map(|rule| rule.ladder.iter().map(|rung| rung.remedy.kind()))
        .collect();
    for kind in RemedyKind::ALL {
        assert!(kinds.contains(&kind), "{} is not shown", kind.as_str());
    }
}

#[test]
fn rungs_carry_their_settings_and_limits() {
    let policy = load(WHOLE).unwrap_or_else(|errors| panic!("{errors}"));
    let ladder = &policy.rules[0].ladder;
    assert_eq!(
        ladder[0].remedy,
        RemedySpec::RestartService(RestartService {
            restarts_live: true
        })
    );
    assert!(ladder[0].allow.as_ref().expect("a list")[0].is_match("web-a.service"));
    assert_eq!(
        ladder[0].budget,
        Some(Budget {
            max: 1,
            per: Duration::from_hours(1)
        })
    );
    assert_eq!(
        ladder[0].approval,
        Some(Approval {
            expires: Duration::from_mins(30)
        })
    );
    assert_eq!(
        ladder[0].verify,
        Verify::All(vec![
            Verify::UnitActive {
                stable_for: Duration::from_secs(5)
            },
            Verify::Any(vec![
                Verify::Http {
                    url: "http://127.0.0.1/".to_owned(),
                    status: vec![200, 204]
                },
                Verify::Tcp {
                    address: "127.0.0.1:80".to_owned()
                },
            ]),
        ])
    );
    assert_eq!(
        ladder[5].remedy,
        RemedySpec::ThrottleService(ThrottleService {
            cpu_quota: Some(1.5),
            cpu_weight: Some(20),
            memory_high: Some(1 << 30),
            lasts: Duration::from_hours(2)
        })
    );
    assert_eq!(
        ladder[6].remedy,
        RemedySpec::RunCommand(RunCommand {
            argv: vec!["/usr/local/bin/fix".to_owned(), "--now".to_owned()],
            labels: vec!["instance".to_owned()],
            memory_max: 128 << 20,
            is_idempotent: true
        })
    );
    assert_eq!(
        ladder[7].remedy,
        RemedySpec::Reboot(Reboot {
            healthy_for: Duration::from_hours(48)
        })
    );
    let by_default = Approval {
        expires: Duration::from_hours(1),
    };
    assert_eq!(ladder[7].approval, Some(by_default), "a reboot asks");
    assert_eq!(policy.rules[3].ladder[0].approval, None, "unless told not");
    assert_eq!(ladder[1].approval, None);
    assert_eq!(
        policy.rules[1].ladder[1].remedy,
        RemedySpec::VacuumJournal(VacuumJournal {
            keep: Duration::from_hours(72)
        })
    );
    assert_eq!(
        policy.rules[2].ladder[1].remedy,
        RemedySpec::EndProcess(EndProcess {
            grace: Duration::from_secs(20)
        })
    );
    assert_eq!(
        policy.rules[2].ladder[2].verify,
        Verify::PressureBelow {
            resource: Pressure::Io,
            ratio: 0.2
        }
    );
}

#[test]
fn what_is_left_out_has_the_documented_defaults() {
    let policy = load(
        "version: 1\nhost: {label: i, is: [a]}\nrules:\n- name: r\n  matchers: [a=b]\n  target: {unit: {label: name, allow: [x]}}\n  ladder: [{remedy: start_service, verify: {unit_active: {}}}]\n",
    )
    .unwrap_or_else(|errors| panic!("{errors}"));
    let heartbeat = policy.heartbeat.expect("watched by default");
    assert_eq!(heartbeat.matchers[0].to_string(), "alertname=\"Heartbeat\"");
    assert_eq!(heartbeat.missing_after, Duration::from_mins(3));
    assert_eq!(policy.max_at_once, 3);
    assert_eq!(policy.critical[0].to_string(), "severity=\"critical\"");
    let rule = &policy.rules[0];
    assert_eq!(rule.flapping.map(|flapping| flapping.repairs), Some(5));
    assert_eq!(rule.breaker.map(|breaker| breaker.failures), Some(3));
    assert_eq!((rule.rule_budget, rule.target_budget), (None, None));
    assert_eq!(rule.evidence_log_lines, 20);
    let rung = &rule.ladder[0];
    assert_eq!(
        (rung.approval, rung.budget, rung.allow.is_none()),
        (None, None, true)
    );
}

#[test]
fn the_heartbeat_can_be_switched_off() {
    let policy =
        load("version: 1\nhost: {label: i, is: [a]}\nrules: []\nheartbeat: {watch: false}\n")
            .unwrap_or_else(|errors| panic!("{errors}"));
    assert!(policy.heartbeat.is_none());
}

#[test]
fn parts_of_the_host_are_checked() {
    assert_snapshot!(errors(
        r"
version: 1
host: {label: instance, is: [a]}
critical: []
heartbeat: {watch: maybe, matchers: ['a!=b'], missing_after: 1s}
groups:
  - {name: web, units: [], max_at_once: 0}
  - {name: web, units: ['[']}
defaults:
  max_at_once: 0
  flapping: {repairs: 1, within: 30m}
  breaker: {failures: 3}
  evidence: {log_lines: 1001}
  rule_budget: {max: 1}
rules:
  - name: r
    matchers: ['a=b']
    active_time_intervals: [office]
    target: {host: false}
    ladder: [{remedy: reboot, verify: {alert_inactive: {}}}]
"
    ));
}
