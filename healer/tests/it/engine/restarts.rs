//! A start on a journal that remembers: what was told is not told anew, and what was left to a person stays so.

use std::time::Duration;

use prunelle_foundation::clock::Clock as _;
use prunelle_healer::alert::Alert;
use prunelle_systemd::unit::ActiveState;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, down, down_since, resolved};
use super::{UNIT, starts};

const PAUSED: &str = "decision DEFERRED paused";

/// The healer dies and is started again; Alertmanager says that the same fires as before.
async fn restart(rig: &mut Rig, alerts: Vec<Alert>) {
    rig.settle().await;
    rig.crash().await;
    rig.advance(Duration::from_secs(1));
    rig.start_engine().await;
    rig.settle().await;
    rig.advance(Duration::from_secs(1));
    rig.reconcile(alerts).await;
    rig.settle().await;
}

#[tokio::test]
async fn a_start_tells_nothing_twice_however_many_alerts_fire() {
    let mut rig = Rig::start().await;
    let paused_at = rig.clock.now().wall;
    rig.pause_all(Duration::from_hours(1)).await;
    let units: Vec<String> = (0..500).map(|n| format!("unit{n}.service")).collect();
    let storm: Vec<_> = units.iter().map(|unit| down(unit)).collect();
    rig.post(storm.clone()).await;
    rig.until("every alert has its decision", || {
        (rig.story().len() == units.len()).then_some(())
    })
    .await;
    let before = rig.lines();
    let since = |rig: &Rig| {
        let mut since: Vec<_> = rig
            .view
            .borrow()
            .alerts
            .iter()
            .map(|alert| alert.decision.clone().map(|decision| decision.since))
            .collect();
        since.sort();
        since
    };
    rig.advance(Duration::from_mins(1));
    restart(&mut rig, storm).await;
    assert_eq!(rig.lines().len(), before.len(), "{:#?}", rig.lines().last());
    let step = Duration::from_millis(50);
    rig.until_advancing("the decisions are seen with their time", step, || {
        let since = since(&rig);
        (!since.is_empty() && since.iter().all(|since| *since == Some(paused_at))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn what_is_decided_otherwise_after_a_start_is_told() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_hours(1)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told(PAUSED).await;
    rig.set_policy(&POLICY.replace("mode: enforce", "mode: observe"));
    rig.handle().resume(None, "ada".to_owned()).await.unwrap();
    rig.until_told("decision OBSERVED observed").await;
    restart(&mut rig, vec![down(UNIT)]).await;
    let told = rig.story().len();
    rig.pause_all(Duration::from_hours(1)).await;
    rig.until("it is told again", || {
        (rig.story().len() > told).then_some(())
    })
    .await;
    assert_eq!(rig.story().last().unwrap(), PAUSED);
}

#[tokio::test]
async fn an_alert_that_fires_again_is_told_of_again_after_a_start_too() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_hours(1)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told(PAUSED).await;
    rig.post(vec![resolved(down(UNIT))]).await;
    rig.until_told("decision SUPPRESSED resolved").await;
    restart(&mut rig, vec![down(UNIT)]).await;
    rig.until_told(PAUSED).await;
    let story = rig.story();
    assert_eq!(story, [PAUSED, "decision SUPPRESSED resolved", PAUSED]);
}

#[tokio::test]
async fn what_was_repaired_before_a_start_did_not_recover_by_itself() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.post(vec![down(UNIT)]).await;
    let story = rig.outcomes(1).await;
    restart(&mut rig, vec![down(UNIT)]).await;
    assert_eq!(rig.story(), story);
    // It is looked after all the same.
    rig.manager.fail(UNIT);
    rig.outcomes(2).await;
    assert_eq!(rig.manager.calls(), starts(2));
}

#[tokio::test]
async fn a_unit_that_a_person_stopped_is_left_alone_after_a_start_until_it_was_up_again() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::StoppedByPerson]);
    rig.post(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    restart(&mut rig, vec![down(UNIT)]).await;
    rig.advance(Duration::from_mins(1));
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(1));
    // While nobody looks it is up; and later it fails.
    rig.crash().await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig.start_engine().await;
    rig.reconcile(vec![down(UNIT)]).await;
    rig.settle().await;
    rig.manager.fail(UNIT);
    rig.outcomes(2).await;
    assert_eq!(rig.manager.calls(), starts(2));
}

#[tokio::test]
async fn a_rung_that_was_passed_over_and_a_question_are_told_once() {
    let policy = POLICY
        .replace(
            "  boot_grace: 0s",
            "  boot_grace: 0s\n  cooldown: {first: 0s, factor: 1, max: 0s}",
        )
        .replace(
            "    ladder:",
            "    ladder:
      - remedy: restart_service
        budget: {max: 1, per: 1h}
        verify: {unit_active: {stable_for: 2s}}
        within: 30s",
        )
        .replace(
            "        attempts: 2",
            "        attempts: 2\n        approval: {expires: 1h}",
        );
    let mut rig = Rig::with_policy(&policy).await;
    rig.manager.fail(UNIT);
    rig.post(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    let alert = down_since(UNIT, 50);
    rig.post(vec![resolved(down(UNIT))]).await;
    rig.settle().await;
    rig.manager.fail(UNIT);
    rig.post(vec![alert.clone()]).await;
    rig.until_told("decision DEFERRED awaiting_approval").await;
    let before = rig.story();
    assert!(before.contains(&"decision SUPPRESSED rung_budget".to_owned()));
    restart(&mut rig, vec![alert]).await;
    assert_eq!(rig.story(), before);
}
