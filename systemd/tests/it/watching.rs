//! The table follows units that change, appear and vanish.

use std::collections::BTreeMap;
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{Limits, Sync, Verb, WatchList};
use rustix::process::{Signal, kill_process};

use crate::world::{DOWN, LIMIT, MISSING, RUNS, UP, World, name, service};

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
async fn globs_gain_matches_and_keep_them_while_there_is_a_unit_file() {
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
    // Known by name, and therefore loaded or not; php8 is not loaded, and not enabled.
    assert_eq!(table.units.keys().collect::<Vec<_>>(), [&name("php7")]);
    assert_eq!(table.unmatched_globs, ["nosuch*"]);

    // `uses` mentions php9, of which there is no file: no match.
    world.run(Verb::Start, "uses").await;
    world.run(Verb::Start, "php8").await;
    world.until_verdict("php8", UP).await;
    let table = world.table.borrow().clone();
    assert_eq!(table.units.len(), 2);
    assert_eq!(table.glob_matches, counts(2, 0));

    // A stop unloads it, since nothing refers to it: it is down, not gone. So it is to a bus that comes later.
    world.systemctl(&["stop", "php8.service"]);
    world.until_verdict("php8", DOWN).await;
    world.stop_bus();
    world
        .until("lost", |table| table.sync != Sync::Synchronised)
        .await;
    world.manager.start_bus().unwrap();
    world.until_synchronised().await;
    assert_eq!(world.table.borrow().glob_matches, counts(2, 0));
    world.until_verdict("php8", DOWN).await;
    world.run(Verb::Start, "php8").await;
    world.until_verdict("php8", UP).await;
    world.systemctl(&["stop", "php8.service"]);
    world.until_verdict("php8", DOWN).await;

    world.remove_unit("php8.service");
    world.manager.daemon_reload().unwrap();
    let table = world
        .until("php8 is gone", |table| {
            !table.units.contains_key(&name("php8"))
        })
        .await;
    assert_eq!(table.glob_matches, counts(1, 0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn globs_stand_for_what_is_enabled() {
    let enabled = "[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=later.target\n";
    // A place for `systemctl enable` to write to, and for systemd to read from.
    let dir = tempfile::tempdir().unwrap();
    let path = format!("{0}/units:{0}/.config/systemd/user", dir.path().display());
    let mut options = prunelle_sandbox::Options::default()
        .unit("php8.service", enabled)
        .unit("php@.service", enabled)
        .env("SYSTEMD_UNIT_PATH", path);
    options.dir = Some(dir.path().to_owned());
    let mut world = World::start_in(options, "php*", Limits::default()).await;
    assert!(world.table.borrow().units.is_empty());
    world.systemctl(&["enable", "--no-reload", "php8.service", "php@1.service"]);
    world.manager.daemon_reload().unwrap();
    world.until_verdict("php8", DOWN).await;
    assert_eq!(world.table.borrow().units.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn globs_stand_for_instances_only_while_they_are_loaded() {
    let mut world = World::start(&[("worker@.service", RUNS)], "worker@*").await;
    world.run(Verb::Start, "worker@1").await;
    world.until_verdict("worker@1", UP).await;
    world.manager.kill_main("worker@1.service").unwrap();
    world.until_verdict("worker@1", DOWN).await;
    world.systemctl(&["reset-failed", "worker@1.service"]);
    world
        .until("the instance is gone", |table| table.units.is_empty())
        .await;
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
    world.remove_unit("late.service");
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
