//! The table follows units that change, appear and vanish.

use std::collections::BTreeMap;
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{Verb, WatchList};
use rustix::process::{Signal, kill_process};

use crate::world::{LIMIT, MISSING, RUNS, UP, World, name, service};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_is_seen_within_milliseconds() {
    let mut world = World::start(&[("web.service", RUNS)], "web").await;
    let mut times = Vec::new();
    for _ in 0..9 {
        let (_, started) = world.run(Verb::Start, "web").await;
        let seen = world.until_active("web", ActiveState::Active).await;
        assert_eq!(seen.invocation_id, started.invocation_id);
        assert_eq!(service(&seen).main_pid, service(&started).main_pid);
        let inside = world.manager.main_pid("web.service").unwrap();
        let process = world.manager.outside(inside).unwrap();
        let before = Stopwatch::start();
        kill_process(process, Signal::KILL).unwrap();
        let failed = world.until_active("web", ActiveState::Failed).await;
        times.push(before.elapsed());
        assert_eq!(service(&failed).result, "signal");
        assert_eq!(service(&failed).main_pid, None);
        assert_eq!(*failed, world.read("web").await);
        world.systemctl(&["reset-failed", "web.service"]);
    }
    times.sort();
    println!(
        "kill -9 → failed in the table: median {:?}, worst {:?}",
        times[4], times[8]
    );
    // About 5 ms on a machine that does nothing else.
    assert!(times[4] < Duration::from_millis(100), "{times:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn automatic_restarts_are_counted() {
    let again = "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=50ms\n";
    let mut world = World::start(&[("again.service", again)], "again").await;
    world.run(Verb::Start, "again").await;
    for restarts in 1..=3 {
        world.manager.kill_main("again.service").unwrap();
        world
            .until_unit("again", "restarted", |state| {
                state.active == ActiveState::Active && service(state).restarts == restarts
            })
            .await;
    }
    world.until_verdict("again", UP).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn globs_gain_and_lose_matches() {
    let units = [
        ("php7.service", RUNS),
        ("php8.service", RUNS),
        ("php.timer", "[Timer]\nOnActiveSec=1h\nUnit=php8.service\n"),
        (
            "uses.service",
            "[Unit]\nAfter=php9.service\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
    ];
    let mut world = World::start(&units, "php*,nosuch*,php7").await;
    let counts =
        |php, nosuch| BTreeMap::from([("php*".to_owned(), php), ("nosuch*".to_owned(), nosuch)]);
    let table = world.table.borrow().clone();
    // Known by name, and therefore loaded or not; not yet by the glob.
    assert_eq!(table.units.keys().collect::<Vec<_>>(), [&name("php7")]);
    assert_eq!(table.unmatched_globs, ["nosuch*"]);

    // `uses` mentions php9, of which there is no file: no match.
    world.run(Verb::Start, "uses").await;
    world.run(Verb::Start, "php8").await;
    let table = world
        .until("php8 matches", |table| {
            table.units.contains_key(&name("php8"))
        })
        .await;
    assert_eq!(table.glob_matches, counts(2, 0));
    world.until_active("php8", ActiveState::Active).await;
    assert_eq!(world.table.borrow().units.len(), 2);

    world.manager.kill_main("php8.service").unwrap();
    world.until_active("php8", ActiveState::Failed).await;
    world.systemctl(&["reset-failed", "php8.service"]);
    let table = world
        .until("php8 is unloaded", |table| {
            !table.units.contains_key(&name("php8"))
        })
        .await;
    assert_eq!(table.glob_matches, counts(1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_alias_keeps_its_own_key() {
    let mut world = World::start(&[("real.service", RUNS)], "alias,real").await;
    world.until_verdict("alias", MISSING).await;
    let units = world.manager.dir().join("units");
    std::os::unix::fs::symlink("real.service", units.join("alias.service")).unwrap();
    world.manager.daemon_reload().unwrap();
    let alias = world
        .until_unit("alias", "known", |state| state.load == LoadState::Loaded)
        .await;
    assert_eq!(alias.id, name("real"));
    world.run(Verb::Start, "alias").await;
    world.until_active("alias", ActiveState::Active).await;
    world.until_active("real", ActiveState::Active).await;
    assert_eq!(world.unit("alias"), world.unit("real"));
    world.manager.kill_main("real.service").unwrap();
    world.until_active("alias", ActiveState::Failed).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_appears_by_name_is_seen_without_a_reload() {
    let mut world = World::start(&[("web.service", RUNS)], "late,web").await;
    world.until_verdict("late", MISSING).await;
    world.manager.write_unit("late.service", RUNS).unwrap();
    world.systemctl(&["start", "late.service"]);
    world.until_verdict("late", UP).await;
    let late = world.unit("late");
    assert_eq!(late.load, LoadState::Loaded);
    assert_eq!(service(&late).kind, "simple");

    // And a file that goes is seen with the reload that goes with it.
    let units = world.manager.dir().join("units");
    std::fs::rename(units.join("late.service"), units.join("late.gone")).unwrap();
    world.systemctl(&["stop", "late.service"]);
    world.manager.daemon_reload().unwrap();
    world.until_verdict("late", MISSING).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transient_unit_is_missing_when_it_has_gone() {
    let mut world = World::start(&[], "moment").await;
    world.until_verdict("moment", MISSING).await;
    let mut run = world.manager.command("systemd-run");
    run.args([
        "--user",
        "--collect",
        "--unit=moment",
        "/bin/sleep",
        "infinity",
    ]);
    world.manager.output(&mut run).unwrap();
    world.until_verdict("moment", UP).await;
    world.manager.kill_main("moment.service").unwrap();
    world.until_verdict("moment", MISSING).await;
    assert_eq!(world.unit("moment").load, LoadState::NotFound);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_watch_list_can_be_replaced() {
    let units = [("a.service", RUNS), ("b.service", RUNS)];
    let mut world = World::start(&units, "a").await;
    world.run(Verb::Start, "b").await;
    world
        .systemd
        .set_watch("b,c*".parse::<WatchList>().unwrap());
    world.until_active("b", ActiveState::Active).await;
    let table = world.table.borrow().clone();
    assert_eq!(table.units.keys().collect::<Vec<_>>(), [&name("b")]);
    assert_eq!(table.unmatched_globs, ["c*"]);
    // What is not watched can be read and acted on all the same.
    let (_, a) = world.run(Verb::Start, "a").await;
    assert_eq!(a.active, ActiveState::Active);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn unit_files_that_change_are_read_with_the_reload() {
    let mut world = World::start(&[("web.service", RUNS)], "web").await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    let more = "[Unit]\nStartLimitBurst=9\n[Service]\nExecStart=/bin/sleep infinity\n";
    world.manager.write_unit("web.service", more).unwrap();
    world.manager.daemon_reload().unwrap();
    world
        .until_unit("web", "read anew", |state| {
            service(state).start_limit_burst == 9
        })
        .await;
    world.until_verdict("web", UP).await;
    world
        .manager
        .wait_for("web.service", "active", LIMIT)
        .unwrap();
}
