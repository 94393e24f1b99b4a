//! Transient scopes around processes that the test starts inside.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Stdio};
use std::time::Duration;

use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{JobResult, Scope, SystemdError};

use crate::world::{LIMIT, World, name};

/// A shell inside that runs `script` after a line on its standard input, and its process id there.
fn shell(world: &World, script: &str) -> (Child, u32) {
    let mut child = world
        .manager
        .command("/bin/sh")
        .args(["-c", &format!("echo $$; read go; {script}")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    let stdout = child.stdout.take().unwrap();
    BufReader::new(stdout).read_line(&mut line).unwrap();
    (child, line.trim().parse().unwrap())
}

fn scope(process: u32, runtime_max: Duration) -> Scope {
    Scope {
        name: name("prunelle-run-test.scope"),
        description: "a test".to_owned(),
        process,
        memory_max: 64 << 20,
        tasks_max: 16,
        runtime_max,
        stop_grace: Duration::from_millis(300),
    }
}

async fn start(world: &World, scope: &Scope) -> JobResult {
    let job = world.systemd.start_scope(scope).await.unwrap();
    let finished = world.systemd.finished(&job, &scope.name, LIMIT).await;
    finished.unwrap()
}

/// Waits until the scope is gone, all its processes with it.
async fn until_gone(world: &World, unit: &str) {
    let gone = async {
        while world.read(unit).await.active != ActiveState::Inactive {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, gone).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_scope_holds_the_process_and_its_limits_and_ends_with_it() {
    let world = World::start(&[], "").await;
    let (mut child, process) = shell(&world, "exit 0");
    let scope = scope(process, Duration::from_mins(1));
    assert_eq!(start(&world, &scope).await, JobResult::Done);
    let unit = scope.name.as_str();
    assert_eq!(world.read(unit).await.active, ActiveState::Active);
    let show = |property| world.manager.show(unit, property).unwrap();
    assert_eq!(show("MemoryMax"), (64 << 20).to_string());
    assert_eq!(show("TasksMax"), "16");
    assert_eq!(show("RuntimeMaxUSec"), "1min");
    assert_eq!(show("TimeoutStopUSec"), "300ms");
    assert_eq!(show("KillMode"), "control-group");
    assert_eq!(show("CollectMode"), "inactive-or-failed");
    let cgroup = world
        .manager
        .output(
            world
                .manager
                .command("cat")
                .arg(format!("/proc/{process}/cgroup")),
        )
        .unwrap();
    assert!(cgroup.contains("/prunelle-run-test.scope"), "{cgroup}");
    drop(child.stdin.take());
    child.wait().unwrap();
    until_gone(&world, unit).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn when_its_time_is_up_all_processes_are_killed_even_those_that_ignore_sigterm() {
    let world = World::start(&[], "").await;
    let script = "trap '' TERM; (trap '' TERM; sleep 1000) & sleep 1000; sleep 1000";
    let (mut child, process) = shell(&world, script);
    let scope = scope(process, Duration::from_millis(500));
    assert_eq!(start(&world, &scope).await, JobResult::Done);
    drop(child.stdin.take());
    child.wait().unwrap();
    until_gone(&world, scope.name.as_str()).await;
    let left = world
        .manager
        .output(
            world
                .manager
                .command("sh")
                .args(["-c", "pgrep -x sleep || true"]),
        )
        .unwrap();
    assert_eq!(left, "", "grandchildren are gone as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_process_that_is_gone_gets_no_scope_and_a_name_is_used_once() {
    let world = World::start(&[], "").await;
    let (mut child, process) = shell(&world, "exit 0");
    let first = scope(process, Duration::from_mins(1));
    assert_eq!(start(&world, &first).await, JobResult::Done);
    let again = world.systemd.start_scope(&first).await;
    assert!(
        matches!(again, Err(SystemdError::Refused { .. })),
        "{again:?}"
    );
    drop(child.stdin.take());
    child.wait().unwrap();
    until_gone(&world, first.name.as_str()).await;
    let refused = match world.systemd.start_scope(&first).await {
        Err(SystemdError::Refused { .. }) => true,
        Ok(job) => {
            let ended = world.systemd.finished(&job, &first.name, LIMIT).await;
            ended.unwrap() != JobResult::Done
        }
        Err(error) => panic!("{error}"),
    };
    assert!(refused, "there is nobody to put into it");
}
