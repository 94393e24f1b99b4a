//! The bus dies, systemd reloads, re-executes itself or freezes: the table is either right or says that it is not.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use prunelle_foundation::clock::SystemClock;
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{Limits, Options, ServiceUp, Sync, Systemd, SystemdError, UnitTable, Verb};
use tokio::time::timeout;

use crate::world::{LIMIT, RUNS, UP, World, name};

/// Keeps every verdict that was published on a unit while `during` ran.
async fn verdicts(
    world: &World,
    unit: &str,
    during: impl Future<Output = ()>,
) -> Vec<Option<ServiceUp>> {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let key = name(unit);
    let mut table = world.systemd.table();
    let watcher = async {
        loop {
            let verdict = table.borrow_and_update().service_up(&key);
            seen.lock().unwrap().push(verdict);
            table.changed().await.unwrap();
        }
    };
    tokio::select! {
        () = watcher => unreachable!(),
        () = during => {}
    }
    std::mem::take(&mut *seen.lock().unwrap())
}

fn is_lost(table: &UnitTable) -> bool {
    matches!(table.sync, Sync::Lost(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bus_that_dies_is_noticed_and_its_successor_found() {
    let units = [("web.service", RUNS), ("db.service", RUNS)];
    let mut world = World::start(&units, "web,db").await;
    world.run(Verb::Start, "web").await;
    world.run(Verb::Start, "db").await;
    world.until_verdict("db", UP).await;
    for round in 1..=3 {
        world.stop_bus();
        world.until("lost", is_lost).await;
        let error = world.enqueue(Verb::Restart, "web").await.unwrap_err();
        assert!(matches!(error, SystemdError::NotConnected), "{error}");
        // What happens meanwhile is in the next picture.
        world.manager.kill_main("db.service").unwrap();
        world.manager.start_bus().unwrap();
        let before = Stopwatch::start();
        world.until_active("db", ActiveState::Failed).await;
        println!("synchronised {:?} after the bus was back", before.elapsed());
        world.until_verdict("web", UP).await;
        assert!(world.systemd.counters().reconnects() >= round);
        let (_, db) = world.run(Verb::Start, "db").await;
        assert_eq!(db.active, ActiveState::Active);
        world.until_verdict("db", UP).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reload_never_looks_like_down() {
    let mut world = World::start(&[("web.service", RUNS)], "web,w*").await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    let before = world.systemd.counters().resyncs();
    let manager = &world.manager;
    let seen = verdicts(&world, "web", async {
        for _ in 0..10 {
            // In a thread of its own, so that tables are seen as they come.
            tokio::task::block_in_place(|| manager.daemon_reload().unwrap());
            tokio::task::yield_now().await;
        }
        wait_for_resyncs(&world, before + 10).await;
    })
    .await;
    assert!(seen.iter().all(|verdict| *verdict == UP), "{seen:?}");
    assert_eq!(world.systemd.counters().reconnects(), 0);
    assert_eq!(world.unit("web"), Arc::new(world.read("web").await));
}

async fn wait_for_resyncs(world: &World, wanted: u64) {
    let reached = async {
        while world.systemd.counters().resyncs() < wanted {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Reloads in quick succession may share a picture.
    let _ = timeout(Duration::from_secs(1), reached).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_systemd_that_executes_itself_anew_never_looks_like_down() {
    let mut world = World::start(&[("web.service", RUNS)], "web").await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    let manager = &world.manager;
    let mut table = world.systemd.table();
    let seen = verdicts(&world, "web", async {
        for round in 1..=3 {
            tokio::task::block_in_place(|| manager.systemctl(&["daemon-reexec"]).unwrap());
            let found = async {
                while world.systemd.counters().reconnects() < round {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                let is_back = |table: &Arc<UnitTable>| table.sync == Sync::Synchronised;
                table.wait_for(is_back).await.unwrap();
            };
            timeout(LIMIT, found).await.expect("synchronised again");
        }
    })
    .await;
    // Unknown for a moment each time, never down.
    assert!(
        seen.iter().all(|verdict| verdict.is_none_or(|v| v.up)),
        "{seen:?}"
    );
    assert!(seen.contains(&None));
    world.manager.kill_main("web.service").unwrap();
    world.until_active("web", ActiveState::Failed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_frozen_systemd_is_noticed_and_so_is_its_recovery() {
    let limits = Limits {
        call: Duration::from_secs(1),
        ..Limits::default()
    };
    let mut world = World::start_with(&[("web.service", RUNS)], "web", limits).await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;

    let frozen = Stopwatch::start();
    world.manager.freeze().unwrap();
    let table = world.until("lost", is_lost).await;
    println!("frozen systemd noticed after {:?}", frozen.elapsed());
    assert!(
        frozen.elapsed() < Duration::from_secs(3),
        "{:?}",
        frozen.elapsed()
    );
    assert_eq!(table.service_up(&name("web")), None);
    // Nothing is asked that would be done when nobody wants it any more.
    let asked = Stopwatch::start();
    let error = world.enqueue(Verb::Restart, "web").await.unwrap_err();
    assert!(matches!(error, SystemdError::NotConnected), "{error}");
    let error = world.systemd.unit(&name("web")).await.unwrap_err();
    assert!(matches!(error, SystemdError::NotConnected), "{error}");
    assert!(asked.elapsed() < Duration::from_millis(100));

    // Frozen for longer than a call may take, so that more than one question goes unanswered.
    tokio::time::sleep(Duration::from_millis(2500)).await;
    let thawed = Stopwatch::start();
    world.manager.thaw().unwrap();
    world.until_verdict("web", UP).await;
    println!("recovery noticed after {:?}", thawed.elapsed());
    assert!(
        thawed.elapsed() < Duration::from_secs(1),
        "{:?}",
        thawed.elapsed()
    );
    assert_eq!(world.systemd.counters().reconnects(), 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_call_that_is_under_way_when_systemd_freezes_ends_in_time() {
    let limits = Limits {
        call: Duration::from_millis(700),
        ..Limits::default()
    };
    let world = World::start_with(&[("web.service", RUNS)], "web", limits).await;
    world.manager.freeze().unwrap();
    let error = world.enqueue(Verb::Start, "web").await.unwrap_err();
    assert!(
        matches!(error, SystemdError::TimedOut(limit) if limit == Duration::from_millis(700)),
        "{error}"
    );
    world.manager.thaw().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn without_a_bus_nothing_is_known_and_nothing_hangs() {
    let world = World::start(&[], "").await;
    let lifecycle = Lifecycle::new();
    let options = Options {
        watch: "web".parse().unwrap(),
        address: Some("unix:path=/nowhere/bus".to_owned()),
        limits: Limits::default(),
        inventory: false,
    };
    let clock = Arc::new(SystemClock::new().unwrap());
    let systemd = Systemd::start(options, clock, &lifecycle.tasks(), lifecycle.stop());
    let error = systemd.unit(&name("web")).await.unwrap_err();
    assert!(matches!(error, SystemdError::NotConnected));
    assert_eq!(systemd.table().borrow().sync, Sync::NotYet);
    assert_eq!(systemd.table().borrow().service_up(&name("web")), None);

    // Stopping ends all that runs, connected or not.
    drop(systemd);
    lifecycle.stop().request("the test is over");
    until_all_tasks_ended(&lifecycle).await;
    assert_eq!(world.lifecycle.tasks().running().len(), 2);
    world.lifecycle.stop().request("the test is over");
    until_all_tasks_ended(&world.lifecycle).await;
    assert!(is_lost(&world.table.borrow()));
}

async fn until_all_tasks_ended(lifecycle: &Lifecycle) {
    let ended = async {
        while !lifecycle.tasks().running().is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    timeout(LIMIT, ended).await.expect("all tasks end");
}
