//! The inventory of all loaded units: states by signals, the rest read for a reason.

use std::time::Duration;

use prunelle_systemd::inventory::{Details, LoadedUnit, SocketState};
use prunelle_systemd::unit::{ActiveState, LoadState, ServiceState};
use prunelle_systemd::{Limits, Sync, Verb};

use crate::eavesdropper::Eavesdropper;
use crate::world::{RUNS, World, loaded, name};

fn service(unit: &LoadedUnit) -> Option<&ServiceState> {
    match &unit.details {
        Details::Service(service) => Some(service),
        _ => None,
    }
}

fn socket(unit: &LoadedUnit) -> Option<SocketState> {
    match &unit.details {
        Details::Socket(socket) => Some(*socket),
        _ => None,
    }
}

fn runs_in_its_cgroup(unit: &LoadedUnit) -> bool {
    unit.active == ActiveState::Active
        && service(unit).is_some_and(|service| service.control_group.is_some())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_holds_what_is_loaded_and_follows_it() {
    let again = "[Service]\nExecStart=/bin/sleep infinity\nRestart=always\nRestartSec=50ms\n\
                 TasksMax=9\n";
    let units = [
        ("web.service", RUNS),
        ("again.service", again),
        ("group.target", "[Unit]\nWants=nosuch.service\n"),
    ];
    let mut world = World::start_with_inventory(&units, "web", Limits::default()).await;
    let basic = world
        .until_loaded("basic.target", "active", |unit| {
            unit.active == ActiveState::Active
        })
        .await;
    assert_eq!(
        (basic.load, &*basic.sub, basic.details),
        (LoadState::Loaded, "active", Details::Unknown)
    );
    // Known by their files only, and read as a watched unit, which loads it for no longer than that.
    world.until_unloaded("again").await;

    world.systemctl(&["start", "web.service", "again.service", "group.target"]);
    for unit in ["web", "again"] {
        let state = world
            .until_loaded(unit, "running", runs_in_its_cgroup)
            .await;
        let path = service(&state).unwrap().control_group.clone().unwrap();
        assert!(path.ends_with(&format!("/{unit}.service")), "{path}");
        assert_eq!(&*state.sub, "running");
        assert_eq!(service(&state).unwrap().kind, "simple");
        let now = world.table.borrow().as_of.wall;
        let age = now.duration_since(state.active_since.unwrap());
        assert!(age < jiff::SignedDuration::from_secs(15), "{age:?}");
    }
    let missing = world.until_loaded("nosuch", "known", |_| true).await;
    assert_eq!(
        (missing.load, missing.active),
        (LoadState::NotFound, ActiveState::Inactive)
    );

    world.manager.kill_main("again.service").unwrap();
    let again = world
        .until_loaded("again", "restarted", |unit| {
            runs_in_its_cgroup(unit) && service(unit).is_some_and(|it| it.restarts == 1)
        })
        .await;
    assert_eq!(service(&again).unwrap().tasks_max, Some(9));

    world.manager.kill_main("web.service").unwrap();
    let web = world
        .until_loaded("web", "failed", |unit| unit.active == ActiveState::Failed)
        .await;
    let web = service(&web).unwrap();
    assert_eq!(
        (&*web.result, web.exec_main_code, web.exec_main_status),
        ("signal", 2, 9)
    );
    assert_eq!(web.control_group, None);
    world.systemctl(&["stop", "again.service"]);
    world.until_unloaded("again").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_unit_that_comes_and_goes_by_itself_is_there_while_it_is() {
    let mut world = World::start_with_inventory(&[], "", Limits::default()).await;
    for _ in 0..3 {
        let mut run = world.manager.command("systemd-run");
        run.args(["--user", "--unit=passing", "--collect", "/bin/sleep", "0.3"]);
        world.manager.output(&mut run).unwrap();
        world
            .until_loaded("passing", "running", runs_in_its_cgroup)
            .await;
        world.until_unloaded("passing").await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_state_of_the_whole_system_follows_its_units() {
    let mut world =
        World::start_with_inventory(&[("web.service", RUNS)], "", Limits::default()).await;
    let state = async |world: &mut World, wanted: &str| {
        world
            .until(wanted, |table| {
                let inventory = table.inventory.as_ref();
                let manager = inventory.and_then(|it| it.manager.as_ref());
                manager.is_some_and(|manager| manager.system_state == wanted)
            })
            .await
    };
    let table = state(&mut world, "running").await;
    let manager = table.inventory.as_ref().unwrap().manager.clone().unwrap();
    let version = world.systemctl(&["--version"]);
    assert!(version.contains(&manager.version), "{manager:?}");
    world.systemctl(&["start", "web.service"]);
    world.manager.kill_main("web.service").unwrap();
    state(&mut world, "degraded").await;
    // The same after a reload, which lists everything anew, and on another connection.
    world.manager.daemon_reload().unwrap();
    world.stop_bus();
    world
        .until("lost", |table| table.sync != Sync::Synchronised)
        .await;
    world.manager.start_bus().unwrap();
    world.until_synchronised().await;
    state(&mut world, "degraded").await;
    world.systemctl(&["reset-failed"]);
    state(&mut world, "running").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn timers_tell_their_last_run_and_sockets_are_counted() {
    let dir = tempfile::tempdir().unwrap();
    let address = dir.path().join("socket");
    let listen = format!("[Socket]\nListenStream={}\nAccept=yes\n", address.display());
    let once = "[Timer]\nOnActiveSec=100ms\nAccuracySec=1ms\n";
    let units = [
        ("greet.socket", &*listen),
        (
            "greet@.service",
            "[Service]\nExecStart=/bin/cat\nStandardInput=socket\n",
        ),
        ("once.timer", once),
        (
            "once.service",
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        ),
    ];
    let limits = Limits {
        sockets_every: Duration::from_millis(200),
        ..Limits::default()
    };
    let mut world = World::start_with_inventory(&units, "", limits).await;
    let before = world.table.borrow().as_of.wall;
    world.systemctl(&["start", "once.timer", "greet.socket"]);
    world
        .until_loaded("once.timer", "elapsed", |unit| {
            let Details::Timer(timer) = &unit.details else {
                return false;
            };
            timer.last_trigger.is_some_and(|last| last > before)
        })
        .await;
    world
        .until_loaded("greet.socket", "unused", |unit| {
            socket(unit).is_some_and(|socket| socket.accepted == 0)
        })
        .await;
    let open = std::os::unix::net::UnixStream::connect(address).unwrap();
    let used = |accepted, connections| {
        move |unit: &LoadedUnit| {
            let wanted = SocketState {
                accepted,
                connections,
                refused: Some(0),
            };
            socket(unit) == Some(wanted)
        }
    };
    world.until_loaded("greet.socket", "used", used(1, 1)).await;
    drop(open);
    world
        .until_loaded("greet.socket", "used no more", used(1, 0))
        .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_steady_state_makes_no_call_but_a_ping() {
    let units = [("web.service", RUNS), ("idle.service", RUNS)];
    let limits = Limits {
        liveness_every: Duration::from_millis(600),
        ..Limits::default()
    };
    let mut world = World::start_with_inventory(&units, "web,idle,nosuch,w*", limits).await;
    world.run(Verb::Start, "web").await;
    world
        .until_loaded("web", "running", runs_in_its_cgroup)
        .await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ear = Eavesdropper::start(&world.manager.bus_address()).await;
    tokio::time::sleep(Duration::from_millis(1500)).await;
    let calls: Vec<_> = ear
        .heard()
        .into_iter()
        .filter(|what| what.starts_with("call ") && what != "call Ping")
        .collect();
    assert!(calls.is_empty(), "{calls:?}");
    assert!(loaded(&world.table.borrow(), &name("web")).is_some());
}
