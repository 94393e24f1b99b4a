//! The daemon against a real systemd: a webhook comes in, a unit is repaired, verified and logged.

mod approvals;
mod breaker;
mod fixture;
mod grafana;
mod reload;
mod secrets;
mod services;
mod steering;
mod synced;

use std::time::Duration;

use fixture::{Daemon, LIMIT};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{Options, wait_until};

const SLEEPER: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

#[test]
fn a_killed_service_is_active_again_soon_after_the_webhook_and_every_step_is_on_record() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    daemon
        .manager
        .systemctl(&["start", "victim.service"])
        .unwrap();
    let before = daemon
        .manager
        .show("victim.service", "InvocationID")
        .unwrap();
    daemon.manager.kill_main("victim.service").unwrap();
    daemon
        .manager
        .wait_for("victim.service", "failed", LIMIT)
        .unwrap();

    let watch = Stopwatch::start();
    assert_eq!(daemon.fire("victim.service", "1"), 202);
    wait_until("the unit is active again", LIMIT, || {
        let state = daemon
            .manager
            .systemctl(&["show", "-p", "ActiveState,InvocationID", "victim.service"])
            .ok()?;
        (state.contains("ActiveState=active") && !state.contains(&before)).then_some(())
    })
    .unwrap();
    println!("webhook → active: {:?}", watch.elapsed());

    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_eq!(outcome.service, "victim.service");
    let log = daemon.actions();
    let told: Vec<(&str, &str)> = log
        .iter()
        .map(|line| (line.event_type.as_str(), line.status.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("alert", "FIRING"),
            ("action", "SUCCESS"),
            ("outcome", "SUCCESS")
        ]
    );
    assert_eq!(
        daemon.fire("victim.service", "1"),
        200,
        "nothing in it is new"
    );
    assert_eq!(daemon.resolve("victim.service", "1"), 202);
    daemon.stop();
}

#[test]
fn a_service_that_dies_right_after_its_start_is_not_verified_twice_and_then_left_alone() {
    let unit = "[Service]\nExecStart=/bin/sh -c 'sleep 0.2; exit 3'\n";
    let mut daemon = Daemon::start(Options::default().unit("victim.service", unit));
    daemon.fire("victim.service", "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "NOT_VERIFIED", "{outcome:?}");
    assert_eq!(outcome.details["reason"], "ladder_exhausted");
    let attempts = daemon.lines("action");
    assert_eq!(attempts.len(), 2, "{attempts:?}");
    assert!(attempts.iter().all(|line| line.status == "NOT_VERIFIED"));
    let decision = daemon.wait_for_line("decision", "DEFERRED");
    assert_eq!(decision.details["reason"], "quarantined");
    daemon.stop();
}

#[test]
fn a_start_that_is_done_without_a_running_unit_is_not_a_success() {
    let unit =
        "[Unit]\nConditionPathExists=/nowhere/at/all\n[Service]\nExecStart=/bin/sleep infinity\n";
    let mut daemon = Daemon::start(Options::default().unit("victim.service", unit));
    daemon.fire("victim.service", "1");
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "NOT_VERIFIED", "{outcome:?}");
    daemon.stop();
}

#[test]
fn a_stop_by_a_person_during_the_repair_ends_it_and_the_unit_stays_stopped() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    daemon.fire("victim.service", "1");
    daemon
        .manager
        .wait_for("victim.service", "active", LIMIT)
        .unwrap();
    daemon
        .manager
        .systemctl(&["stop", "victim.service"])
        .unwrap();
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "CANCELLED", "{outcome:?}");
    assert_eq!(outcome.details["reason"], "stopped_by_person");
    // Alertmanager says once more that it fires: the person's stop is respected all the same.
    daemon.fire("victim.service", "1");
    std::thread::sleep(Duration::from_millis(500));
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
fn a_paused_service_is_repaired_as_soon_as_the_pause_is_ended() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    daemon.cli(&["pause", "victim", "--for", "1h", "--note", "maintenance"]);
    daemon.fire("victim.service", "1");
    let decision = daemon.wait_for_line("decision", "DEFERRED");
    assert_eq!(decision.details["reason"], "paused");
    assert_eq!(
        daemon
            .manager
            .show("victim.service", "ActiveState")
            .unwrap(),
        "inactive"
    );
    daemon.cli(&["resume", "victim"]);
    assert_eq!(daemon.outcome().status, "SUCCESS");
    daemon.stop();
}

#[test]
fn killed_during_a_repair_it_finishes_it_after_its_next_start() {
    let unit = "[Service]\nType=notify\nNotifyAccess=all\nExecStart=/bin/sh -c 'sleep 1.5; systemd-notify --ready; exec sleep infinity'\n";
    let mut daemon = Daemon::start(Options::default().unit("victim.service", unit));
    daemon.fire("victim.service", "1");
    daemon
        .manager
        .wait_for("victim.service", "activating", LIMIT)
        .unwrap();
    daemon.kill();
    daemon.start_again();
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_eq!(daemon.lines("action").len(), 1, "one attempt, not two");
    daemon.stop();
}

#[test]
fn a_full_disk_is_cleaned_of_what_is_old_and_of_nothing_else() {
    let mut daemon = Daemon::start(Options::default());
    let disk = daemon.manager.dir().join("disk");
    daemon.manager.mount_tmpfs(&disk, 10 << 20).unwrap();
    let inside = |script: &str| {
        let mut shell = daemon.manager.command("sh");
        shell.args(["-ec", script]).current_dir("/");
        daemon.manager.output(shell.env("DISK", &disk)).unwrap()
    };
    inside("mkdir $DISK/scratch; cd $DISK/scratch; head -c 7M /dev/zero > old");
    assert_eq!(daemon.fire_disk_full(), 202);
    let decision = daemon.wait_for_line("decision", "SUPPRESSED");
    assert_eq!(
        decision.details["reason"], "nothing_to_clean",
        "{decision:?}"
    );

    let is_old = "find $DISK/scratch -name old -not -newerct '3 seconds ago'";
    wait_until("the file is old", LIMIT, || {
        inside(is_old).contains("old").then_some(())
    })
    .unwrap();
    inside("head -c 1M /dev/zero > $DISK/scratch/young");
    // Alertmanager repeats what still fires.
    daemon.fire_disk_full();
    let outcome = daemon.outcome();
    assert_eq!(outcome.status, "SUCCESS", "{outcome:?}");
    assert_eq!(outcome.action_type, "folder_clean");
    assert_eq!(inside("ls $DISK/scratch").trim(), "young");
    daemon.stop();
}

#[test]
fn a_reserve_that_cannot_be_held_back_is_told_at_the_start() {
    let daemon = Daemon::with_reserve(Options::default(), "4194304GiB");
    let log = daemon.log();
    assert!(
        log.contains("too little is free to hold space back"),
        "{log}"
    );
    assert_eq!(
        daemon.fire("victim.service", "1"),
        202,
        "it works all the same"
    );
}

#[test]
fn a_second_daemon_on_the_same_store_is_refused_and_harms_nothing() {
    let mut daemon = Daemon::start(Options::default().unit("victim.service", SLEEPER));
    let said = daemon.start_another();
    assert!(said.contains("another"), "{said}");
    daemon.fire("victim.service", "1");
    assert_eq!(daemon.outcome().status, "SUCCESS");
    daemon.stop();
}
