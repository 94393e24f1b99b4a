//! Alerts that are gone for a moment only: Alertmanager may never post about that, so it is asked again soon.

use std::time::Duration;

use prunelle_foundation::clock::{BootId, Clock as _};
use prunelle_healer::work::Ack;
use prunelle_systemd::unit::ActiveState;

use super::rig::{Rig, down, down_since, resolved};
use super::{UNIT, starts};

const PAUSED: &str = "decision DEFERRED paused";

/// A healer that was started again while an alert fired about which it may do nothing yet.
async fn restarted() -> Rig {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_secs(30)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told(PAUSED).await;
    rig.crash().await;
    rig.start_engine().await;
    rig.advance(Duration::from_secs(1));
    rig
}

/// Once nothing holds it back any more, it is repaired.
async fn is_repaired(rig: &Rig) {
    rig.advance(Duration::from_secs(30));
    rig.outcomes(1).await;
    assert_eq!(rig.manager.calls(), starts(1));
}

#[tokio::test]
async fn what_is_gone_at_the_moment_of_a_start_is_looked_for_again_soon() {
    let rig = restarted().await;
    rig.reconcile(Vec::new()).await;
    rig.wanted_soon().await;
    // It fires again in the same episode, and nothing was posted.
    rig.advance(Duration::from_secs(2));
    rig.reconcile(vec![down(UNIT)]).await;
    is_repaired(&rig).await;
}

#[tokio::test]
async fn a_webhook_that_looks_like_an_old_one_has_alertmanager_asked_again() {
    let rig = restarted().await;
    rig.reconcile(Vec::new()).await;
    rig.wanted_soon().await;
    rig.advance(Duration::from_secs(1));
    for _ in 0..2 {
        assert_eq!(rig.post(vec![down(UNIT)]).await, Ack::NothingNew);
        rig.wanted_soon().await;
    }
    rig.advance(Duration::from_secs(2));
    rig.reconcile(vec![down(UNIT)]).await;
    is_repaired(&rig).await;
}

#[tokio::test]
async fn so_has_one_that_comes_after_its_end_was_posted() {
    let rig = restarted().await;
    assert_eq!(rig.post(vec![resolved(down(UNIT))]).await, Ack::Accepted);
    rig.advance(Duration::from_secs(1));
    assert_eq!(rig.post(vec![down(UNIT)]).await, Ack::NothingNew);
    rig.wanted_soon().await;
    rig.advance(Duration::from_secs(2));
    rig.reconcile(vec![down(UNIT)]).await;
    is_repaired(&rig).await;
}

#[tokio::test]
async fn an_episode_that_began_earlier_than_the_known_one_is_asked_about_and_believed() {
    let rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_secs(30)).await;
    rig.post(vec![down_since(UNIT, 50)]).await;
    rig.until_told(PAUSED).await;
    // Prometheus' clock was put back.
    rig.advance(Duration::from_secs(1));
    rig.post(vec![down_since(UNIT, 20)]).await;
    rig.wanted_soon().await;
    rig.advance(Duration::from_secs(2));
    rig.reconcile(vec![down_since(UNIT, 20)]).await;
    rig.settle().await;
    let ends = down_since(UNIT, 20);
    assert_eq!(rig.post(vec![resolved(ends)]).await, Ack::Accepted);
    rig.until_told("decision SUPPRESSED resolved").await;
}

#[tokio::test]
async fn neither_what_is_new_nor_what_is_confirmed_nor_an_end_is_doubtful() {
    let rig = Rig::start().await;
    rig.manager.set(UNIT, ActiveState::Active, "running");
    for alert in [down(UNIT), down(UNIT), resolved(down(UNIT))] {
        rig.post(vec![alert]).await;
    }
    rig.advance(Duration::from_secs(1));
    rig.reconcile(Vec::new()).await;
    rig.settle().await;
    let asked = tokio::time::timeout(Duration::from_millis(50), rig.requests.wanted_soon());
    assert!(asked.await.is_err(), "Alertmanager was asked for nothing");
}

#[tokio::test]
async fn after_a_reboot_with_a_clock_that_was_put_back_the_answer_counts() {
    let mut rig = Rig::start().await;
    rig.manager.fail(UNIT);
    rig.pause_all(Duration::from_secs(30)).await;
    rig.post(vec![down(UNIT)]).await;
    rig.until_told(PAUSED).await;
    assert_eq!(rig.post(vec![resolved(down(UNIT))]).await, Ack::Accepted);
    rig.crash().await;
    rig.clock.reboot(BootId::new("b"));
    let wall = rig.clock.now().wall;
    rig.clock.step_wall(wall - Duration::from_hours(48));
    rig.start_engine().await;
    rig.advance(Duration::from_secs(40));
    rig.reconcile(vec![down(UNIT)]).await;
    rig.until("it fires again", || {
        rig.lines()
            .iter()
            .rfind(|line| line["event_type"] == "alert")
            .is_some_and(|line| line["status"] == "FIRING")
            .then_some(())
    })
    .await;
}
