//! What a table tells of a watched unit besides its state.

use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;

use crate::world::{RUNS, World, service};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_cgroup_of_a_service_is_known_while_it_runs() {
    let limited = "[Service]\nExecStart=/bin/sleep infinity\nTasksMax=7\n";
    let units = [("web.service", RUNS), ("limited.service", limited)];
    let mut world = World::start(&units, "web,limited").await;
    for _ in 0..2 {
        world.run(Verb::Start, "web").await;
        let state = world
            .until_unit("web", "in its cgroup", |state| {
                service(state).control_group.is_some()
            })
            .await;
        let path = service(&state).control_group.clone().unwrap();
        assert!(path.ends_with("/web.service"), "{path}");
        assert_eq!(*state, world.read("web").await);
        world.manager.kill_main("web.service").unwrap();
        let state = world.until_active("web", ActiveState::Failed).await;
        let service = service(&state);
        assert_eq!(service.control_group, None);
        // Killed, by SIGKILL.
        assert_eq!((service.exec_main_code, service.exec_main_status), (2, 9));
    }
    let limited = world.unit("limited");
    assert_eq!(service(&limited).tasks_max, Some(7));
    assert_eq!(service(&limited).exec_main_code, 0);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_next_run_is_told_by_calendar_and_by_other_timers() {
    let done = "[Service]\nType=oneshot\nExecStart=/bin/true\n";
    let units = [
        ("yearly.service", done),
        ("yearly.timer", "[Timer]\nOnCalendar=2199-01-01 UTC\n"),
        ("often.service", done),
        (
            "often.timer",
            "[Timer]\nOnActiveSec=1h\nOnUnitInactiveSec=2h\nAccuracySec=1ms\n",
        ),
    ];
    let mut world = World::start(&units, "yearly,often").await;
    assert_eq!(world.unit("often").next_timer_run, None);
    world.systemctl(&["start", "yearly.timer", "often.timer"]);
    let yearly = world
        .until_unit("yearly", "planned", |state| state.next_timer_run.is_some())
        .await;
    assert_eq!(
        yearly.next_timer_run,
        Some("2199-01-01T00:00:00Z".parse().unwrap())
    );
    let hour = jiff::SignedDuration::from_hours(1);
    let now = world.table.borrow().as_of.wall;
    let often = world
        .until_unit("often", "planned", |state| {
            let next = state.next_timer_run;
            next.is_some_and(|next| (next.duration_since(now) - hour).abs() < hour / 60)
        })
        .await;
    let read = world.read("often").await.next_timer_run.unwrap();
    let difference = often.next_timer_run.unwrap().duration_since(read);
    assert!(difference.abs() < jiff::SignedDuration::from_secs(1));
    world.systemctl(&["stop", "often.timer"]);
    world
        .until_unit("often", "not planned", |state| {
            state.next_timer_run.is_none()
        })
        .await;
}
