use proptest::prelude::*;

use super::*;
use crate::unit::ServiceState;

const UP: ServiceUp = ServiceUp {
    up: true,
    loaded: true,
};
const DOWN: ServiceUp = ServiceUp {
    up: false,
    loaded: true,
};
const MISSING: ServiceUp = ServiceUp {
    up: false,
    loaded: false,
};

fn unit(active: ActiveState, sub: &str) -> UnitState {
    UnitState {
        id: "web.service".parse().unwrap(),
        load: LoadState::Loaded,
        active,
        sub: sub.to_owned(),
        job: None,
        invocation_id: None,
        service: Some(ServiceState {
            kind: "simple".to_owned(),
            result: "success".to_owned(),
            main_pid: None,
            restarts: 0,
            remain_after_exit: false,
            start_limit_burst: 5,
            start_limit_interval: std::time::Duration::from_secs(10),
            ..ServiceState::default()
        }),
        last_start: None,
        state_change: None,
        triggered_by: Vec::new(),
        next_timer_run: None,
    }
}

fn with_job(mut unit: UnitState, kind: &str) -> UnitState {
    unit.job = Some(QueuedJob {
        id: 7,
        kind: kind.to_owned(),
    });
    unit
}

fn service(mut unit: UnitState, kind: &str, result: &str) -> UnitState {
    let service = unit.service.as_mut().unwrap();
    service.kind = kind.to_owned();
    service.result = result.to_owned();
    unit
}

fn triggered(mut unit: UnitState, by: &str, is_active: bool) -> UnitState {
    unit.triggered_by.push((by.parse().unwrap(), is_active));
    unit
}

#[test]
fn active_and_reloading_are_up() {
    assert_eq!(service_up(&unit(ActiveState::Active, "running")), UP);
    assert_eq!(service_up(&unit(ActiveState::Active, "exited")), UP);
    assert_eq!(service_up(&unit(ActiveState::Reloading, "reload")), UP);
}

#[test]
fn activating_is_up_but_auto_restart_is_down() {
    assert_eq!(service_up(&unit(ActiveState::Activating, "start")), UP);
    assert_eq!(service_up(&unit(ActiveState::Activating, "start-pre")), UP);
    for sub in ["auto-restart", "auto-restart-queued"] {
        assert_eq!(service_up(&unit(ActiveState::Activating, sub)), DOWN);
    }
}

#[test]
fn deactivating_is_up_only_on_the_way_back() {
    let stopping = unit(ActiveState::Deactivating, "stop-sigterm");
    assert_eq!(service_up(&stopping), DOWN);
    assert_eq!(service_up(&with_job(stopping.clone(), "stop")), DOWN);
    for kind in ["start", "restart", "try-restart", ""] {
        assert_eq!(
            service_up(&with_job(stopping.clone(), kind)),
            UP,
            "{kind:?}"
        );
    }
}

#[test]
fn inactive_is_down() {
    let stopped = unit(ActiveState::Inactive, "dead");
    assert_eq!(service_up(&stopped), DOWN);
    // A start that waits for something else has not begun.
    assert_eq!(service_up(&with_job(stopped, "start")), DOWN);
}

#[test]
fn an_inactive_unit_waits_for_its_trigger() {
    for by in ["web.timer", "web.socket", "web.path"] {
        for kind in ["oneshot", "simple", "notify"] {
            let waiting = service(unit(ActiveState::Inactive, "dead"), kind, "success");
            assert_eq!(service_up(&triggered(waiting.clone(), by, true)), UP);
            assert_eq!(service_up(&triggered(waiting.clone(), by, false)), DOWN);
            let ended_badly = service(waiting, kind, "exit-code");
            assert_eq!(service_up(&triggered(ended_badly, by, true)), DOWN);
        }
    }
}

#[test]
fn one_active_trigger_of_several_is_enough() {
    let waiting = unit(ActiveState::Inactive, "dead");
    let waiting = triggered(waiting, "web.timer", false);
    assert_eq!(service_up(&triggered(waiting, "web.socket", true)), UP);
}

#[test]
fn a_oneshot_without_triggers_is_up_when_it_ended_well() {
    let done = unit(ActiveState::Inactive, "dead");
    assert_eq!(service_up(&service(done.clone(), "oneshot", "success")), UP);
    let ended_badly = service(done.clone(), "oneshot", "exit-code");
    assert_eq!(service_up(&ended_badly), DOWN);
    let mut stays = service(done, "oneshot", "success");
    stays.service.as_mut().unwrap().remain_after_exit = true;
    assert_eq!(service_up(&stays), DOWN);
}

#[test]
fn failed_is_down_whatever_starts_it() {
    let failed = service(unit(ActiveState::Failed, "failed"), "oneshot", "exit-code");
    assert_eq!(service_up(&failed), DOWN);
    assert_eq!(service_up(&triggered(failed, "web.timer", true)), DOWN);
}

#[test]
fn a_unit_that_cannot_be_read_is_missing_not_down() {
    for load in [
        LoadState::NotFound,
        LoadState::Masked,
        LoadState::BadSetting,
        LoadState::Error,
        LoadState::Other,
    ] {
        for active in [ActiveState::Active, ActiveState::Inactive] {
            let mut unit = unit(active, "dead");
            unit.load = load;
            assert_eq!(service_up(&unit), MISSING, "{load:?} {active:?}");
        }
    }
}

#[test]
fn a_unit_that_is_no_service_is_up_while_it_is_active() {
    let mut timer = unit(ActiveState::Active, "waiting");
    timer.service = None;
    assert_eq!(service_up(&timer), UP);
    timer.active = ActiveState::Inactive;
    assert_eq!(service_up(&timer), DOWN);
}

#[test]
fn a_state_of_a_newer_systemd_does_not_look_like_down() {
    assert_eq!(service_up(&unit(ActiveState::Other, "novel")), UP);
}

fn any_unit() -> impl Strategy<Value = UnitState> {
    let active = prop_oneof![
        Just("active"),
        Just("reloading"),
        Just("inactive"),
        Just("failed"),
        Just("activating"),
        Just("deactivating"),
        Just("maintenance"),
        Just("novel"),
    ];
    let load = prop_oneof![Just("loaded"), Just("not-found"), Just("masked")];
    let job = prop::option::of(prop_oneof![Just("start"), Just("stop"), Just("restart")]);
    let kind = prop_oneof![Just("simple"), Just("oneshot")];
    let result = prop_oneof![Just("success"), Just("exit-code")];
    let triggers = prop::collection::vec(any::<bool>(), 0..3);
    (active, load, job, kind, result, triggers).prop_map(
        |(active, load, job, kind, result, triggers)| {
            let mut unit = service(unit(ActiveState::parse(active), "x"), kind, result);
            unit.load = LoadState::parse(load);
            for is_active in triggers {
                unit = triggered(unit, "x.timer", is_active);
            }
            match job {
                Some(kind) => with_job(unit, kind),
                None => unit,
            }
        },
    )
}

proptest! {
    #[test]
    fn what_is_not_loaded_is_never_up(unit in any_unit()) {
        let verdict = service_up(&unit);
        prop_assert!(verdict.loaded || !verdict.up);
        prop_assert_eq!(verdict.loaded, unit.load == LoadState::Loaded);
    }

    #[test]
    fn a_bad_result_never_helps(unit in any_unit()) {
        let worse = service(unit.clone(), &unit.service.as_ref().unwrap().kind, "exit-code");
        prop_assert!(service_up(&unit).up || !service_up(&worse).up);
    }
}
