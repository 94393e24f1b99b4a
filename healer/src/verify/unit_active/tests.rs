use jiff::Timestamp;
use prunelle_foundation::clock::BootId;
use prunelle_systemd::unit::{LoadState, ServiceState};

use super::*;

fn now() -> Now {
    Now {
        wall: Timestamp::UNIX_EPOCH,
        boot: Duration::from_secs(100),
        boot_id: BootId::new("a"),
    }
}

fn unit(active: ActiveState, sub: &str, invocation: Option<&str>) -> UnitState {
    UnitState {
        id: "web.service".parse().unwrap(),
        load: LoadState::Loaded,
        active,
        sub: sub.to_owned(),
        job: None,
        invocation_id: invocation.map(str::to_owned),
        service: Some(ServiceState {
            kind: "simple".to_owned(),
            result: "success".to_owned(),
            main_pid: None,
            restarts: 3,
            remain_after_exit: false,
            start_limit_burst: 5,
            start_limit_interval: Duration::from_secs(10),
            ..ServiceState::default()
        }),
        last_start: None,
        state_change: None,
        triggered_by: Vec::new(),
        next_timer_run: None,
    }
}

fn memory() -> Memory {
    Memory {
        is_started_anew: true,
        invocation_before: Some("old".to_owned()),
        our_job: Some(7),
        ..Memory::default()
    }
}

fn job(id: u32, kind: &str) -> QueuedJob {
    QueuedJob {
        id,
        kind: kind.to_owned(),
    }
}

#[track_caller]
fn breaks(sight: Sight, with: &str) {
    match sight {
        Sight::Broken(what) => assert!(what.contains(with), "{what}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn active_counts_only_in_another_invocation() {
    let old = unit(ActiveState::Active, "running", Some("old"));
    breaks(memory().judge(&old, &now()), "invocation from before");
    let new = unit(ActiveState::Active, "running", Some("new"));
    assert_eq!(memory().judge(&new, &now()), Sight::Holds);
}

#[test]
fn a_unit_that_never_ran_before_holds_once_it_runs() {
    let mut memory = Memory::default();
    let unit = unit(ActiveState::Active, "running", Some("new"));
    assert_eq!(memory.judge(&unit, &now()), Sight::Holds);
}

#[test]
fn a_remedy_that_starts_nothing_anew_leaves_the_invocation_as_it_is() {
    let mut memory = Memory::default();
    let kept = unit(ActiveState::Active, "running", Some("old"));
    assert_eq!(memory.judge(&kept, &now()), Sight::Holds);
    // A unit that had no invocation, and was to be started, has to have one.
    let mut memory = Memory {
        is_started_anew: true,
        ..Memory::default()
    };
    breaks(
        memory.judge(&unit(ActiveState::Active, "exited", None), &now()),
        "invocation from before",
    );
}

#[test]
fn a_job_after_which_the_unit_was_seen_active_stopped_nothing() {
    let dead = unit(ActiveState::Inactive, "dead", Some("new"));
    let memory = Memory {
        harmless_job: Some(8),
        ..memory()
    };
    assert!(!memory.was_stopped(&dead, Some(8)), "somebody's start");
    assert!(
        memory.was_stopped(&dead, Some(9)),
        "somebody's stop after it"
    );
}

#[test]
fn an_automatic_restart_breaks_it_whether_it_is_waited_for_or_done() {
    let waiting = unit(ActiveState::Activating, "auto-restart", Some("new"));
    breaks(memory().judge(&waiting, &now()), "automatic restart");

    let mut memory = memory();
    let mut running = unit(ActiveState::Active, "running", Some("new"));
    assert_eq!(memory.judge(&running, &now()), Sight::Holds);
    running.service.as_mut().unwrap().restarts += 1;
    breaks(memory.judge(&running, &now()), "started again");
}

#[test]
fn a_new_invocation_while_it_is_checked_breaks_it() {
    let mut memory = memory();
    memory.judge(&unit(ActiveState::Active, "running", Some("new")), &now());
    let newer = unit(ActiveState::Active, "running", Some("newer"));
    breaks(memory.judge(&newer, &now()), "started again");
}

#[test]
fn what_is_on_its_way_is_waited_for() {
    for active in [ActiveState::Activating, ActiveState::Deactivating] {
        let unit = unit(active, "start", Some("new"));
        assert_eq!(memory().judge(&unit, &now()), Sight::NotYet);
    }
    let mut queued = unit(ActiveState::Inactive, "dead", None);
    queued.job = Some(job(8, "start"));
    assert_eq!(memory().judge(&queued, &now()), Sight::NotYet);
}

#[test]
fn a_unit_that_is_down_is_told_apart_by_who_had_a_hand_in_it() {
    let dead = unit(ActiveState::Inactive, "dead", Some("new"));
    let failed = unit(ActiveState::Failed, "failed", Some("new"));
    for state in [&dead, &failed] {
        breaks(memory().judge(state, &now()), "is ");
        assert!(!memory().was_stopped(state, None));
        assert!(!memory().was_stopped(state, Some(7)), "our own job");
    }
    // Another job ended after ours: a stop leaves it inactive; a failure is its own.
    assert!(memory().was_stopped(&dead, Some(8)));
    assert!(!memory().was_stopped(&failed, Some(8)));
}

#[test]
fn a_stop_that_was_seen_counts_even_when_it_fails() {
    let failed = unit(ActiveState::Failed, "failed", Some("new"));
    for (seen, is_stop) in [
        (Some(job(8, "stop")), true),
        (Some(job(8, "")), true),
        (Some(job(8, "start")), false),
        (Some(job(7, "stop")), false),
        (None, false),
    ] {
        let mut memory = memory();
        let mut stopping = unit(ActiveState::Deactivating, "stop-sigterm", Some("new"));
        stopping.job = seen.clone();
        memory.notice(&stopping);
        assert_eq!(memory.was_stopped(&failed, None), is_stop, "{seen:?}");
    }
}
