//! A person answers the daemon's question by the command line.

use prunelle_sandbox::{Options, wait_until};

use super::SLEEPER;
use super::fixture::{Daemon, LIMIT};

const UNIT: &str = "victim.service";

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
      - remedy: restart_service
        approval: {expires: 1h}
        verify: {unit_active: {stable_for: 500ms}}
        within: 20s
";

/// A daemon that has asked whether to start the dead unit.
fn asked() -> Daemon {
    let daemon = Daemon::with_policy(Options::default().unit(UNIT, SLEEPER), POLICY);
    daemon.fire(UNIT, "1");
    let question = daemon.wait_for_line("decision", "DEFERRED");
    assert_eq!(question.details["reason"], "awaiting_approval");
    assert_eq!(question.details["approval"], 1);
    daemon
}

fn is_shown(daemon: &Daemon, what: &str) {
    wait_until(&format!("`{what}` in the status"), LIMIT, || {
        daemon.cli(&["status"]).contains(what).then_some(())
    })
    .unwrap();
}

fn state(daemon: &Daemon) -> String {
    daemon.manager.show(UNIT, "ActiveState").unwrap()
}

#[test]
fn a_question_outlives_the_daemon_and_a_yes_has_the_unit_started_at_once() {
    let mut daemon = asked();
    is_shown(
        &daemon,
        "1  start `victim.service`, which is inactive (dead)",
    );
    daemon.kill();
    daemon.start_again();
    is_shown(&daemon, "`prunelle-healer approve 1` or `deny 1`");
    assert_eq!(state(&daemon), "inactive");

    let said = daemon.cli(&["approve", "1"]);
    assert!(
        said.starts_with("approved 1: start `victim.service`"),
        "{said}"
    );
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_eq!(state(&daemon), "active");
    let history = daemon.cli(&["history", "--target", "victim"]);
    assert!(history.contains("approved"), "{history}");
    daemon.stop();
}

#[test]
fn a_no_leaves_the_unit_alone_until_the_alert_begins_anew() {
    let mut daemon = asked();
    let said = daemon.cli(&["deny", "1"]);
    assert!(
        said.starts_with("denied 1: start `victim.service`"),
        "{said}"
    );
    let decision = daemon.wait_for_line("decision", "SUPPRESSED");
    assert_eq!(decision.details["reason"], "denied");
    // Alertmanager repeats what fires: nobody is asked once more.
    assert_eq!(daemon.fire(UNIT, "1"), 200);
    is_shown(&daemon, "a person said no");
    let lines = daemon.lines("decision");
    let questions = lines.iter().filter(|line| line.status == "DEFERRED");
    assert_eq!(questions.count(), 1, "{lines:#?}");
    assert_eq!(state(&daemon), "inactive");

    assert_eq!(daemon.resolve(UNIT, "1"), 202);
    assert_eq!(daemon.fire(UNIT, "2"), 202);
    is_shown(&daemon, "`prunelle-healer approve 2` or `deny 2`");
    assert_eq!(daemon.lines("action").len(), 0);
    daemon.stop();
}
