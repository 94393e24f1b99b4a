//! The engine with everything real but time and systemd.

mod approvals;
mod commands;
mod crashes;
mod ends;
pub(crate) mod fake_manager;
mod notifications;
mod of_host;
mod policies;
mod restarts;
mod returning;
mod rig;
mod silences;
mod throttle;
mod told;
mod victims;
mod waiting;

use std::time::Duration;

use prunelle_healer::work::Ack;
use prunelle_systemd::Verb;
use prunelle_systemd::unit::ActiveState;
use rig::{Rig, down};

const UNIT: &str = "web.service";
const STEP: Duration = Duration::from_millis(50);

fn starts(count: usize) -> Vec<(Verb, String)> {
    vec![(Verb::Start, UNIT.to_owned()); count]
}

#[tokio::test]
async fn a_dead_service_is_started_once_verified_and_told() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    assert_eq!(rig.post(vec![down(UNIT)]).await, Ack::Accepted);
    let story = rig.outcomes(1).await;
    assert_eq!(story, ["action SUCCESS -", "outcome SUCCESS -"]);
    assert_eq!(rig.manager.calls(), starts(1));
    assert_eq!(rig.post(vec![down(UNIT)]).await, Ack::NothingNew);
    rig.settle().await;
    assert_eq!(
        rig.story().len(),
        2,
        "what we repaired did not recover by itself"
    );
}

#[tokio::test]
async fn a_service_that_is_up_again_is_left_alone() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision SUPPRESSED recovered_by_itself")
        .await;
    assert_eq!(rig.manager.calls(), starts(0));
    // It dies within the same episode: no webhook tells, the table does.
    rig.manager.fail(UNIT);
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_fault_right_after_the_repair_is_repaired_although_the_episode_is_the_same() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.post(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    rig.manager.fail(UNIT);
    rig.outcomes(2).await;
    assert_eq!(rig.manager.calls(), starts(2));
}

#[tokio::test]
async fn a_unit_that_somebody_is_starting_is_waited_for() {
    let rig = Rig::start().await;
    rig.manager
        .set(UNIT, ActiveState::Activating, "auto-restart");
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED target_busy").await;
    rig.manager.set_job(UNIT, Some("start"));
    rig.manager.fail(UNIT);
    rig.settle().await;
    assert_eq!(
        rig.manager.calls(),
        starts(0),
        "a job of somebody else runs"
    );
    rig.manager.set_job(UNIT, None);
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn the_view_shows_what_goes_on() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_mins(1)).await;
    rig.post(vec![down(UNIT)]).await;
    let look = |what: &str| what.to_owned();
    let view = rig
        .until_advancing(
            &look("the pause is seen"),
            Duration::from_millis(50),
            || {
                let view = rig.view.borrow().clone();
                let is_there = view
                    .alerts
                    .first()
                    .is_some_and(|alert| alert.decision.is_some());
                is_there.then_some(view)
            },
        )
        .await;
    assert!(view.is_ready);
    assert_eq!(view.mode, "observe");
    assert_eq!(view.pauses.len(), 1);
    assert_eq!(view.services[0].up, Some(false));
    assert_eq!(view.services[0].state, "failed (exit-code)");
    let decision = view.alerts[0].decision.clone().unwrap();
    assert_eq!(decision.reason.as_str(), "paused");
    assert!(decision.until.is_some());
    rig.handle().resume(None, "ada".to_owned()).await.unwrap();
    rig.outcomes(1).await;
    let view = rig
        .until_advancing(
            &look("the action is seen"),
            Duration::from_millis(50),
            || {
                let view = rig.view.borrow().clone();
                (!view.actions.is_empty()).then_some(view)
            },
        )
        .await;
    assert_eq!(view.actions[0].target, "unit:web.service");
    assert_eq!(view.mode, "enforce");
    assert!(view.running.is_empty());
}
