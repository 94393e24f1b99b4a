//! The breaker of a rule that is no cure: it opens, lets one trial through, and closes when that helps.

use std::time::Duration;

use jiff::SignedDuration;
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Options, wait_until};

use super::fixture::{Daemon, LIMIT};

const UNIT: &str = "victim.service";
const OPEN_FOR: Duration = Duration::from_secs(5);

/// Dies right after each start, until a file is there.
const CURABLE: &str = "[Unit]\nStartLimitIntervalSec=0\n[Service]\n\
    ExecStart=/bin/sh -c 'test -e %t/cured && exec sleep infinity; exit 3'\n";

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {first: 0s, step: 1s, factor: 1, max: 1s}
  flapping: none
  budget: {max: 100, per: 1h}
  host_budget: {max: 100, per: 1h}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['victim.service']}}
    breaker: {failures: 2, open_for: 5s}
    ladder:
      - {remedy: restart_service, attempts: 1, verify: {unit_active: {stable_for: 300ms}}, within: 10s}
    escalate: {receivers: [], quarantine: 0s}
";

fn inside(daemon: &Daemon, script: &str) {
    let mut shell = daemon.manager.command("/bin/sh");
    daemon.manager.output(shell.args(["-ec", script])).unwrap();
}

/// The end of the remediation that is the `count`th, and how long after the one before it ended.
fn end(daemon: &Daemon, count: usize) -> (Action, SignedDuration) {
    daemon.outcomes(count);
    let outcomes = daemon.lines("outcome");
    let last = outcomes[count - 1].clone();
    let after = last.timestamp.duration_since(outcomes[count - 2].timestamp);
    (last, after)
}

#[test]
fn a_rule_that_fails_again_and_again_rests_and_is_tried_once_until_that_helps() {
    let mut daemon = Daemon::with_policy(Options::default().unit(UNIT, CURABLE), POLICY);
    let open_for = SignedDuration::try_from(OPEN_FOR).unwrap();
    daemon.fire(UNIT, "1");
    let (second, after) = end(&daemon, 2);
    assert_eq!(second.status, "NOT_VERIFIED", "{second:?}");
    assert!(after < open_for, "one failure does not open it: {after}");
    let opened = |daemon: &Daemon| {
        let lines = daemon.lines("decision");
        lines
            .iter()
            .any(|line| line.details["reason"] == "breaker_open")
    };
    wait_until("it is open", LIMIT, || opened(&daemon).then_some(())).unwrap();
    wait_until("the status shows it", LIMIT, || {
        let status = daemon.cli(&["status"]);
        status.contains("failed too often in a row").then_some(())
    })
    .unwrap();

    let (trial, after) = end(&daemon, 3);
    assert_eq!(trial.status, "NOT_VERIFIED", "{trial:?}");
    assert!(after >= open_for, "it was open: {after}");
    inside(&daemon, "touch /run/user/0/cured");
    let (trial, after) = end(&daemon, 4);
    assert_eq!(trial.status, "SUCCESS", "{trial:?}");
    assert!(after >= open_for, "the trial opened it again: {after}");

    // Closed: the next failure is followed by another try at once.
    inside(&daemon, "rm /run/user/0/cured");
    assert_eq!(daemon.fire(UNIT, "1"), 200);
    daemon.manager.kill_main(UNIT).unwrap();
    assert_eq!(end(&daemon, 5).0.status, "NOT_VERIFIED");
    let (_, after) = end(&daemon, 6);
    assert!(after < open_for, "it was closed: {after}");
    daemon.stop();
}
