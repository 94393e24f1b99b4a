//! Real services that are hard to repair, and what becomes of each: the end, and the one line that tells why.

use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Options, wait_until};

use super::fixture::{Daemon, LIMIT};

const UNIT: &str = "victim.service";
const SLEEPER: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults:
  boot_grace: 0s
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - {remedy: restart_service, attempts: 2, verify: {unit_active: {stable_for: 1s}}, within: 40s}
  - name: too-much
    matchers: ['alertname = \"CpuHigh\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - remedy: throttle_service
        with: {cpu_quota: 50%, memory_high: 1GiB, for: 1h}
        attempts: 1
        verify: {unit_active: {stable_for: 0s}}
  - name: stale
    matchers: ['alertname = \"ConfigurationStale\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - {remedy: reload_service, attempts: 1, verify: {unit_active: {stable_for: 0s}}}
  - name: harmful
    matchers: ['alertname = \"Harmful\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - {remedy: stop_service, attempts: 1, verify: {unit_inactive: {stable_for: 500ms}}}
  - name: unhung
    matchers: ['alertname = \"NoAnswer\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - {remedy: restart_service, with: {live: restart}, attempts: 1, verify: {unit_active: {stable_for: 500ms}}}
  - name: unit-failed
    matchers: ['alertname = \"UnitFailed\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    ladder:
      - {remedy: reset_failed, attempts: 1, verify: {unit_inactive: {stable_for: 0s}}}
      - {remedy: start_service, attempts: 1, verify: {unit_active: {stable_for: 500ms}}}
";

fn daemon(unit: &str) -> Daemon {
    Daemon::with_policy(Options::default().unit(UNIT, unit), POLICY)
}

fn systemctl(daemon: &Daemon, arguments: &[&str]) -> String {
    daemon.manager.systemctl(arguments).unwrap()
}

fn show(daemon: &Daemon, property: &str) -> String {
    daemon.manager.show(UNIT, property).unwrap()
}

/// A unit that systemd may start three times in so long, and that runs only once a file is there.
fn limited(seconds: u32) -> String {
    format!(
        "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec={seconds}\n[Service]\nRestart=on-failure\nRestartSec=50ms\n\
         ExecStart=/bin/sh -c 'test -e %t/repaired && exec sleep infinity; exit 3'\n"
    )
}

/// Lets systemd start the unit until it refuses to, then takes the cause away.
fn hit_start_limit(daemon: &Daemon) {
    systemctl(daemon, &["start", UNIT]);
    daemon.manager.wait_for(UNIT, "failed", LIMIT).unwrap();
    assert!(daemon.manager.systemctl(&["start", UNIT]).is_err());
    let mut touch = daemon.manager.command("/bin/touch");
    touch.arg("/run/user/0/repaired");
    daemon.manager.output(&mut touch).unwrap();
}

/// Whether the line has this reason, and its sentence says this.
#[track_caller]
fn tells(line: &Action, reason: Option<&str>, what: &str) {
    assert_eq!(line.details["reason"].as_str(), reason, "{line:?}");
    assert!(line.message.contains(what), "{line:?}");
}

#[test]
fn one_that_flaps_is_started_once_and_then_left_to_systemd() {
    let unit = "[Unit]\nStartLimitIntervalSec=0\n[Service]\nRestart=on-failure\nRestartSec=200ms\n\
                ExecStart=/bin/sh -c 'sleep 0.5; exit 3'\n";
    let mut daemon = daemon(unit);
    daemon.fire(UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "NOT_VERIFIED", "{outcome:?}");
    tells(&outcome, Some("recovered_by_itself"), "it recovered");
    let attempts = daemon.lines("action");
    assert_eq!(
        attempts.len(),
        1,
        "systemd's own restarts are not competed with: {attempts:?}"
    );
    tells(
        &attempts[0],
        Some("not_verified"),
        "`victim.service` ended and w",
    );
    daemon.stop();
}

#[test]
fn one_that_needs_twenty_seconds_to_start_is_waited_for() {
    let unit = "[Service]\nExecStartPre=/bin/sleep 20\nExecStart=/bin/sleep infinity\n";
    let mut daemon = daemon(unit);
    daemon.fire(UNIT, "1");
    daemon.manager.wait_for(UNIT, "activating", LIMIT).unwrap();
    let job = show(&daemon, "Job");
    // Alertmanager repeats what fires: nobody starts it a second time.
    assert_eq!(daemon.fire(UNIT, "1"), 200);
    assert_eq!(show(&daemon, "Job"), job);
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    tells(
        &outcome,
        None,
        "`victim.service` is active (running) and stays so",
    );
    assert!(
        outcome.details["duration_ms"].as_u64().unwrap() >= 20_000,
        "{outcome:?}"
    );
    assert_eq!(daemon.lines("action").len(), 1);
    daemon.stop();
}

#[test]
fn one_whose_dependency_is_down_fails_and_names_it() {
    let options = Options::default()
        .unit(
            UNIT,
            "[Unit]\nRequires=db.service\nAfter=db.service\n[Service]\nExecStart=/bin/sleep infinity\n",
        )
        .unit("db.service", "[Service]\nType=oneshot\nExecStart=/bin/false\n");
    let mut daemon = Daemon::with_policy(options, POLICY);
    daemon.fire(UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "FAILED", "{outcome:?}");
    let why = "it needs `db.service`, which is failed (exit-code)";
    tells(&outcome, Some("ladder_exhausted"), why);
    let attempts = daemon.lines("action");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    for attempt in &attempts {
        assert_eq!(attempt.status, "FAILED");
        tells(attempt, Some("remedy_failed"), why);
    }
    daemon.stop();
}

#[test]
fn one_that_has_hit_its_start_limit_waits_until_the_limit_lets_it() {
    let mut daemon = daemon(&limited(12));
    hit_start_limit(&daemon);

    daemon.fire(UNIT, "1");
    let decision = daemon.wait_for_line("decision", "DEFERRED");
    tells(&decision, Some("start_limit"), "victim.service waits: ");
    assert_eq!(daemon.lines("action").len(), 0);
    assert_eq!(
        show(&daemon, "ActiveState"),
        "failed",
        "nobody has reset it"
    );
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    tells(&outcome, None, "is active (running) and stays so");
    daemon.stop();
}

#[test]
fn one_that_somebody_stops_while_it_starts_stays_stopped() {
    let unit = "[Service]\nExecStartPre=/bin/sleep 30\nExecStart=/bin/sleep infinity\n";
    let mut daemon = daemon(unit);
    daemon.fire(UNIT, "1");
    daemon.manager.wait_for(UNIT, "activating", LIMIT).unwrap();
    systemctl(&daemon, &["stop", UNIT]);
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "CANCELLED", "{outcome:?}");
    let why = "`victim.service` was stopped while it was being repaired";
    tells(&outcome, Some("stopped_by_person"), why);
    tells(&daemon.lines("action")[0], Some("stopped_by_person"), why);
    // Alertmanager says once more that it fires: the person's stop is respected all the same.
    let before = daemon.actions().len();
    daemon.fire(UNIT, "1");
    // A unit that is looked at again would be in the status within one interval of it.
    wait_until("the status was published anew", LIMIT, || {
        daemon
            .cli(&["status"])
            .contains("stopped while it was being repaired")
            .then_some(())
    })
    .unwrap();
    assert_ne!(show(&daemon, "ActiveState"), "activating");
    assert_eq!(daemon.actions().len(), before);
    daemon.stop();
}

#[test]
fn one_that_is_active_again_is_left_alone() {
    let mut daemon = daemon(SLEEPER);
    systemctl(&daemon, &["start", UNIT]);
    let before = show(&daemon, "InvocationID");
    daemon.fire(UNIT, "1");
    let decision = daemon.wait_for_line("decision", "SUPPRESSED");
    tells(
        &decision,
        Some("recovered_by_itself"),
        "victim.service is left alone: ",
    );
    assert_eq!(show(&daemon, "InvocationID"), before);
    assert_eq!(daemon.lines("action").len(), 0);
    daemon.stop();
}

#[test]
fn one_that_is_up_and_does_not_answer_is_restarted_where_the_policy_says_so() {
    let mut daemon = daemon(SLEEPER);
    systemctl(&daemon, &["start", UNIT]);
    let before = show(&daemon, "InvocationID");
    daemon.fire_named("NoAnswer", UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_ne!(show(&daemon, "InvocationID"), before);
    daemon.stop();
}

#[test]
fn one_that_reloads_keeps_its_invocation_and_one_that_cannot_says_so() {
    let reloads = "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/touch %t/reloaded\n";
    for (unit, status) in [(reloads, "SUCCESS"), (SLEEPER, "FAILED")] {
        let mut daemon = daemon(unit);
        systemctl(&daemon, &["start", UNIT]);
        let before = show(&daemon, "InvocationID");
        daemon.fire_named("ConfigurationStale", UNIT, "1");
        let outcome = daemon.outcome();
        assert_eq!(outcome.status, status, "{outcome:?}");
        assert_eq!(show(&daemon, "InvocationID"), before);
        if status == "FAILED" {
            tells(
                &daemon.lines("action")[0],
                Some("remedy_failed"),
                "`victim.service` cannot reload: its unit file has no ExecReload=",
            );
        }
        daemon.stop();
    }
}

#[test]
fn one_that_does_harm_is_stopped_and_stays_so() {
    let mut daemon = daemon("[Service]\nRestart=always\nExecStart=/bin/sleep infinity\n");
    systemctl(&daemon, &["start", UNIT]);
    daemon.fire_named("Harmful", UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    tells(
        &outcome,
        None,
        "`victim.service` is inactive (dead) and stays so",
    );
    assert_eq!(show(&daemon, "ActiveState"), "inactive");
    daemon.stop();
}

#[test]
fn a_failure_is_forgotten_once_the_journal_knows_it_and_the_next_rung_starts_the_unit() {
    let mut daemon = daemon(&limited(3600));
    hit_start_limit(&daemon);
    daemon.fire_named("UnitFailed", UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_eq!(show(&daemon, "Result"), "success");
    // Alertmanager says once more that it fires: there is nothing left to forget, and the ladder goes on.
    assert_eq!(daemon.fire_named("UnitFailed", UNIT, "1"), 200);
    daemon.manager.wait_for(UNIT, "active", LIMIT).unwrap();
    let attempts = wait_until("both attempts are told", LIMIT, || {
        Some(daemon.lines("action")).filter(|lines| lines.len() == 2)
    })
    .unwrap();
    let told: Vec<(&str, &str)> = attempts
        .iter()
        .map(|line| (line.action_type.as_str(), line.status.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("service_reset_failed", "SUCCESS"),
            ("service_start", "SUCCESS")
        ]
    );
    let evidence = &attempts[0].details["evidence"];
    assert_eq!(evidence["forgets"]["result"], "exit-code");
    let plan = evidence["message"].as_str().unwrap();
    let told =
        "forget that `victim.service` failed: result exit-code, exit code 3, 3 automatic restarts";
    assert_eq!(plan, told);
    daemon.stop();
}

#[test]
fn limits_are_set_outlive_the_healer_and_are_taken_back() {
    let mut daemon = daemon("[Service]\nExecStart=/bin/sleep infinity\nCPUQuota=80%\n");
    systemctl(&daemon, &["start", UNIT]);
    let limits = |daemon: &Daemon| {
        (
            show(daemon, "CPUQuotaPerSecUSec"),
            show(daemon, "MemoryHigh"),
        )
    };
    let before = limits(&daemon);
    assert_eq!(before.0, "800ms");
    daemon.fire_named("CpuHigh", UNIT, "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    let throttled = ("500ms".to_owned(), (1_u64 << 30).to_string());
    assert_eq!(limits(&daemon), throttled);

    daemon.kill();
    assert_eq!(limits(&daemon), throttled);
    daemon.start_again();
    let status = daemon.cli(&["status"]);
    assert!(
        status.contains("victim.service to CPUQuota=50% MemoryHigh=1G, since"),
        "{status}"
    );
    assert_eq!(limits(&daemon), throttled, "the alert still fires");

    assert_eq!(daemon.resolve_named("CpuHigh", UNIT, "1"), 202);
    let undo = wait_until("it is undone", LIMIT, || {
        let lines = daemon.lines("action");
        lines
            .into_iter()
            .find(|line| line.action_type == "service_throttle_undo")
    })
    .unwrap();
    assert_eq!(undo.status, "SUCCESS");
    tells(
        &undo,
        None,
        "`victim.service` is back at CPUQuota=80% MemoryHigh=infinity: the alert is over",
    );
    assert_eq!(limits(&daemon), before);
    assert_eq!(show(&daemon, "ActiveState"), "active");
    daemon.stop();
}
