//! When nothing happens, nothing is said.

use std::time::Duration;

use prunelle_systemd::{Limits, Verb};

use crate::eavesdropper::Eavesdropper;
use crate::world::{RUNS, UP, World};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_steady_state_makes_no_call_but_a_ping() {
    // One that runs, one that is not loaded, one that does not exist: reading the latter two loads and unloads them,
    // which must not go on for ever.
    let units = [("web.service", RUNS), ("idle.service", RUNS)];
    let limits = Limits {
        liveness_every: Duration::from_millis(600),
        ..Limits::default()
    };
    let mut world = World::start_with(&units, "web,idle,nosuch,w*,x*", limits).await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    // Long enough for what was loaded to settle.
    tokio::time::sleep(Duration::from_secs(1)).await;

    let ear = Eavesdropper::start(&world.manager.bus_address()).await;
    let before = world.table.borrow().as_of.clone();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let heard = ear.heard();
    let pings = heard.iter().filter(|what| *what == "call Ping").count();
    // One every 600 ms; a loaded machine makes the two seconds longer, or a ping late.
    assert!((1..=4).contains(&pings), "{heard:?}");
    let rest: Vec<_> = heard
        .iter()
        .filter(|what| {
            *what != "call Ping"
                && !what.ends_with("NameAcquired")
                && !what.ends_with("NameLost")
                && !what.ends_with("NameOwnerChanged")
        })
        .collect();
    assert!(rest.is_empty(), "{heard:?}");

    // The answers keep the table fresh.
    let after = world.table.borrow().as_of.clone();
    assert!(after.since(&before) > Duration::from_secs(1));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_change_makes_few_calls() {
    let mut world = World::start(&[("web.service", RUNS)], "web").await;
    world.run(Verb::Start, "web").await;
    world.until_verdict("web", UP).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let ear = Eavesdropper::start(&world.manager.bus_address()).await;
    world.manager.kill_main("web.service").unwrap();
    world
        .until_active("web", prunelle_systemd::unit::ActiveState::Failed)
        .await;
    tokio::time::sleep(Duration::from_millis(600)).await;
    let calls: Vec<_> = ear
        .heard()
        .into_iter()
        .filter(|what| what.starts_with("call ") && what != "call Ping")
        .collect();
    // A service that dies tells everything by itself.
    assert!(calls.is_empty(), "{calls:?}");
}
