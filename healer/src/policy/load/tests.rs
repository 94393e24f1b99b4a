mod checks;
mod counts;
mod damaged;
mod environment;
mod notify;
mod receivers;
mod remedies;
mod shipped;
mod times;
mod warned;
mod whole;

use insta::assert_snapshot;

use super::*;
use crate::policy::{Integration, RemedySpec, RestartService, TargetRule, Verify};

fn load(text: &str) -> Result<Policy, ConfigErrors> {
    parse(Path::new("policy.yml"), text)
}

#[track_caller]
fn errors(text: &str) -> String {
    load(text).expect_err("the policy is wrong").to_string()
}

/// A policy that is right but for the rule's lines given.
fn with_rule(lines: &str) -> String {
    format!(
        "version: 1\nhost: {{label: instance, is: [a]}}\nrules:\n  - name: r\n    matchers: ['a=b']\n{lines}"
    )
}

/// A rule for units that is right but for its ladder.
fn with_rung(rung: &str) -> String {
    with_rule(&format!(
        "    target: {{unit: {{label: name, allow: [nginx]}}}}\n    ladder:\n      - {rung}\n"
    ))
}

/// A rule for a path that is right but for its ladder.
fn with_path_rung(path: &str, rung: &str) -> String {
    with_rule(&format!(
        "    target: {{path: {path}}}\n    ladder:\n      - {rung}\n"
    ))
}

const CLEAN: &str = "{remedy: clean_folder, with: {older_than: 3d, stop_at_free: 25%}, verify: {free_space: {at_least: 15%}}}";

#[test]
fn the_outline_of_the_design_is_read_in_full() {
    let policy = load(
        r"
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults:
  cooldown: {first: 0s, factor: 4, max: 5m}
  budget: {max: 5, per: 1h}
  host_budget: {max: 20, per: 1h}
  max_evidence_age: 2m
  boot_grace: 2m
protected: {units: ['dbus*', 'systemd-*', 'ssh*'], paths: [/etc, /home]}
rules:
  - name: service-down
    matchers: ['alertname = ServiceDown']
    target: {unit: {label: name, allow: ['nginx.service', 'cron.service']}}
    ladder:
      - remedy: restart_service
        attempts: 2
        verify: {unit_active: {stable_for: 2s}}
        within: 30s
    escalate: {receivers: [ops], quarantine: 4h}
  - name: disk-full
    matchers: ['alertname = DiskFull']
    target: {path: /tmp, when: same_file_system}
    ladder:
      - remedy: clean_folder
        with: {older_than: 3d, stop_at_free: 25%, max_bytes: 20GiB}
        verify: {free_space: {at_least: 15%}}
receivers: {ops: {email: {to: [ops@example.org]}}}
",
    )
    .unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(policy.mode, Mode::Enforce);
    assert_eq!(policy.host_budget.max, 20);
    assert_eq!(policy.boot_grace, Duration::from_mins(2));
    let [service, disk] = &policy.rules[..] else {
        panic!("two rules")
    };
    assert_eq!(service.cooldown.step, Duration::from_secs(5));
    assert_eq!(service.cooldown.max, Duration::from_mins(5));
    assert_eq!(service.quarantine, Duration::from_hours(4));
    assert_eq!(service.receivers, ["ops"]);
    assert_eq!(service.ladder[0].attempts, 2);
    assert_eq!(
        service.ladder[0].remedy,
        RemedySpec::RestartService(RestartService::default())
    );
    assert!(!service.respects_clean_stop);
    assert_eq!(
        service.ladder[0].verify,
        Verify::UnitActive {
            stable_for: Duration::from_secs(2)
        }
    );
    assert!(matches!(
        &disk.target,
        TargetRule::Path { path, same_file_system: true } if path == Path::new("/tmp")
    ));
    let RemedySpec::CleanFolder(clean) = &disk.ladder[0].remedy else {
        panic!("clean_folder")
    };
    assert_eq!(clean.older_than, Duration::from_hours(72));
    assert_eq!(clean.max_bytes, 20 << 30);
    assert!((clean.stop_at_free - 0.25).abs() < 1e-9);
    assert_eq!(
        policy.receivers[0].integrations,
        [Integration::Email {
            to: vec!["ops@example.org".to_owned()]
        }]
    );
    assert_eq!(policy.revision.len(), 64);
}

#[test]
fn a_policy_without_an_opinion_observes() {
    let policy = load("version: 1\nhost: {label: instance, is: [a]}\nrules: []\n").unwrap();
    assert_eq!(policy.mode, Mode::Observe);
    assert!(policy.rules.is_empty());
}

#[test]
fn the_units_that_carry_the_machine_are_always_protected() {
    let policy =
        load("version: 1\nhost: {label: i, is: [a]}\nrules: []\nprotected: {units: [my-db]}\n")
            .unwrap();
    let is_protected = |unit: &str| policy.protected.units.iter().any(|g| g.is_match(unit));
    for unit in [
        "dbus.service",
        "dbus-broker.service",
        "systemd-journald.service",
        "ssh.service",
        "sshd.service",
        "NetworkManager.service",
        "prunelle-healer.service",
        "my-db.service",
    ] {
        assert!(is_protected(unit), "{unit}");
    }
    assert!(!is_protected("nginx.service"));
}

#[test]
fn everything_that_is_wrong_is_told_at_once_with_its_place() {
    assert_snapshot!(errors(
        r#"
version: 2
mode: on
defaults:
  cooldown: {first: 10m, factor: 0.5, max: 5M}
  budget: {max: 0}
  host_budget: {max: 20, per: 1y}
protected: {units: ['a b'], paths: [etc]}
rules:
  - name: service down
    matchers: ['alertname == "x"', 'severity =~ "("']
    mode: automatic
    continue: sometimes
    target: {unit: {label: name, allow: ['nginx', '[a']}}
    ladder:
      - remedy: heal
        attempts: 100
        verify: {http: {}}
        within: 30
    after_clean_stop: ignore
    escalate: {receivers: [ops, nobody], quarantine: forever}
  - name: twin
    matchers: []
    target: {}
    ladder: []
  - name: twin
    matchers: ['a!=b']
    target: {path: tmp, unit: {label: name, allow: []}}
receivers: {ops: {email: {to: [ops]}}}
"#
    ));
}

#[test]
fn unknown_keys_and_wrong_shapes_are_told_with_their_place() {
    assert_snapshot!(errors("version: 1\nhosts: {label: instance}\nrules: nothing\n"), @r"
    policy.yml:2:1: unknown key `hosts`
      hint: did you mean `host`?
    policy.yml:3:8: expected a list, found the text `nothing`
      hint: write a list, also of one: `['nothing']`
    ");
    assert_snapshot!(errors("version: 1\nversion: 1\n"), @r"
    policy.yml:2:1: duplicate key `version`
      hint: it is set on line 1 already
    ");
    assert_snapshot!(errors("version: 1\nrules: [\n"), @r"
    policy.yml:3:1: not valid YAML: while parsing a node, did not find expected node content
    ");
    assert_snapshot!(errors(""), @r"
    policy.yml:1:1: missing field `version`
      hint: begin with `version: 1`
    policy.yml:1:1: missing field `host`
      hint: say which alerts are about this host: `host: {label: instance, is: ['web1:9750']}`
    policy.yml:1:1: missing field `rules`
      hint: write `rules: []` for none
    ");
    assert_snapshot!(errors(&with_rung("{remedi: x}")), @r"
    policy.yml:8:10: unknown key `remedi`
      hint: did you mean `remedy`?
    ");
}

#[test]
fn an_attempt_must_be_able_to_succeed() {
    assert_snapshot!(
        errors(&with_rung("{remedy: restart_service, verify: {unit_active: {stable_for: 30s}}, within: 30s}")),
        @r"
    policy.yml:8:85: no attempt could succeed: `within` is not longer than `stable_for`
      hint: `within` holds the remedy and the time it has to stay well
    "
    );
    assert_snapshot!(
        errors(&with_path_rung("/var/tmp", "{remedy: clean_folder, with: {older_than: 0s, stop_at_free: 10%}, verify: {free_space: {at_least: 15%}}}")),
        @r"
    policy.yml:8:51: `0s` is no time at all
      hint: write a duration above zero, as in `5m`
    policy.yml:8:69: cleaning would stop before there is as much space as `verify` asks for
      hint: raise `stop_at_free`, or lower `at_least`
    "
    );
    assert_snapshot!(
        errors(&with_path_rung("/var/tmp", "{remedy: clean_folder, with: {stop_at_free: 0.25}, verify: {free_space: {at_least: 15%}}}")),
        @r"
    policy.yml:8:32: missing field `older_than`
      hint: say what is old enough to go: `older_than: 3d`
    policy.yml:8:53: `0.25` is not a percentage
      hint: write it in percent, as in `25%`, from `0%` to `100%`
    "
    );
}

#[test]
fn folders_that_may_be_cleaned() {
    #[track_caller]
    fn check(path: &str, expected: &str) {
        let actual = match load(&with_path_rung(path, CLEAN)) {
            Ok(policy) => match &policy.rules[0].target {
                TargetRule::Path { path, .. } => path.display().to_string(),
                _ => panic!("a path"),
            },
            Err(errors) => errors.iter().next().unwrap().message.clone(),
        };
        assert_eq!(actual, expected, "for {path}");
    }
    check("/tmp", "/tmp");
    check("/var/tmp", "/var/tmp");
    check("/var/cache//app/", "/var/cache/app");
    check("/srv/app/cache", "/srv/app/cache");
    check("/", "`/` is too wide to be cleaned");
    check("/var", "`/var` is too wide to be cleaned");
    check("/data", "`/data` is too wide to be cleaned");
    check("/var/lib", "`/var/lib` is too wide to be cleaned");
    check("/etc/app", "`/etc/app` is protected, as everything in /etc");
    check(
        "/home/ada/.cache",
        "`/home/ada/.cache` is protected, as everything in /home",
    );
    check("/usr/tmp", "`/usr/tmp` is protected, as everything in /usr");
    check(
        "/var/lib/prunelle/x",
        "`/var/lib/prunelle/x` is protected, as everything in /var/lib/prunelle",
    );
    check("/var/tmp/../lib", "`/var/tmp/../lib` has `.` or `..` in it");
    check("/var/./tmp", "`/var/./tmp` has `.` or `..` in it");
    check("tmp", "`tmp` is not an absolute path");
}

#[test]
fn a_folder_that_holds_a_protected_one_is_refused() {
    let text = with_path_rung("/srv/app", CLEAN) + "protected: {paths: [/srv/app/keep]}\n";
    assert_snapshot!(errors(&text), @r"
    policy.yml:6:20: `/srv/app` holds the protected folder /srv/app/keep
      hint: name a folder beside it
    ");
}

#[test]
fn a_file_that_is_not_there_says_so() {
    let errors = read(Path::new("/nonexistent/policy.yml"))
        .unwrap_err()
        .to_string();
    assert!(
        errors.starts_with("/nonexistent/policy.yml: cannot read"),
        "{errors}"
    );
}
