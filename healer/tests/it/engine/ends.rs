//! How a repair ends that does not simply help: each end has its own reason.

use std::time::Duration;

use prunelle_systemd::JobResult;
use prunelle_systemd::unit::ActiveState;

use super::fake_manager::Start;
use super::rig::{Rig, down};
use super::{STEP, UNIT, starts};

#[tokio::test]
async fn a_start_by_a_person_and_then_a_clean_exit_are_not_taken_for_a_stop() {
    let rig = Rig::start().await;
    rig.being_verified(UNIT).await;
    rig.manager.run_job(UNIT, "start");
    let reads = rig.manager.reads();
    rig.until_advancing("it was looked at since", STEP, || {
        (rig.manager.reads() > reads + 1).then_some(())
    })
    .await;
    rig.manager.set(UNIT, ActiveState::Inactive, "dead");
    let line = rig
        .until_advancing("the attempt has ended", STEP, || {
            rig.story().first().cloned()
        })
        .await;
    assert_eq!(line, "action NOT_VERIFIED not_verified");

    // A stop in the same place is one.
    let rig = Rig::start().await;
    rig.being_verified(UNIT).await;
    rig.manager.run_job(UNIT, "stop");
    rig.manager.set(UNIT, ActiveState::Inactive, "dead");
    let story = rig.outcomes(1).await;
    assert_eq!(story[0], "action CANCELLED stopped_by_person");
}

#[tokio::test]
async fn starts_that_look_done_and_are_not_are_told_apart() {
    for (behaviour, attempt) in [
        (Start::Dies, "action NOT_VERIFIED not_verified"),
        (Start::ConditionUnmet, "action NOT_VERIFIED not_verified"),
        (Start::Flaps, "action NOT_VERIFIED not_verified"),
        (
            Start::Ends(JobResult::Failed),
            "action FAILED remedy_failed",
        ),
        (
            Start::Ends(JobResult::Dependency),
            "action FAILED remedy_failed",
        ),
        (
            Start::Ends(JobResult::Assert),
            "action FAILED remedy_failed",
        ),
        (Start::Ends(JobResult::Timeout), "action TIMEOUT timed_out"),
        // The end was missed: the unit is judged, and it is failed.
        (
            Start::Ends(JobResult::Vanished),
            "action NOT_VERIFIED not_verified",
        ),
    ] {
        let rig = Rig::start().await;
        rig.manager.fail(UNIT);
        rig.manager.script([behaviour, Start::Well]);
        rig.post(vec![down(UNIT)]).await;
        let story = if behaviour == Start::Flaps {
            // It stays active: nothing is left to repair, and that is how it ends.
            rig.outcomes(1).await
        } else {
            let story = rig.outcomes(1).await;
            assert_eq!(
                story[1..],
                ["action SUCCESS -", "outcome SUCCESS -"],
                "{behaviour:?}"
            );
            story
        };
        assert_eq!(story[0], attempt, "{behaviour:?}");
    }
}

#[tokio::test]
async fn a_job_that_never_ends_is_given_up_at_the_time_limit_and_the_unit_is_not_touched_again() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Hangs]);
    rig.post(vec![down(UNIT)]).await;
    rig.job_queued().await;
    rig.advance(Duration::from_secs(29));
    rig.settle().await;
    assert_eq!(rig.story(), Vec::<String>::new());
    let story = rig.outcomes(1).await;
    assert_eq!(story[0], "action TIMEOUT timed_out");
    assert!(
        story.contains(&"decision DEFERRED target_busy".to_owned()),
        "{story:?}"
    );
    assert_eq!(rig.manager.calls(), starts(1), "its job still hangs there");
}

#[tokio::test]
async fn an_exhausted_ladder_quarantines_and_after_that_it_is_tried_again() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Dies, Start::Dies]);
    rig.post(vec![down(UNIT)]).await;
    let story = rig.outcomes(1).await;
    assert_eq!(story[2], "outcome NOT_VERIFIED ladder_exhausted");
    rig.until_told("decision DEFERRED quarantined").await;
    rig.advance(Duration::from_mins(59));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(2));
    rig.advance(Duration::from_mins(1));
    rig.outcomes(2).await;
    assert_eq!(rig.story().last().unwrap(), "outcome SUCCESS -");
    assert_eq!(rig.manager.calls(), starts(3));
}

#[tokio::test]
async fn what_is_not_permitted_is_tried_once() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager
        .script([Start::NotPermitted, Start::NotPermitted]);
    rig.post(vec![down(UNIT)]).await;
    let story = rig.outcomes(1).await;
    assert_eq!(
        story[..2],
        [
            "action FAILED not_permitted",
            "outcome FAILED ladder_exhausted"
        ]
    );
}

#[tokio::test]
async fn a_stop_by_a_person_during_the_repair_is_respected_until_the_unit_was_up_again() {
    for behaviour in [Start::StoppedByPerson, Start::StoppedLater] {
        let rig = Rig::start().await;
        rig.manager.fail(UNIT);
        rig.manager.script([behaviour]);
        rig.post(vec![down(UNIT)]).await;
        let story = rig.outcomes(1).await;
        assert_eq!(
            story,
            [
                "action CANCELLED stopped_by_person",
                "outcome CANCELLED stopped_by_person"
            ],
            "{behaviour:?}"
        );
        rig.post(vec![down(UNIT)]).await;
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down(UNIT)]).await;
        rig.settle().await;
        assert_eq!(rig.manager.calls(), starts(1), "{behaviour:?}");
        rig.manager.set(UNIT, ActiveState::Active, "running");
        rig.settle().await;
        rig.manager.fail(UNIT);
        rig.outcomes(2).await;
        assert_eq!(rig.manager.calls(), starts(2), "{behaviour:?}");
    }
}
