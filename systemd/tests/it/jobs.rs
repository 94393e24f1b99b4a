//! What the calls really say: every row of the table that this client's verbs can produce.

use std::time::Duration;

use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{JobResult, SystemdError, Verb};

use crate::world::{LIMIT, RUNS, World, name, service};

const NEVER_READY: &str = "[Service]\nType=notify\nExecStart=/bin/sleep infinity\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_ends_as_systemd_says_and_the_unit_tells_the_truth() {
    let units = [
        ("healthy.service", RUNS),
        (
            "dies.service",
            "[Service]\nExecStart=/bin/sh -c 'sleep 0.3; exit 1'\n",
        ),
        (
            "nobinary.service",
            "[Service]\nExecStart=/nowhere/program\n",
        ),
        (
            "execs.service",
            "[Service]\nType=exec\nExecStart=/nowhere/program\n",
        ),
        (
            "oneshot.service",
            "[Service]\nType=oneshot\nExecStart=/bin/false\n",
        ),
        (
            "condition.service",
            "[Unit]\nConditionPathExists=/nowhere\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "assert.service",
            "[Unit]\nAssertPathExists=/nowhere\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "needs.service",
            "[Unit]\nRequires=oneshot.service\nAfter=oneshot.service\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "slow.service",
            "[Service]\nType=notify\nTimeoutStartSec=300ms\nExecStart=/bin/sleep infinity\n",
        ),
        ("never.service", NEVER_READY),
        (
            "waits.service",
            "[Unit]\nAfter=never.service\nJobTimeoutSec=300ms\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "limited.service",
            "[Unit]\nStartLimitBurst=3\nStartLimitIntervalSec=60\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
    ];
    let world = World::start(&units, "").await;
    healthy(&world).await;
    tokio::join!(
        dies_later(&world),
        binary_missing(&world),
        fails(&world),
        unmet(&world),
        dependency(&world),
        time_limits(&world),
        start_limit(&world),
    );
}

async fn healthy(world: &World) {
    let (result, first) = world.run(Verb::Start, "healthy").await;
    assert_eq!(
        (result, first.active),
        (JobResult::Done, ActiveState::Active)
    );
    let (result, second) = world.run(Verb::Restart, "healthy").await;
    assert_eq!(
        (result, second.active),
        (JobResult::Done, ActiveState::Active)
    );
    assert_ne!(first.invocation_id.unwrap(), second.invocation_id.unwrap());
    let (result, stopped) = world.run(Verb::Stop, "healthy").await;
    assert_eq!(
        (result, stopped.active),
        (JobResult::Done, ActiveState::Inactive)
    );
}

/// The job is done although the service is not well.
async fn dies_later(world: &World) {
    let (result, state) = world.run(Verb::Start, "dies").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Done, ActiveState::Active)
    );
    world
        .manager
        .wait_for("dies.service", "failed", LIMIT)
        .unwrap();
    assert_eq!(service(&world.read("dies").await).result, "exit-code");
}

async fn binary_missing(world: &World) {
    let job = world.enqueue(Verb::Start, "nobinary").await.unwrap();
    assert_eq!(world.finished(&job, "nobinary").await, JobResult::Done);
    world
        .manager
        .wait_for("nobinary.service", "failed", LIMIT)
        .unwrap();
}

async fn fails(world: &World) {
    for unit in ["execs", "oneshot"] {
        let (result, state) = world.run(Verb::Start, unit).await;
        assert_eq!(
            (result, state.active),
            (JobResult::Failed, ActiveState::Failed),
            "{unit}"
        );
        assert_eq!(service(&state).result, "exit-code", "{unit}");
    }
}

async fn unmet(world: &World) {
    let (result, state) = world.run(Verb::Start, "condition").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Done, ActiveState::Inactive)
    );
    assert_eq!(state.invocation_id, None);
    let (result, state) = world.run(Verb::Start, "assert").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Assert, ActiveState::Inactive)
    );
}

async fn dependency(world: &World) {
    let needed = world.systemd.requirements(&name("needs")).await.unwrap();
    assert!(needed.contains(&name("oneshot")), "{needed:?}");
    let (result, state) = world.run(Verb::Start, "needs").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Dependency, ActiveState::Inactive)
    );
}

async fn time_limits(world: &World) {
    let (result, state) = world.run(Verb::Start, "slow").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Failed, ActiveState::Failed)
    );
    assert_eq!(service(&state).result, "timeout");

    world.enqueue(Verb::Start, "never").await.unwrap();
    let (result, state) = world.run(Verb::Start, "waits").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Timeout, ActiveState::Inactive)
    );
}

/// One restart too many takes a running service down.
async fn start_limit(world: &World) {
    for _ in 0..3 {
        let (result, state) = world.run(Verb::Restart, "limited").await;
        assert_eq!(
            (result, state.active),
            (JobResult::Done, ActiveState::Active)
        );
        assert_eq!(service(&state).start_limit_burst, 3);
        assert_eq!(service(&state).start_limit_interval, Duration::from_mins(1));
    }
    let (result, state) = world.run(Verb::Restart, "limited").await;
    assert_eq!(
        (result, state.active),
        (JobResult::Failed, ActiveState::Failed)
    );
    assert_eq!(service(&state).result, "start-limit-hit");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn jobs_are_merged_and_cancelled_by_others() {
    let world = World::start(&[("never.service", NEVER_READY)], "").await;

    let first = world.enqueue(Verb::Start, "never").await.unwrap();
    let second = world.enqueue(Verb::Start, "never").await.unwrap();
    assert_eq!(first, second);
    let queued = world.read("never").await.job.unwrap();
    assert_eq!((queued.id, queued.kind.as_str()), (first.id, "start"));

    let (one, other, stopped) = tokio::join!(
        world.finished(&first, "never"),
        world.finished(&second, "never"),
        world.run(Verb::Stop, "never"),
    );
    assert_eq!((one, other), (JobResult::Canceled, JobResult::Canceled));
    assert_eq!(stopped.0, JobResult::Done);

    let third = world.enqueue(Verb::Start, "never").await.unwrap();
    world.systemctl(&["cancel", &third.id.to_string()]);
    assert_eq!(world.finished(&third, "never").await, JobResult::Canceled);
    // The end is remembered: asking again gives the same answer.
    assert_eq!(world.finished(&third, "never").await, JobResult::Canceled);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_systemd_refuses_is_told_apart() {
    let units = [
        ("broken.service", "[Service]\nType=simple\n"),
        (
            "manual.service",
            "[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/bin/sleep infinity\n",
        ),
    ];
    let world = World::start(&units, "").await;
    world.mask("masked.service");

    let unknown = world.enqueue(Verb::Restart, "nosuch").await.unwrap_err();
    assert!(
        matches!(&unknown, SystemdError::NoSuchUnit(unit) if *unit == name("nosuch")),
        "{unknown}"
    );
    for (unit, error) in [
        ("broken", "BadUnitSetting"),
        ("masked", "UnitMasked"),
        ("manual", "OnlyByDependency"),
    ] {
        let refusal = world.enqueue(Verb::Start, unit).await.unwrap_err();
        assert!(
            matches!(&refusal, SystemdError::Refused { name, .. } if name.ends_with(error)),
            "{unit}: {refusal}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_does_not_end_is_waited_for_no_longer_than_asked() {
    let world = World::start(&[("never.service", NEVER_READY)], "").await;
    let job = world.enqueue(Verb::Start, "never").await.unwrap();
    let limit = Duration::from_millis(1500);
    let error = world.systemd.finished(&job, &name("never"), limit).await;
    assert!(matches!(error, Err(SystemdError::TimedOut(told)) if told == limit));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_whose_end_was_missed_has_vanished() {
    let units = [("healthy.service", RUNS), ("never.service", NEVER_READY)];
    let world = World::start(&units, "").await;
    let job = world.enqueue(Verb::Start, "never").await.unwrap();
    let unit = name("never");
    let (result, ()) = tokio::join!(world.systemd.finished(&job, &unit, LIMIT), async {
        world.stop_bus();
        world.systemctl(&["stop", "never.service"]);
        world.manager.start_bus().unwrap();
    });
    assert_eq!(result.unwrap(), JobResult::Vanished);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_job_that_outlives_the_bus_is_followed_to_its_end() {
    let units = [(
        "slow.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'sleep 60'\n",
    )];
    let mut world = World::start(&units, "slow").await;
    let job = world.enqueue(Verb::Start, "slow").await.unwrap();
    world.manager.restart_bus().unwrap();
    world
        .until_unit("slow", "activating", |state| state.job.is_some())
        .await;
    let unit = name("slow");
    let (result, ()) = tokio::join!(world.systemd.finished(&job, &unit, LIMIT), async {
        world.systemctl(&["kill", "slow.service"]);
    });
    assert_eq!(result.unwrap(), JobResult::Failed);
}
