//! The greediest unit, from a folder that stands for `/proc` to the service manager.

use std::fs;
use std::path::Path;

use prunelle_healer::alert::Alert;
use prunelle_healer::remediation::steps::Roots;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;

use super::rig::{Rig, alert};

const POLICY: &str = "
version: 1
host: {label: instance, is: ['test:9750']}
mode: enforce
defaults: {boot_grace: 0s}
rules:
  - name: memory
    matchers: ['alertname = \"MemoryHigh\"']
    target: {process_group: {uses_most: memory, allow: ['app-*.service']}}
    ladder:
      - {remedy: restart_service, verify: {unit_active: {stable_for: 2s}}, within: 30s}
    escalate: {receivers: [], quarantine: 1h}
";

fn write(proc: &Path, name: &str, content: &str) {
    let path = proc.join(name);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, content).unwrap();
}

/// A machine of 16 GiB where these units hold so many GiB, one process each; the first process is there, or hidden.
async fn machine(units: &[(&str, u64)], is_visible: bool) -> Rig {
    let mut rig = Rig::stopped(POLICY);
    let proc = rig.folder.path().join("proc");
    write(
        &proc,
        "meminfo",
        "MemTotal: 16777216 kB\nSwapTotal: 0 kB\nSwapFree: 0 kB\n",
    );
    write(&proc, "stat", "cpu 1\ncpu0 1\n");
    write(&proc, "locks", "");
    if is_visible {
        write(&proc, "1/cgroup", "0::/init.scope\n");
        write(
            &proc,
            "1/stat",
            "1 (systemd) S 0 1 1 0 -1 4 0 0 0 0 1 1 0 0 20 0 1 0 1 0 0\n",
        );
        write(&proc, "1/statm", "2 2 2 1 0 1 0\n");
    }
    for (pid, (unit, gigabytes)) in (10..).zip(units) {
        write(
            &proc,
            &format!("{pid}/statm"),
            &format!("9 {} 0 1 0 1 0\n", gigabytes << 18),
        );
        write(
            &proc,
            &format!("{pid}/cgroup"),
            &format!("0::/system.slice/{unit}\n"),
        );
        rig.manager.set(unit, ActiveState::Active, "running");
    }
    rig.roots = Roots {
        root: rig.folder.path().to_owned(),
        proc,
        ..Roots::default()
    };
    rig.start_engine().await;
    rig
}

fn memory_high() -> Alert {
    let mut alert = alert("MemoryHigh", "none", 1);
    alert
        .labels
        .insert("severity".to_owned(), "critical".to_owned());
    alert
}

fn last_message(rig: &Rig) -> String {
    let lines = rig.lines();
    lines.last().unwrap()["message"]
        .as_str()
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn the_greediest_unit_is_restarted_and_no_other() {
    let rig = machine(
        &[
            ("app-a.service", 3),
            ("app-b.service", 5),
            ("db.service", 2),
        ],
        true,
    )
    .await;
    rig.post(vec![memory_high()]).await;
    let story = rig.outcomes(1).await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(
        rig.manager.calls(),
        [(Verb::Restart, "app-b.service".to_owned())]
    );
}

#[tokio::test]
async fn a_unit_that_is_not_allowed_is_named_and_no_lesser_one_takes_its_place() {
    let rig = machine(&[("app-a.service", 3), ("db.service", 8)], true).await;
    rig.post(vec![memory_high()]).await;
    rig.until_told("decision SUPPRESSED not_allowed").await;
    let expected = "process_group:memory (`db.service` uses 8.0 GiB in 1 process, 50 % of memory; \
                    next `app-a.service` 3.0 GiB) is left alone: ";
    assert!(
        last_message(&rig).starts_with(expected),
        "{}",
        last_message(&rig)
    );
    let lines = rig.lines();
    assert_eq!(lines.last().unwrap()["details"]["victim"], "db.service");
    assert!(rig.manager.calls().is_empty());
}

#[tokio::test]
async fn what_is_no_service_is_left_alone_whatever_is_allowed() {
    let rig = machine(&[("app-a.service", 3), ("app-run.scope", 8)], true).await;
    rig.post(vec![memory_high()]).await;
    rig.until_told("decision SUPPRESSED not_allowed").await;
    assert!(last_message(&rig).contains("`app-run.scope` uses 8.0 GiB"));
    assert!(rig.manager.calls().is_empty());
}

#[tokio::test]
async fn when_no_unit_stands_out_nobody_is_the_victim() {
    let rig = machine(&[("app-a.service", 1), ("app-b.service", 1)], true).await;
    rig.post(vec![memory_high()]).await;
    rig.until_told("decision SUPPRESSED no_victim").await;
    assert!(rig.manager.calls().is_empty());
}

#[tokio::test]
async fn hidden_processes_are_waited_for_and_told() {
    let rig = machine(&[("app-a.service", 8)], false).await;
    rig.post(vec![memory_high()]).await;
    rig.until_told("decision DEFERRED fact_unknown").await;
    assert!(
        last_message(&rig).contains("hidepid"),
        "{}",
        last_message(&rig)
    );
    assert!(rig.manager.calls().is_empty());
}
