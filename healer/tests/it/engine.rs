//! The engine with everything real but time and systemd.

mod approvals;
mod commands;
mod crashes;
pub(crate) mod fake_manager;
mod of_host;
mod policies;
mod restarts;
mod returning;
mod rig;
mod silences;
mod throttle;
mod told;
mod victims;

use std::time::Duration;

use fake_manager::Start;
use prunelle_healer::work::Ack;
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{JobResult, Verb};
use rig::{POLICY, Rig, alert, down, down_since, resolved};

const UNIT: &str = "web.service";
const STEP: Duration = Duration::from_millis(50);

fn starts(count: usize) -> Vec<(Verb, String)> {
    vec![(Verb::Start, UNIT.to_owned()); count]
}

#[tokio::test]
async fn a_dead_service_is_started_once_verified_and_told() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_fault_right_after_the_repair_is_repaired_although_the_episode_is_the_same() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
async fn an_alert_that_fires_for_twenty_minutes_under_a_pause_is_repaired_when_it_is_ended() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.pause_all(Duration::from_hours(2)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED paused").await;
    for _ in 0..20 {
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down(UNIT)]).await;
        rig.settle().await;
    }
    assert_eq!(rig.manager.calls(), starts(0));
    assert_eq!(rig.story().len(), 1, "the same answer is not told again");
    assert_eq!(
        rig.handle()
            .resume(None, "ada".to_owned())
            .await
            .unwrap()
            .pauses,
        1
    );
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn nothing_is_stranded_when_a_pause_runs_out() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.pause_all(Duration::from_secs(90)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED paused").await;
    rig.advance(Duration::from_secs(89));
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    rig.advance(Duration::from_secs(1));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn what_alertmanager_has_not_confirmed_for_long_is_not_acted_on_until_it_is() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.pause_all(Duration::from_mins(5)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED paused").await;
    rig.advance(Duration::from_mins(5));
    rig.settle().await;
    assert_eq!(rig.story().len(), 1, "Alertmanager is asked first");
    rig.advance(Duration::from_secs(2));
    rig.until_told("decision SUPPRESSED stale_evidence").await;
    rig.reconcile(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn before_acting_on_old_evidence_alertmanager_is_asked_and_its_answer_counts() {
    for still_fires in [true, false] {
        let rig = Rig::start().await;
        rig.manager.set(UNIT, ActiveState::Failed, "failed");
        rig.pause_all(Duration::from_mins(5)).await;
        rig.post(vec![down(UNIT)]).await;
        rig.until_told("decision DEFERRED paused").await;
        rig.advance(Duration::from_mins(5));
        rig.settle().await;
        let active = if still_fires {
            vec![down(UNIT)]
        } else {
            Vec::new()
        };
        rig.reconcile(active).await;
        if still_fires {
            rig.outcomes(1).await;
        } else {
            rig.until_told("decision SUPPRESSED resolved").await;
        }
        assert_eq!(rig.manager.calls(), starts(usize::from(still_fires)));
    }
}

#[tokio::test]
async fn a_start_by_a_person_and_then_a_clean_exit_are_not_taken_for_a_stop() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down(UNIT)]).await;
    rig.until("it is being verified", || {
        rig.manager.calls().first().cloned()
    })
    .await;
    rig.settle().await;
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down(UNIT)]).await;
    rig.until("it is being verified", || {
        rig.manager.calls().first().cloned()
    })
    .await;
    rig.settle().await;
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
        rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.manager.script([Start::Hangs]);
    rig.post(vec![down(UNIT)]).await;
    rig.until("the job is queued", || {
        (rig.manager.calls().len() == 1).then_some(())
    })
    .await;
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
        rig.manager.set(UNIT, ActiveState::Failed, "failed");
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
        rig.manager.set(UNIT, ActiveState::Failed, "failed");
        rig.outcomes(2).await;
        assert_eq!(rig.manager.calls(), starts(2), "{behaviour:?}");
    }
}

#[tokio::test]
async fn two_alerts_about_one_target_are_one_repair() {
    let policy = POLICY.replace("= \"ServiceDown\"", "=~ \"ServiceDown|OtherDown\"");
    let rig = Rig::with_policy(&policy).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT), alert("OtherDown", UNIT, 1)])
        .await;
    rig.until_told("decision DEFERRED joined_running").await;
    rig.until("the job is queued", || {
        (rig.manager.calls().len() == 1).then_some(())
    })
    .await;
    rig.manager.finish_jobs();
    rig.outcomes(1).await;
    rig.until_told("decision SUPPRESSED recovered_by_itself")
        .await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn resolved_while_it_runs_it_is_verified_and_goes_no_further() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.until("the job is queued", || {
        (rig.manager.calls().len() == 1).then_some(())
    })
    .await;
    assert_eq!(rig.post(vec![resolved(down(UNIT))]).await, Ack::Accepted);
    rig.manager.finish_jobs();
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    let story = rig.outcomes(1).await;
    assert_eq!(
        story,
        [
            "action NOT_VERIFIED not_verified",
            "outcome NOT_VERIFIED not_verified"
        ]
    );
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn resolved_while_it_waits_it_is_cancelled() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.pause_all(Duration::from_hours(1)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED paused").await;
    rig.post(vec![resolved(down(UNIT))]).await;
    rig.until_told("decision SUPPRESSED resolved").await;
    rig.handle().resume(None, "ada".to_owned()).await.unwrap();
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    // An old announcement that comes late does not bring it back; a new episode does.
    rig.post(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    rig.post(vec![down_since(UNIT, 50)]).await;
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn while_systemd_cannot_be_asked_nothing_is_done_and_then_it_is() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.manager.set_reachable(false);
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED fact_unknown").await;
    rig.manager.set_reachable(true);
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn in_observe_mode_it_plans_and_touches_nothing() {
    let rig = Rig::with_policy(&POLICY.replace("mode: enforce", "mode: observe")).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision OBSERVED observed").await;
    let line = rig.lines().pop().unwrap();
    assert!(
        line.to_string()
            .contains("start `web.service`, which is failed (exit-code)"),
        "{line}"
    );
    assert_eq!(rig.manager.calls(), starts(0));
    // Another policy comes into force: what still fires is guarded under it.
    rig.set_policy(POLICY);
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn faults_that_keep_coming_use_up_the_budget_and_the_next_window_gives_a_new_one() {
    let policy = POLICY.replace(
        "  boot_grace: 0s",
        "  boot_grace: 0s\n  cooldown: {first: 0s, factor: 1, max: 0s}\n  budget: {max: 3, per: 1h}",
    );
    let rig = Rig::with_policy(&policy).await;
    for round in 1..=3 {
        rig.manager.set(UNIT, ActiveState::Failed, "failed");
        rig.post(vec![down_since(UNIT, round)]).await;
        rig.outcomes(usize::try_from(round).unwrap()).await;
    }
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down_since(UNIT, 4)]).await;
    rig.until_told("decision DEFERRED budget").await;
    assert_eq!(rig.manager.calls(), starts(3));
    for _ in 0..61 {
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down_since(UNIT, 4)]).await;
        rig.settle().await;
    }
    rig.outcomes(4).await;
    assert_eq!(rig.manager.calls(), starts(4));
}

#[tokio::test]
async fn a_fault_during_the_cooldown_is_repaired_when_that_ends_and_not_before() {
    let policy = POLICY.replace(
        "  boot_grace: 0s",
        "  boot_grace: 0s\n  cooldown: {first: 10m, max: 10m}",
    );
    let rig = Rig::with_policy(&policy).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down_since(UNIT, 1)]).await;
    rig.outcomes(1).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down_since(UNIT, 2)]).await;
    rig.until_told("decision DEFERRED cooldown").await;
    for _ in 0..9 {
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down_since(UNIT, 2)]).await;
        rig.settle().await;
    }
    assert_eq!(rig.manager.calls(), starts(1));
    rig.advance(Duration::from_mins(1));
    rig.outcomes(2).await;
    assert_eq!(rig.manager.calls(), starts(2));
}

#[tokio::test]
async fn reconciliation_brings_what_no_webhook_told_and_ends_what_is_listed_no_longer() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.manager.script([Start::Waits]);
    rig.reconcile(vec![down(UNIT)]).await;
    rig.until("the job is queued", || {
        (rig.manager.calls().len() == 1).then_some(())
    })
    .await;
    rig.advance(Duration::from_secs(1));
    rig.reconcile(Vec::new()).await;
    rig.until("the end is kept", || {
        rig.lines()
            .iter()
            .any(|line| line["event_type"] == "alert" && line["status"] == "RESOLVED")
            .then_some(())
    })
    .await;
    rig.manager.finish_jobs();
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.outcomes(1).await;
    rig.settle().await;
    assert_eq!(
        rig.manager.calls(),
        starts(1),
        "it was over: no second attempt"
    );
}

#[tokio::test]
async fn an_answer_that_was_asked_for_before_a_webhook_came_does_not_end_its_alert() {
    let rig = Rig::start().await;
    rig.pause_all(Duration::from_secs(30)).await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED paused").await;
    // Asked at this same moment: the answer may not know it yet.
    rig.reconcile(Vec::new()).await;
    rig.settle().await;
    rig.advance(Duration::from_secs(30));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_delivery_is_acknowledged_by_what_became_of_it() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    assert_eq!(
        rig.post(vec![alert("Unheard", UNIT, 1)]).await,
        Ack::NothingNew
    );
    rig.until_told("decision SUPPRESSED no_rule").await;
    let not_a_unit = alert("ServiceDown", "no/unit", 1);
    rig.post(vec![not_a_unit]).await;
    rig.until_told("decision SUPPRESSED no_target").await;
    assert_eq!(rig.post(vec![down(UNIT)]).await, Ack::Accepted);
    rig.settle().await;
    rig.journal().close().await;
    assert_eq!(rig.post(vec![down_since(UNIT, 9)]).await, Ack::Unavailable);
}

#[tokio::test]
async fn the_view_shows_what_goes_on() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Failed, "failed");
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

#[tokio::test]
async fn a_storm_of_alerts_is_kept_answered_and_bounded_by_the_budget_of_the_host() {
    let rig = Rig::start().await;
    rig.pause_all(Duration::from_secs(30)).await;
    let units: Vec<String> = (0..150).map(|n| format!("unit{n}.service")).collect();
    let storm: Vec<_> = units.iter().map(|unit| down(unit)).collect();
    assert_eq!(rig.post(storm).await, Ack::Accepted);
    let count = |rig: &Rig, what: &str| {
        let told = rig.story();
        told.iter().filter(|line| *line == what).count()
    };
    rig.until("every alert has its decision", || {
        (count(&rig, "decision DEFERRED paused") == units.len()).then_some(())
    })
    .await;
    assert_eq!(rig.manager.calls(), starts(0));
    rig.advance(Duration::from_secs(30));
    rig.until_advancing("the budget is used up", Duration::from_millis(500), || {
        let has_ended = count(&rig, "outcome SUCCESS -") == 20;
        let is_told = count(&rig, "decision DEFERRED host_budget") >= units.len() - 20;
        (has_ended && is_told).then_some(())
    })
    .await;
    assert_eq!(rig.manager.calls().len(), 20);
}
