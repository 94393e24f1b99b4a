//! What notifications and Alertmanager's own list make of a repair that runs, waits or is over.

use std::time::Duration;

use prunelle_healer::work::Ack;
use prunelle_systemd::unit::ActiveState;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, alert, down, down_since, resolved};
use super::{UNIT, starts};

#[tokio::test]
async fn two_alerts_about_one_target_are_one_repair() {
    let policy = POLICY.replace("= \"ServiceDown\"", "=~ \"ServiceDown|OtherDown\"");
    let rig = Rig::with_policy(&policy).await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT), alert("OtherDown", UNIT, 1)])
        .await;
    rig.until_told("decision DEFERRED joined_running").await;
    rig.job_queued().await;
    rig.manager.finish_jobs();
    rig.outcomes(1).await;
    rig.until_told("decision SUPPRESSED recovered_by_itself")
        .await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn resolved_while_it_runs_it_is_verified_and_goes_no_further() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.job_queued().await;
    assert_eq!(rig.post(vec![resolved(down(UNIT))]).await, Ack::Accepted);
    rig.manager.finish_jobs();
    rig.manager.fail(UNIT);
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
    rig.held_up(UNIT, Duration::from_hours(1)).await;
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
async fn reconciliation_brings_what_no_webhook_told_and_ends_what_is_listed_no_longer() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.reconcile(vec![down(UNIT)]).await;
    rig.job_queued().await;
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
    rig.manager.fail(UNIT);
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
    rig.manager.fail(UNIT);
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
