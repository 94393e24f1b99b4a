//! What is done to the machine as a whole: through helper units, and by a reboot.

use std::fs;
use std::time::Duration;

use prunelle_foundation::clock::BootId;
use prunelle_healer::policy::{Reboot, RemedySpec, RunCommand, TargetRule, VacuumJournal, Verify};
use prunelle_healer::remediation::steps::Roots;
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{JobResult, Verb};
use serde_json::Value;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, down};

const UNIT: &str = "web.service";
const DAY: Duration = Duration::from_hours(24);

/// An engine whose one rule has this remedy, on a machine of its own.
async fn rig(remedy: RemedySpec) -> Rig {
    let mut rig = stopped(remedy);
    rig.start_engine().await;
    rig
}

fn stopped(remedy: RemedySpec) -> Rig {
    let mut rig = Rig::stopped(POLICY);
    let root = rig.folder.path().join("root");
    fs::create_dir_all(&root).unwrap();
    fs::write(root.join("meminfo"), "Cached: 2048 kB\n").unwrap();
    fs::write(root.join("locks"), "").unwrap();
    rig.roots = Roots {
        proc: root.clone(),
        root,
        ..Roots::default()
    };
    rig.change_rule(|rule| {
        let rung = &mut rule.ladder[0];
        rung.remedy = remedy;
        rung.verify = Verify::UnitActive {
            stable_for: Duration::ZERO,
        };
    });
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig
}

fn put(rig: &Rig, path: &str, bytes: usize) {
    let path = rig.roots.root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, vec![1; bytes]).unwrap();
}

/// The first attempt.
fn action(rig: &Rig) -> Value {
    let mut lines = rig.lines().into_iter();
    lines.find(|line| line["event_type"] == "action").unwrap()
}

fn message(rig: &Rig) -> String {
    action(rig)["message"].as_str().unwrap().to_owned()
}

fn start(unit: &str) -> (Verb, String) {
    (Verb::Start, unit.to_owned())
}

#[tokio::test]
async fn caches_are_dropped_by_the_helper_unit() {
    let rig = rig(RemedySpec::DropCaches).await;
    rig.post(vec![down(UNIT)]).await;
    assert_eq!(
        rig.outcomes(1).await,
        ["action SUCCESS -", "outcome SUCCESS -"]
    );
    assert_eq!(rig.manager.calls(), [start("prunelle-drop-caches.service")]);
}

#[tokio::test]
async fn a_helper_that_is_refused_missing_or_fails_says_what_is_to_be_done() {
    let unit = "prunelle-drop-caches.service";
    for (behaviour, load, story, told) in [
        (
            Some(Start::NotPermitted),
            LoadState::Loaded,
            "action FAILED not_permitted",
            "`prunelle-healer polkit` prints the rules that permit it",
        ),
        (
            None,
            LoadState::NotFound,
            "action FAILED not_permitted",
            "`prunelle-drop-caches.service` is not installed: install.sh puts it",
        ),
        (
            Some(Start::Ends(JobResult::Failed)),
            LoadState::Loaded,
            "action FAILED remedy_failed",
            "`prunelle-drop-caches.service` failed (exit-code 0): `journalctl -u",
        ),
    ] {
        let rig = rig(RemedySpec::DropCaches).await;
        rig.manager.set_load(unit, load);
        rig.manager.script(behaviour);
        rig.post(vec![down(UNIT)]).await;
        assert_eq!(rig.outcomes(1).await[0], story);
        let message = message(&rig);
        assert!(message.contains(told), "{message}");
    }
}

#[tokio::test]
async fn the_journal_is_vacuumed_when_something_is_old_enough() {
    let remedy = RemedySpec::VacuumJournal(VacuumJournal { keep: 7 * DAY });
    let rig = rig(remedy).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision SUPPRESSED nothing_to_clean").await;
    assert_eq!(rig.manager.calls(), []);
    let id = "0123456789abcdef0123456789abcdef";
    put(&rig, "etc/machine-id", 0);
    fs::write(rig.roots.root.join("etc/machine-id"), id).unwrap();
    // From 1970.
    let name = format!("system@{id}-0000000000000001-0000000000000001.journal");
    put(&rig, &format!("var/log/journal/{id}/{name}"), 8192);
    rig.advance(Duration::from_mins(5));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    let helper = "prunelle-vacuum-journal@7d.service";
    assert_eq!(rig.manager.calls(), [start(helper)]);
    let action = action(&rig);
    let evidence = &action["details"]["evidence"];
    assert_eq!(evidence["journal_bytes_before"], 8192);
    assert_eq!(evidence["journal_bytes_after"], 8192);
}

#[tokio::test]
async fn downloaded_packages_are_removed_by_the_helper_unit_if_there_are_any() {
    let rig = rig(RemedySpec::CleanPackageCache).await;
    put(&rig, "usr/bin/apt-get", 1);
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision SUPPRESSED nothing_to_clean").await;
    put(&rig, "var/cache/apt/archives/a.deb", 4096);
    rig.advance(Duration::from_mins(5));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    let helper = "prunelle-clean-package-cache.service";
    assert_eq!(rig.manager.calls(), [start(helper)]);
}

#[tokio::test]
async fn what_needs_systemd_is_not_begun_while_that_does_not_answer() {
    let command = RemedySpec::RunCommand(RunCommand {
        argv: vec!["/bin/true".to_owned()],
        labels: Vec::new(),
        memory_max: 1 << 20,
        is_idempotent: false,
    });
    for remedy in [RemedySpec::DropCaches, command, reboot(DAY / 48)] {
        let mut rig = stopped(remedy.clone());
        rig.change_rule(|rule| rule.target = TargetRule::Host);
        rig.manager.set_reachable(false);
        rig.start_engine().await;
        rig.post(vec![down(UNIT)]).await;
        rig.until_told("decision DEFERRED fact_unknown").await;
        rig.advance(Duration::from_secs(30));
        rig.settle().await;
        let lines = rig.lines();
        let is_begun = lines.iter().any(|line| line["event_type"] == "action");
        assert!(!is_begun, "{remedy:?}: {lines:?}");
        assert_eq!(rig.manager.calls(), [], "{remedy:?}");
        if remedy == RemedySpec::DropCaches {
            rig.manager.set_reachable(true);
            let helper = [start("prunelle-drop-caches.service")];
            let step = Duration::from_millis(200);
            rig.until_advancing("the helper is started", step, || {
                (rig.manager.calls() == helper).then_some(())
            })
            .await;
        }
    }
}

fn reboot(healthy_for: Duration) -> RemedySpec {
    RemedySpec::Reboot(Reboot { healthy_for })
}

fn reboots(count: usize) -> Vec<(Verb, String)> {
    vec![(Verb::StartIrreversibly, "reboot.target".to_owned()); count]
}

/// The machine boots anew, and the healer with it.
async fn boot(rig: &mut Rig, id: &str) {
    rig.crash().await;
    rig.clock.reboot(BootId::new(id));
    rig.advance(Duration::from_mins(1));
    rig.start_engine().await;
    rig.post(vec![down(UNIT)]).await;
}

#[tokio::test]
async fn a_reboot_is_verified_after_the_boot_and_is_not_repeated_before_a_healthy_time() {
    let mut rig = rig(reboot(Duration::from_mins(30))).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until("the reboot is asked for", || {
        (rig.manager.calls() == reboots(1)).then_some(())
    })
    .await;
    rig.settle().await;
    assert_eq!(rig.story(), Vec::<String>::new(), "not before the boot");
    boot(&mut rig, "b").await;
    rig.outcomes(1).await;
    // What is being looked at would be old after a leap of the clock.
    rig.settle().await;
    assert_eq!(rig.manager.calls(), reboots(1));

    // It fires on: not again now.
    rig.advance(Duration::from_mins(5));
    rig.post(vec![down(UNIT)]).await;
    rig.reconcile(vec![down(UNIT)]).await;
    let refused = "decision SUPPRESSED rebooted_lately";
    rig.until_told(refused).await;
    assert_eq!(
        rig.story(),
        ["action SUCCESS -", "outcome SUCCESS -", refused]
    );
    rig.settle().await;
    rig.advance(Duration::from_mins(30));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.until_advancing("the second reboot", Duration::from_millis(200), || {
        (rig.manager.calls() == reboots(2)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_machine_that_was_booted_by_anybody_of_late_is_not_rebooted() {
    // The rig has been up for an hour.
    let rig = rig(reboot(Duration::from_mins(61))).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision SUPPRESSED rebooted_lately").await;
    assert_eq!(rig.manager.calls(), reboots(0));
}

#[tokio::test]
async fn a_reboot_that_did_not_happen_counts_and_the_journals_own_record_holds_the_next_one_back() {
    let mut rig = rig(reboot(Duration::from_mins(30))).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until("the reboot is asked for", || {
        (rig.manager.calls() == reboots(1)).then_some(())
    })
    .await;
    rig.crash().await;
    rig.start_engine().await;
    let story = rig.outcomes(1).await;
    assert_eq!(story[0], "action FAILED interrupted");
    assert!(story[1].ends_with(" rebooted_lately"), "{story:?}");
    assert_eq!(rig.manager.calls(), reboots(1));
}

#[tokio::test]
async fn a_reboot_whose_job_is_queued_is_waited_for_and_ends_as_unknown() {
    let mut rig = rig(reboot(Duration::from_mins(30))).await;
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.until("the reboot is asked for", || {
        (rig.manager.calls() == reboots(1)).then_some(())
    })
    .await;
    rig.crash().await;
    rig.start_engine().await;
    let story = rig.outcomes(1).await;
    assert_eq!(story[0], "action UNKNOWN unknown_after_crash");
    assert_eq!(rig.manager.calls(), reboots(1));
}

#[tokio::test]
async fn a_reboot_that_is_refused_or_cancelled_is_told() {
    for (behaviour, told) in [
        (Start::NotPermitted, "action FAILED not_permitted"),
        (
            Start::Ends(JobResult::Canceled),
            "action FAILED remedy_failed",
        ),
        // Done, and the machine goes on.
        (Start::Well, "action TIMEOUT timed_out"),
    ] {
        let rig = rig(reboot(Duration::from_mins(30))).await;
        rig.manager.script([behaviour]);
        rig.post(vec![down(UNIT)]).await;
        assert_eq!(rig.outcomes(1).await[0], told, "{behaviour:?}");
    }
}
