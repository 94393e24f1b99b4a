use prunelle_systemd::unit::QueuedJob;

use super::*;

fn unit(active: ActiveState, sub: &str, job: Option<&str>) -> UnitState {
    UnitState {
        active,
        sub: sub.to_owned(),
        job: job.map(|kind| QueuedJob {
            id: 7,
            kind: kind.to_owned(),
        }),
        ..UnitState::blank("web.service".parse().unwrap())
    }
}

#[test]
fn down_is_down_however_it_ended() {
    for active in [ActiveState::Inactive, ActiveState::Failed] {
        assert_eq!(judge(&unit(active, "dead", None)), Sight::Holds);
    }
}

#[test]
fn what_is_being_stopped_is_waited_for() {
    for (active, job) in [
        (ActiveState::Deactivating, None),
        (ActiveState::Active, Some("stop")),
        (ActiveState::Inactive, Some("stop")),
    ] {
        assert_eq!(judge(&unit(active, "x", job)), Sight::NotYet, "{active:?}");
    }
}

#[test]
fn what_is_up_or_comes_back_breaks_it() {
    for (active, sub, job, what) in [
        (ActiveState::Active, "running", None, "is active"),
        (ActiveState::Activating, "start", None, "is activating"),
        (
            ActiveState::Activating,
            "auto-restart",
            None,
            "automatic restart",
        ),
        (
            ActiveState::Inactive,
            "dead",
            Some("start"),
            "started again",
        ),
        (
            ActiveState::Failed,
            "failed",
            Some("restart"),
            "started again",
        ),
    ] {
        match judge(&unit(active, sub, job)) {
            Sight::Broken(told) => assert!(told.contains(what), "{told}"),
            other => panic!("{active:?} {sub}: {other:?}"),
        }
    }
}
