//! Another policy comes into force while alerts fire and repairs run.

use std::time::Duration;

use prunelle_systemd::unit::ActiveState;

use super::fake_manager::Start;
use super::rig::{POLICY, Rig, alert, down, down_since};
use super::{UNIT, starts};

/// A policy whose only rule is about other alerts.
fn without_the_rule() -> String {
    POLICY.replace("\"ServiceDown\"", "\"SomethingElse\"")
}

/// The same rule, under another name and for one attempt only.
fn renamed() -> String {
    POLICY
        .replace("name: service-down", "name: renamed")
        .replace("attempts: 2", "attempts: 1")
}

#[tokio::test]
async fn an_attempt_under_way_is_finished_under_its_old_rule() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.job_queued().await;
    rig.set_policy(&without_the_rule());
    rig.until("the alert has no rule any more", || {
        rig.story()
            .iter()
            .any(|line| line == "decision SUPPRESSED no_rule")
            .then_some(())
    })
    .await;
    rig.manager.finish_jobs();
    rig.outcomes(1).await;
    let outcome = rig
        .lines()
        .into_iter()
        .find(|line| line["event_type"] == "outcome")
        .expect("an outcome");
    assert_eq!(outcome["status"], "SUCCESS", "{outcome}");
    assert!(outcome.to_string().contains("service-down"), "{outcome}");

    // The rule is gone: what happens next in the same episode is nobody's business.
    rig.manager.fail(UNIT);
    rig.post(vec![down_since(UNIT, 2)]).await;
    rig.advance(Duration::from_secs(30));
    rig.reconcile(vec![down_since(UNIT, 2)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn after_its_end_the_alert_is_guarded_under_the_new_rule() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.job_queued().await;
    rig.set_policy(&renamed());
    rig.until_told("decision DEFERRED joined_running").await;
    rig.manager.finish_jobs();
    rig.outcomes(1).await;
    rig.settle().await;
    rig.manager.fail(UNIT);
    rig.outcomes(2).await;
    let rules: Vec<String> = rig
        .lines()
        .iter()
        .filter(|line| line["event_type"] == "outcome")
        .map(|line| line["details"]["rule"].as_str().unwrap_or("-").to_owned())
        .collect();
    assert_eq!(rules, ["service-down", "renamed"]);
    assert_eq!(rig.manager.calls(), starts(2), "one at a time");
}

#[tokio::test]
async fn what_waits_under_a_rule_that_is_removed_goes_away() {
    let rig = Rig::start().await;
    rig.held_up(UNIT, Duration::from_mins(10)).await;
    rig.set_policy(&without_the_rule());
    rig.until_told("decision SUPPRESSED no_rule").await;
    rig.handle().resume(None, "ann".to_owned()).await.unwrap();
    rig.advance(Duration::from_mins(11));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    // The rule is back, and so is its alert.
    rig.set_policy(POLICY);
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn an_alert_that_had_no_rule_is_repaired_when_it_gets_one() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.post(vec![alert("OtherDown", UNIT, 1)]).await;
    rig.until_told("decision SUPPRESSED no_rule").await;
    rig.set_policy(&POLICY.replace("\"ServiceDown\"", "\"OtherDown\""));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn what_a_person_stopped_stays_stopped_under_another_policy() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::StoppedByPerson]);
    rig.post(vec![down(UNIT)]).await;
    rig.outcomes(1).await;
    for policy in [renamed(), POLICY.to_owned()] {
        rig.set_policy(&policy);
        rig.post(vec![down(UNIT)]).await;
        rig.advance(Duration::from_mins(1));
        rig.reconcile(vec![down(UNIT)]).await;
        rig.settle().await;
        assert_eq!(rig.manager.calls(), starts(1));
    }
    // It was up again: its next fault is repaired, under the rule as it is now.
    rig.set_policy(&renamed());
    rig.manager.set(UNIT, ActiveState::Active, "running");
    rig.settle().await;
    rig.manager.fail(UNIT);
    rig.outcomes(2).await;
    let outcome = rig.lines().pop().unwrap();
    assert_eq!(outcome["details"]["rule"], "renamed", "{outcome}");
}

#[tokio::test]
async fn a_stop_by_a_person_during_a_repair_outlives_a_reload_during_the_same_repair() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.manager.script([Start::Waits]);
    rig.post(vec![down(UNIT)]).await;
    rig.job_queued().await;
    rig.set_policy(&renamed());
    rig.until_told("decision DEFERRED joined_running").await;
    rig.manager.stop_by_person(UNIT);
    rig.outcomes(1).await;
    rig.advance(Duration::from_mins(1));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(1));
}
