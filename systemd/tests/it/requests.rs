//! What is asked of systemd beside starting and stopping: reloading, forgetting a failure, setting limits.

use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{JobResult, Property, Request, SystemdError, Verb};

use crate::world::{RUNS, World, name, service};

const RELOADS: &str =
    "[Service]\nExecStart=/bin/sleep infinity\nExecReload=/bin/sh -c 'touch %t/reloaded'\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_what_can_reload_and_runs_is_reloaded() {
    let units = [("reloads.service", RELOADS), ("plain.service", RUNS)];
    let world = World::start(&units, "").await;
    world.run(Verb::Start, "plain").await;
    let (_, before) = world.run(Verb::Start, "reloads").await;

    let (result, state) = world.run(Verb::Reload, "reloads").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Done, ActiveState::Active)
    );
    assert_eq!(state.invocation_id, before.invocation_id);

    let refusal = world.enqueue(Verb::Reload, "plain").await.unwrap_err();
    assert!(
        matches!(&refusal, SystemdError::Refused { name, asked: Request::Job(Verb::Reload), .. }
            if name == "org.freedesktop.systemd1.JobTypeNotApplicable"),
        "{refusal}"
    );

    // What is down has nothing to reload: systemd answers with a job that fails.
    world.run(Verb::Stop, "reloads").await;
    let (result, state) = world.run(Verb::Reload, "reloads").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Other, ActiveState::Inactive)
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_failure_and_a_start_limit_are_forgotten_on_request_alone() {
    let limited = "[Unit]\nStartLimitBurst=2\nStartLimitIntervalSec=1h\n[Service]\nExecStart=/bin/sleep infinity\n";
    let world = World::start(&[("limited.service", limited)], "").await;
    for _ in 0..3 {
        world.run(Verb::Restart, "limited").await;
    }
    let hit = world.read("limited").await;
    assert_eq!(service(&hit).result, "start-limit-hit");

    world.systemd.reset_failed(&name("limited")).await.unwrap();
    let reset = world.read("limited").await;
    assert_eq!(reset.active, ActiveState::Inactive);
    let (result, state) = world.run(Verb::Start, "limited").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Done, ActiveState::Active)
    );

    let unknown = world.systemd.reset_failed(&name("nosuch")).await;
    assert!(
        matches!(&unknown, Err(SystemdError::NoSuchUnit(unit)) if *unit == name("nosuch")),
        "{unknown:?}"
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_are_read_set_and_taken_back() {
    let weighed = "[Service]\nExecStart=/bin/sleep infinity\nCPUWeight=300\n";
    let world = World::start(&[("web.service", weighed)], "").await;
    world.run(Verb::Start, "web").await;
    let unit = name("web");
    let read = async || {
        let read = world.systemd.properties(&unit, &Property::ALL);
        read.await.unwrap()
    };
    let before = [Some(u64::MAX), Some(300), Some(u64::MAX)];
    assert_eq!(read().await, before);

    let values = [
        (Property::CpuQuota, 500_000),
        (Property::CpuWeight, 20),
        (Property::MemoryHigh, 1 << 30),
    ];
    world.systemd.set_properties(&unit, &values).await.unwrap();
    assert_eq!(read().await, values.map(|(_, value)| Some(value)));
    let shown = world.systemctl(&["show", "web", "-p", "CPUQuotaPerSecUSec", "--value"]);
    assert_eq!(shown.trim(), "500ms");

    let back: Vec<(Property, u64)> = Property::ALL
        .into_iter()
        .zip(before.into_iter().flatten())
        .collect();
    world.systemd.set_properties(&unit, &back).await.unwrap();
    assert_eq!(read().await, before);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn limits_that_systemd_refuses_change_nothing() {
    let world = World::start(&[("web.service", RUNS)], "").await;
    let unit = name("web");
    let refused = world
        .systemd
        .set_properties(
            &unit,
            &[(Property::CpuQuota, 100_000), (Property::CpuWeight, 20_000)],
        )
        .await;
    assert!(
        matches!(&refused, Err(SystemdError::Refused { asked: Request::SetProperties, name, .. })
            if name == "org.freedesktop.DBus.Error.InvalidArgs"),
        "{refused:?}"
    );
    let read = world.systemd.properties(&unit, &[Property::CpuQuota]).await;
    assert_eq!(read.unwrap(), [Some(u64::MAX)]);

    let unknown = world
        .systemd
        .set_properties(&name("nosuch"), &[(Property::CpuWeight, 20)])
        .await;
    assert!(
        matches!(&unknown, Err(SystemdError::NoSuchUnit(_))),
        "{unknown:?}"
    );
}
