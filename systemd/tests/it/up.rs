//! What counts as up, row by row, as the table of a live systemd says it.

use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{Sync, Verb};

use crate::world::{DOWN, MISSING, RUNS, UP, World, name, service};

const STOPS_SLOWLY: &str = "[Service]\nType=notify\nNotifyAccess=all\n\
    ExecStart=/bin/sh -c 'trap \"\" TERM; systemd-notify --ready; exec sleep infinity'\n\
    TimeoutStopSec=60\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn running_starting_and_stopping() {
    let units = [
        ("active.service", RUNS),
        (
            "reloading.service",
            "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sleep infinity\n",
        ),
        (
            "activating.service",
            "[Service]\nType=notify\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "again.service",
            "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=60\n",
        ),
        ("stopping.service", STOPS_SLOWLY),
        (
            "failed.service",
            "[Service]\nType=oneshot\nExecStart=/bin/false\n",
        ),
    ];
    let mut world = World::start(&units, "active,reloading,activating,again,stopping,failed").await;

    world.run(Verb::Start, "active").await;
    world.until_verdict("active", UP).await;
    world.run(Verb::Stop, "active").await;
    world.until_active("active", ActiveState::Inactive).await;
    world.until_verdict("active", DOWN).await;

    world.run(Verb::Start, "reloading").await;
    world.systemctl(&["reload", "--no-block", "reloading.service"]);
    world
        .until_active("reloading", ActiveState::Reloading)
        .await;
    world.until_verdict("reloading", UP).await;

    world.enqueue(Verb::Start, "activating").await.unwrap();
    world
        .until_active("activating", ActiveState::Activating)
        .await;
    world.until_verdict("activating", UP).await;

    world.run(Verb::Start, "again").await;
    world.manager.kill_main("again.service").unwrap();
    let waiting = world
        .until_unit("again", "in auto-restart", |state| {
            state.sub == "auto-restart"
        })
        .await;
    assert_eq!(waiting.active, ActiveState::Activating);
    world.until_verdict("again", DOWN).await;

    // First a restart, whose stop is on the way back; then a stop takes its place.
    world.run(Verb::Start, "stopping").await;
    world.enqueue(Verb::Restart, "stopping").await.unwrap();
    let stopping = world
        .until_unit("stopping", "stopping with a known job", |state| {
            state.active == ActiveState::Deactivating
                && state.job.as_ref().is_some_and(|job| !job.kind.is_empty())
        })
        .await;
    assert_eq!(stopping.job.as_ref().unwrap().kind, "restart");
    world.until_verdict("stopping", UP).await;
    world.enqueue(Verb::Stop, "stopping").await.unwrap();
    world.until_verdict("stopping", DOWN).await;
    assert_eq!(world.unit("stopping").active, ActiveState::Deactivating);

    world.run(Verb::Start, "failed").await;
    world.until_active("failed", ActiveState::Failed).await;
    world.until_verdict("failed", DOWN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn waiting_for_a_trigger() {
    const WAITS: &str = "[Timer]\nOnActiveSec=1h\n";
    let units = [
        (
            "timed.service",
            "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'exit $CODE'\n",
        ),
        ("timed.timer", WAITS),
        (
            "bad.service",
            "[Service]\nType=oneshot\nExecStart=/bin/false\n",
        ),
        ("bad.timer", WAITS),
        (
            "other.timer",
            "[Timer]\nOnActiveSec=1h\nUnit=timed.service\n",
        ),
        ("called.service", RUNS),
        ("called.socket", "[Socket]\nListenStream=%t/called\n"),
        ("pathed.service", RUNS),
        ("pathed.path", "[Path]\nPathExists=/nowhere\n"),
        (
            "once.service",
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        ),
        (
            "stays.service",
            "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n",
        ),
    ];
    let mut world = World::start(&units, "timed,bad,called,pathed,once,stays").await;

    // A oneshot that nothing starts has done all it is for, unless it is to stay.
    world.until_verdict("once", UP).await;
    world.until_verdict("stays", DOWN).await;
    world.run(Verb::Start, "stays").await;
    world.until_verdict("stays", UP).await;

    for (unit, trigger) in [
        ("called", "called.socket"),
        ("pathed", "pathed.path"),
        ("timed", "timed.timer"),
    ] {
        // The trigger is loaded only when it is started, after the table was made.
        world.run(Verb::Start, trigger).await;
        let state = world
            .until_unit(unit, "triggered", |state| !state.triggered_by.is_empty())
            .await;
        assert_eq!(state.triggered_by, [(name(trigger), true)]);
        assert_eq!(state.active, ActiveState::Inactive);
        world.until_verdict(unit, UP).await;
        assert_eq!(world.read(unit).await.triggered_by, state.triggered_by);
    }

    // Several triggers: one that is active is enough, none is not.
    world.run(Verb::Start, "other.timer").await;
    world
        .until_unit("timed", "triggered by two", |state| {
            state.triggered_by.len() == 2
        })
        .await;
    world.run(Verb::Stop, "timed.timer").await;
    world
        .until_unit("timed", "triggered by one", |state| {
            state
                .triggered_by
                .iter()
                .filter(|(_, is_active)| *is_active)
                .count()
                == 1
        })
        .await;
    world.until_verdict("timed", UP).await;
    world.systemctl(&["stop", "other.timer"]);
    world
        .until_unit("timed", "without an active trigger", |state| {
            state.triggered_by.iter().all(|(_, is_active)| !is_active)
        })
        .await;
    world.run(Verb::Stop, "called.socket").await;
    world.until_verdict("called", DOWN).await;
    world.run(Verb::Start, "called.socket").await;
    world.until_verdict("called", UP).await;

    world.run(Verb::Start, "bad.timer").await;
    world.until_verdict("bad", UP).await;
    world.run(Verb::Start, "bad").await;
    world.until_active("bad", ActiveState::Failed).await;
    world.until_verdict("bad", DOWN).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_found_masked_or_broken() {
    let units = [("broken.service", "[Service]\nType=simple\n")];
    let mut world = World::start(&units, "broken,nosuch,masked").await;
    world.mask("masked.service");
    world.manager.daemon_reload().unwrap();
    world
        .until_unit("masked", "masked", |state| state.load == LoadState::Masked)
        .await;
    for (unit, load) in [
        ("broken", LoadState::BadSetting),
        ("nosuch", LoadState::NotFound),
        ("masked", LoadState::Masked),
    ] {
        world.until_verdict(unit, MISSING).await;
        assert_eq!(world.unit(unit).load, load);
        assert_eq!(world.read(unit).await.load, load);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_while_nothing_is_known() {
    let mut world = World::start(&[("web.service", RUNS)], "web").await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    assert_eq!(world.table.borrow().service_up(&name("other")), None);

    world.stop_bus();
    let lost = world
        .until("lost", |table| matches!(table.sync, Sync::Lost(_)))
        .await;
    assert_eq!(lost.service_up(&name("web")), None);
    // What was known last is kept, for who wants to show it.
    let known = &lost.units[&name("web")];
    assert_eq!(known.active, ActiveState::Active);
    assert_eq!(service(known).result, "success");
    world.manager.start_bus().unwrap();
    world.until_verdict("web", UP).await;
}
