//! What is not done now is done as soon as it may be: pauses, old evidence, budgets, cooldowns, another policy.

use std::time::Duration;

use super::rig::{POLICY, Rig, down, down_since};
use super::{UNIT, starts};

#[tokio::test]
async fn an_alert_that_fires_for_twenty_minutes_under_a_pause_is_repaired_when_it_is_ended() {
    let rig = Rig::start().await;
    rig.held_up(UNIT, Duration::from_hours(2)).await;
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
    rig.held_up(UNIT, Duration::from_secs(90)).await;
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
    rig.held_up(UNIT, Duration::from_mins(5)).await;
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
        rig.held_up(UNIT, Duration::from_mins(5)).await;
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
async fn while_systemd_cannot_be_asked_nothing_is_done_and_then_it_is() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
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
    rig.manager.fail(UNIT);
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
        rig.manager.fail(UNIT);
        rig.post(vec![down_since(UNIT, round)]).await;
        rig.outcomes(usize::try_from(round).unwrap()).await;
    }
    rig.manager.fail(UNIT);
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
    rig.manager.fail(UNIT);
    rig.post(vec![down_since(UNIT, 1)]).await;
    rig.outcomes(1).await;
    rig.manager.fail(UNIT);
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
