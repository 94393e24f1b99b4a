//! Alerts that Alertmanager holds back: known, told of once, and not acted on for as long as that lasts.

use std::fs::File;
use std::time::Duration;

use prunelle_healer::alert::Alert;
use prunelle_healer::work::Muted;

use super::rig::{POLICY, Rig, down};
use super::{UNIT, starts};

const SILENCED: &str = "decision DEFERRED silenced";

fn silenced(alert: &Alert) -> Muted {
    Muted::from([(alert.episode.fingerprint.clone(), "silence 4711".to_owned())])
}

#[tokio::test]
async fn a_silenced_alert_is_told_of_once_and_repaired_when_the_silence_ends() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    let alert = down(UNIT);
    for _ in 0..5 {
        rig.reconcile_muted(vec![alert.clone()], silenced(&alert))
            .await;
        rig.until_told(SILENCED).await;
        rig.advance(Duration::from_secs(30));
        rig.settle().await;
    }
    assert_eq!(rig.story(), [SILENCED]);
    rig.reconcile(vec![alert]).await;
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_webhook_about_a_silenced_alert_is_not_acted_on_until_alertmanager_says_that_it_is_not_any_more()
 {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    let alert = down(UNIT);
    rig.reconcile_muted(vec![alert.clone()], silenced(&alert))
        .await;
    rig.until_told(SILENCED).await;
    rig.advance(Duration::from_secs(1));
    rig.post(vec![alert.clone()]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    rig.reconcile(vec![alert]).await;
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn a_silence_that_begins_before_an_alert_is_acted_on_counts() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_mins(1)).await;
    let alert = down(UNIT);
    rig.post(vec![alert.clone()]).await;
    rig.until_told("decision DEFERRED paused").await;
    rig.advance(Duration::from_mins(1));
    // What Alertmanager is asked for old evidence comes with the answer that it is silenced.
    rig.reconcile_muted(vec![alert.clone()], silenced(&alert))
        .await;
    rig.until_told(SILENCED).await;
    assert_eq!(rig.manager.calls(), starts(0));
}

#[tokio::test]
async fn a_silence_outlives_a_crash_and_the_end_of_a_silenced_alert_is_its_end() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    let alert = down(UNIT);
    rig.reconcile_muted(vec![alert.clone()], silenced(&alert))
        .await;
    rig.until_told(SILENCED).await;
    rig.crash().await;
    rig.start_engine().await;
    rig.settle().await;
    rig.post(vec![alert]).await;
    rig.settle().await;
    assert_eq!(rig.manager.calls(), starts(0));
    rig.advance(Duration::from_secs(1));
    rig.reconcile(vec![]).await;
    let step = Duration::from_millis(100);
    rig.until_advancing("the alert is over", step, || {
        (rig.view.borrow().alerts_total == 0).then_some(())
    })
    .await;
    assert_eq!(rig.manager.calls(), starts(0));
}

#[tokio::test]
async fn while_a_package_manager_works_nothing_is_done_and_then_it_is() {
    let rig = Rig::start().await;
    let lock = rig.folder.path().join("root/var/lib/dpkg/lock-frontend");
    std::fs::create_dir_all(lock.parent().unwrap()).unwrap();
    let lock = File::create(lock).unwrap();
    lock.lock().unwrap();
    rig.manager.fail(UNIT);
    rig.post(vec![down(UNIT)]).await;
    rig.until_told("decision DEFERRED package_upgrade").await;
    assert_eq!(rig.manager.calls(), starts(0));
    lock.unlock().unwrap();
    rig.advance(Duration::from_secs(5));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn one_of_a_group_is_repaired_after_the_other() {
    let text = POLICY.replacen(
        "rules:",
        "groups: [{name: web, units: ['*'], max_at_once: 1, min_healthy: 0}]\nrules:",
        1,
    );
    let rig = Rig::with_policy(&text).await;
    for unit in [UNIT, "api.service"] {
        rig.manager.fail(unit);
    }
    rig.post(vec![down(UNIT), down("api.service")]).await;
    rig.until_told("decision DEFERRED too_many_at_once").await;
    assert!(rig.manager.calls().len() <= 1);
    // No time need pass but that of the first one's check: its end lets the other begin.
    rig.outcomes(2).await;
    assert_eq!(rig.manager.calls().len(), 2);
}
