//! Charges, repairs, quarantines and pauses over reboots and jumps of the wall clock.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::BootId;
use prunelle_healer::facts::{History, Pause, Quarantine};
use prunelle_healer::journal::{Entry, HISTORY_WINDOW, Journal};
use prunelle_healer::reason::{Outcome, Reason};
use serde_json::json;

use super::fixture::{Fixture, admit, history_of, remediation, target};

const HOUR: Duration = Duration::from_hours(1);

async fn history(journal: &Journal, fixture: &Fixture) -> History {
    journal
        .history(history_of("/tmp"), fixture.now())
        .await
        .unwrap()
}

/// One whole remediation on /tmp, with its remedy started.
async fn repair(journal: &Journal, fixture: &Fixture, number: u128, quarantine: Duration) {
    let intent = admit(journal, fixture.intent(remediation(number), "/tmp")).await;
    journal
        .start(intent, json!(null), fixture.now())
        .await
        .unwrap();
    end(journal, fixture, number, quarantine).await;
}

async fn end(journal: &Journal, fixture: &Fixture, number: u128, quarantine: Duration) {
    let ended = Entry::Ended {
        remediation: remediation(number),
        outcome: Outcome::NotVerified,
        reason: Some(Reason::LadderExhausted),
        quarantine,
        message: "no space".to_owned(),
        at: fixture.now(),
    };
    journal.record(ended).await.unwrap();
}

#[tokio::test]
async fn charges_and_repairs_are_counted_for_their_target() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let first = fixture.now();
    repair(&journal, &fixture, 1, Duration::ZERO).await;
    fixture.advance(HOUR);
    admit(&journal, fixture.intent(remediation(2), "/var/tmp")).await;
    // Admitted and ended without a start: charged, but no repair.
    admit(&journal, fixture.intent(remediation(3), "/tmp")).await;
    end(&journal, &fixture, 3, Duration::ZERO).await;

    let history = history(&journal, &fixture).await;
    let second = fixture.now();
    assert_eq!(history.charges, [first.clone(), second.clone()]);
    assert_eq!(
        history.host_charges,
        [first.clone(), second.clone(), second]
    );
    assert_eq!(history.repairs, [first]);
    assert_eq!(history.running, None);
}

#[tokio::test]
async fn a_jump_of_the_wall_clock_changes_nothing_inside_one_boot() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let before = history(&journal, &fixture).await;
    for wall in ["2031-01-01T00:00:00Z", "1999-01-01T00:00:00Z"] {
        fixture.clock.step_wall(wall.parse().unwrap());
        assert_eq!(history(&journal, &fixture).await, before, "{wall}");
    }
    fixture.advance(4 * HOUR);
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
}

#[tokio::test]
async fn after_a_reboot_a_clock_that_went_backwards_frees_nothing() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let before = history(&journal, &fixture).await;
    fixture.clock.reboot(BootId::new("second"));
    fixture.clock.step_wall(Timestamp::UNIX_EPOCH);
    assert_eq!(history(&journal, &fixture).await, before);
}

#[tokio::test]
async fn after_a_reboot_wall_time_counts() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let since = fixture.now();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    fixture.clock.reboot(BootId::new("second"));
    fixture.advance(3 * HOUR);
    let later = history(&journal, &fixture).await;
    let lasts = 4 * HOUR;
    assert_eq!(later.quarantine, Some(Quarantine { since, lasts }));
    fixture.advance(HOUR);
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
    fixture.advance(HISTORY_WINDOW);
    let history = history(&journal, &fixture).await;
    assert!(history.charges.is_empty() && history.host_charges.is_empty());
    assert!(history.repairs.is_empty());
}

#[tokio::test]
async fn a_quarantine_can_be_released() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    repair(&journal, &fixture, 1, 4 * HOUR).await;
    let release = || journal.release(target("/tmp"), "ada".to_owned(), fixture.now());
    assert!(release().await.unwrap());
    assert_eq!(history(&journal, &fixture).await.quarantine, None);
    assert!(!release().await.unwrap());
}

#[tokio::test]
async fn pauses_cover_one_target_or_all_and_end() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let pause = |target: Option<&str>, lasts: Duration| Pause {
        target: target.map(super::fixture::target),
        since: fixture.now(),
        lasts,
        note: "by hand".to_owned(),
    };
    let all = pause(None, HOUR);
    let tmp = pause(Some("/tmp"), 2 * HOUR);
    let other = pause(Some("/var/tmp"), 2 * HOUR);
    for set in [&all, &tmp, &other, &other] {
        journal.pause(set.clone(), "ada".to_owned()).await.unwrap();
    }
    assert_eq!(
        history(&journal, &fixture).await.pauses,
        [all.clone(), tmp.clone()]
    );
    let now = fixture.now();
    assert_eq!(
        journal.pauses(now).await.unwrap(),
        [all, tmp.clone(), other]
    );

    fixture.advance(HOUR);
    assert_eq!(history(&journal, &fixture).await.pauses, [tmp]);
    let resume =
        |path: Option<&str>| journal.resume(path.map(target), "ada".to_owned(), fixture.now());
    assert_eq!(resume(None).await.unwrap(), 0, "it has ended by itself");
    assert_eq!(resume(Some("/tmp")).await.unwrap(), 1);
    assert_eq!(resume(Some("/tmp")).await.unwrap(), 0);
    assert!(history(&journal, &fixture).await.pauses.is_empty());
}
