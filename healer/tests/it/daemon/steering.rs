//! What people say to the running daemon, and what it shows them.

use prunelle_sandbox::{Options, http, wait_until};

use super::SLEEPER;
use super::fixture::{Daemon, LIMIT};

/// Dies right after each start: its ladder is exhausted.
const HOPELESS: &str = "[Service]\nExecStart=/bin/sh -c 'sleep 0.2; exit 3'\n";

fn quarantined_for(lasts: &str) -> Daemon {
    let daemon = Daemon::start(Options::default().unit("victim.service", HOPELESS));
    daemon.change_policy(|text| {
        text.replace("        attempts: 2\n", "        attempts: 1\n")
            .replace(
                "  - name: disk-full",
                &format!(
                    "    escalate: {{receivers: [], quarantine: {lasts}}}\n  - name: disk-full"
                ),
            )
    });
    assert_eq!(daemon.reload().status, 200, "{}", daemon.log());
    daemon.fire("victim.service", "1");
    daemon.outcomes(1);
    daemon
}

fn metric(daemon: &Daemon, line: &str) {
    wait_until(line, LIMIT, || {
        let answer = http::get(daemon.port(), "/metrics").ok()?;
        answer.body.lines().any(|told| told == line).then_some(())
    })
    .unwrap();
}

#[test]
fn a_quarantine_is_shown_with_its_rule_and_ended_by_the_command_that_stands_there() {
    let mut daemon = quarantined_for("1h");
    let status = wait_until("the quarantine is shown", LIMIT, || {
        let status = daemon.cli(&["status"]);
        status
            .contains("unit:victim.service by rule service-down, since")
            .then_some(status)
    })
    .unwrap();
    let command = "`prunelle-healer release unit:victim.service` ends it";
    assert!(status.contains(command), "{status}");
    metric(&daemon, "prunelle_healer_quarantines 1");
    assert!(
        daemon.log().contains("in quarantine, left to a person"),
        "{}",
        daemon.log()
    );

    let report = daemon.cli(&["report", "--since", "2020-01-01"]);
    assert!(report.contains("in quarantine"), "{report}");
    assert!(
        report.contains("prunelle-healer release unit:victim.service"),
        "{report}"
    );

    let said = daemon.cli(&["release", "victim"]);
    assert!(said.starts_with("released unit:victim.service"), "{said}");
    daemon.outcomes(2);
    let history = daemon.cli(&["history", "--target", "victim", "--outcome", "released"]);
    assert!(
        history.contains("released unit:victim.service from quarantine"),
        "{history}"
    );
    daemon.stop();
}

#[test]
fn a_quarantine_ends_by_itself_and_the_alert_that_still_fires_is_looked_at_again() {
    let mut daemon = quarantined_for("3s");
    daemon.outcomes(2);
    assert!(
        daemon.log().contains("the quarantine has ended by itself"),
        "{}",
        daemon.log()
    );
    daemon.stop();
}

#[test]
fn after_three_unclean_starts_it_only_observes_and_says_how_to_end_that() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    for _ in 0..3 {
        daemon.kill();
        daemon.start_again();
    }
    let status = daemon.cli(&["status"]);
    assert!(status.contains("mode     observe"), "{status}");
    assert!(
        status.contains("`systemctl restart prunelle-healer` ends this"),
        "{status}"
    );
    daemon.fire("victim.service", "1");
    let decision = daemon.wait_for_line("decision", "OBSERVED");
    assert_eq!(decision.details["reason"], "observed");
    assert_eq!(
        daemon
            .manager
            .show("victim.service", "ActiveState")
            .unwrap(),
        "inactive"
    );
    daemon.stop();
}

#[test]
fn an_alert_is_explained_with_each_guard_and_the_plan_by_the_daemon_and_without_it() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    let file = daemon.manager.dir().join("alert.json");
    let alert = serde_json::json!({"labels": {
        "alertname": "ServiceDown", "name": "victim.service", "instance": "test:9750", "severity": "critical"
    }});
    std::fs::write(&file, alert.to_string()).unwrap();
    let file = file.display().to_string();
    let told = daemon.cli(&["explain", "--alert", &file]);
    println!("{told}");
    for part in [
        "What the daemon would do now",
        "rule service-down: matches, on unit:victim.service",
        "rung 1: restart_service",
        "deduplication    pass",
        "→ it would be done",
        "plan: start `victim.service`",
        "rule disk-full: no, ",
    ] {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
    // Explained only: nothing was done, and nothing was kept.
    assert_eq!(daemon.actions().len(), 0);
    assert_eq!(
        daemon
            .manager
            .show("victim.service", "ActiveState")
            .unwrap(),
        "inactive"
    );
    daemon.cli(&["pause", "victim", "--for", "1h"]);
    let told = daemon.cli(&["explain", "--alert", &file]);
    assert!(
        told.contains("→ it waits: paused, a pause covers"),
        "{told}"
    );
    daemon.stop();

    let policy = daemon
        .manager
        .dir()
        .join("policy.yml")
        .display()
        .to_string();
    let told = daemon.cli(&["--policy.file", &policy, "explain", "--alert", &file]);
    for part in [
        "What a daemon would do, asked from here",
        "→ it would be done",
    ] {
        assert!(told.contains(part), "no `{part}` in:\n{told}");
    }
}
