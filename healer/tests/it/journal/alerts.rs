//! Which alerts of a notification are news.

use std::time::Duration;

use prunelle_foundation::clock::BootId;
use prunelle_healer::alert::{Alert, AlertStatus};
use prunelle_healer::journal::{Journal, JournalError};
use prunelle_healer::work::{InvalidAlert, Muted};

use super::fixture::{Fixture, firing, resolved};

#[tokio::test]
async fn only_what_is_new_or_changed_is_news() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    for (heard, news) in [
        (vec![firing(1)], 1),
        (vec![firing(1)], 0),
        (vec![firing(1), firing(2)], 1),
        (vec![resolved(1)], 1),
        (vec![resolved(1), firing(2)], 0),
        // Late: it was sent before the `resolved` of its episode.
        (vec![firing(1)], 0),
        // Never heard of while it fired.
        (vec![resolved(3)], 1),
    ] {
        let text = format!("{heard:?}");
        assert_eq!(hear(&journal, &fixture, heard).await.len(), news, "{text}");
    }
    assert_eq!(fires(&journal).await, [firing(2)]);
}

#[tokio::test]
async fn a_new_start_is_a_new_episode_and_ends_the_one_before() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&journal, &fixture, vec![firing(1)]).await;
    let mut again = firing(1);
    again.episode.starts_at = "2026-11-24T08:30:00Z".parse().unwrap();
    assert_eq!(
        hear(&journal, &fixture, vec![again.clone()]).await,
        [again.clone()]
    );
    assert_eq!(fires(&journal).await, [again.clone()]);

    again.status = AlertStatus::Resolved;
    hear(&journal, &fixture, vec![again]).await;
    assert!(fires(&journal).await.is_empty(), "the old episode is over");
}

#[tokio::test]
async fn a_repeat_confirms() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&journal, &fixture, vec![firing(1)]).await;
    fixture.advance(Duration::from_mins(5));
    hear(&journal, &fixture, vec![firing(1)]).await;
    let known = journal.firing().await.unwrap();
    assert_eq!(known, [(firing(1), fixture.now())]);
    assert_eq!(journal.recent_events(10).await.unwrap().len(), 1);
}

#[tokio::test]
async fn the_api_brings_back_what_was_taken_for_resolved() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let asked_before = fixture.now();
    fixture.advance(Duration::from_secs(1));
    hear(&journal, &fixture, vec![firing(1)]).await;
    hear(&journal, &fixture, vec![resolved(1)]).await;

    let stale = journal.record_active(vec![firing(1)], Muted::new(), asked_before.clone());
    assert!(stale.await.unwrap().is_empty());
    hear(&journal, &fixture, vec![firing(3)]).await;
    let stale = journal.record_active(vec![firing(3)], Muted::new(), asked_before);
    assert!(stale.await.unwrap().is_empty());
    let confirmed = journal.firing().await.unwrap();
    assert_eq!(confirmed, [(firing(3), fixture.now())]);
    fixture.advance(Duration::from_secs(1));
    let fresh = journal.record_active(vec![firing(1), firing(2)], Muted::new(), fixture.now());
    assert_eq!(fresh.await.unwrap(), [firing(1), firing(2)]);
    assert_eq!(fires(&journal).await.len(), 3);
    fixture.advance(Duration::from_secs(1));
    let same = journal.record_active(vec![firing(1)], Muted::new(), fixture.now());
    assert_eq!(same.await.unwrap(), [firing(1)], "it still fires");
}

#[tokio::test]
async fn the_api_brings_back_an_episode_that_another_took_the_place_of() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let mut other = firing(1);
    other.episode.starts_at = "2026-11-24T07:30:00Z".parse().unwrap();
    hear(&journal, &fixture, vec![firing(1)]).await;
    hear(&journal, &fixture, vec![other.clone()]).await;
    // An announcement alone does not say which of the two fires, nor does an answer from before.
    let stale = journal.record_active(vec![firing(1)], Muted::new(), fixture.now());
    assert!(stale.await.unwrap().is_empty());
    fixture.advance(Duration::from_secs(1));
    assert!(hear(&journal, &fixture, vec![firing(1)]).await.is_empty());
    assert_eq!(fires(&journal).await, [other.clone()]);
    fixture.advance(Duration::from_secs(1));
    let told = journal.record_active(vec![firing(1)], Muted::new(), fixture.now());
    assert_eq!(told.await.unwrap(), [firing(1)]);
    assert_eq!(fires(&journal).await, [firing(1)]);
    // The end of the other one comes late: it is not the end of this one.
    other.status = AlertStatus::Resolved;
    hear(&journal, &fixture, vec![other]).await;
    assert_eq!(fires(&journal).await, [firing(1)]);
}

#[tokio::test]
async fn the_api_counts_after_a_reboot_with_a_clock_that_was_put_back() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&journal, &fixture, vec![firing(1)]).await;
    hear(&journal, &fixture, vec![resolved(1)]).await;
    fixture.clock.reboot(BootId::new("second"));
    fixture
        .clock
        .step_wall("2026-11-20T08:00:00Z".parse().unwrap());
    let told = journal.record_active(vec![firing(1)], Muted::new(), fixture.now());
    assert_eq!(told.await.unwrap(), [firing(1)]);
}

#[tokio::test]
async fn an_invalid_alert_is_told_once_an_hour() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    for (pause, lines) in [(0, 1), (60, 1), (3600, 2)] {
        fixture.advance(Duration::from_secs(pause));
        let mut notification = fixture.notification(Vec::new());
        notification.invalid = vec![InvalidAlert {
            name: "Huge".to_owned(),
            problem: "label `x` has 70000 bytes, at most 1024 are accepted".to_owned(),
        }];
        let recorded = journal.record_notification(notification).await.unwrap();
        assert!(recorded.changed.is_empty());
        let events = journal.recent_events(10).await.unwrap();
        let told = events
            .iter()
            .filter(|event| event.details["reason"] == "invalid_alert");
        assert_eq!(told.count(), lines);
    }
}

#[tokio::test]
async fn ten_thousand_alerts_in_one_notification() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let alerts: Vec<Alert> = (0..10_000).map(firing).collect();
    let commits = journal.stats().commits();
    assert_eq!(hear(&journal, &fixture, alerts).await.len(), 10_000);
    assert_eq!(fires(&journal).await.len(), 10_000);
    assert_eq!(journal.stats().sequence(), 10_000);
    assert!(journal.stats().commits() <= commits + 2, "one transaction");
}

#[tokio::test]
async fn a_queue_over_its_mark_refuses_at_once() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let large: Vec<Alert> = (0..20_000).map(firing).collect();
    let first = journal.record_notification(fixture.notification(large.clone()));
    let second = journal.record_notification(fixture.notification(large));
    let (first, second) = tokio::join!(first, second);
    assert_eq!(first.unwrap().changed.len(), 20_000);
    assert!(matches!(second, Err(JournalError::Busy)));
    // Once the first was answered, there is room again.
    assert_eq!(hear(&journal, &fixture, vec![resolved(1)]).await.len(), 1);
}

async fn hear(journal: &Journal, fixture: &Fixture, alerts: Vec<Alert>) -> Vec<Alert> {
    let notification = fixture.notification(alerts);
    journal
        .record_notification(notification)
        .await
        .unwrap()
        .changed
}

async fn fires(journal: &Journal) -> Vec<Alert> {
    let firing = journal.firing().await.unwrap();
    firing.into_iter().map(|(alert, _)| alert).collect()
}
