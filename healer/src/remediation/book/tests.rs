use prunelle_foundation::clock::BootId;

use super::*;
use crate::alert::{Episode, Labels};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn now() -> Now {
    Now {
        wall: at(1000),
        boot: Duration::from_secs(1000),
        boot_id: BootId::new("a"),
    }
}

fn fingerprint() -> Fingerprint {
    "00000000000000aa".to_owned().try_into().unwrap()
}

/// A book that knows the alert as firing since second 50.
fn book() -> Book {
    let mut book = Book::default();
    let alert = Alert {
        episode: Episode {
            fingerprint: fingerprint(),
            starts_at: at(50),
        },
        status: AlertStatus::Firing,
        labels: Labels::new(),
        annotations: Labels::new(),
        ends_at: None,
    };
    let active = Active {
        alert: Arc::new(alert),
        confirmed: now(),
        cases: Vec::new(),
        without_case: Vec::new(),
    };
    book.alerts.insert(fingerprint(), active);
    book
}

fn news(book: &Book, starts_at: i64, status: AlertStatus, is_truth: bool) -> News {
    book.news(&fingerprint(), at(starts_at), status, is_truth)
}

#[test]
fn what_is_known_is_confirmed_begins_anew_or_ends() {
    let book = book();
    for (starts_at, status, is_truth, expected) in [
        (50, AlertStatus::Firing, false, News::Confirms),
        (60, AlertStatus::Firing, false, News::Begins),
        (40, AlertStatus::Firing, false, News::Outdated),
        (40, AlertStatus::Firing, true, News::Begins),
        (50, AlertStatus::Resolved, false, News::Ends),
        (60, AlertStatus::Resolved, false, News::Ends),
        (40, AlertStatus::Resolved, false, News::Outdated),
    ] {
        assert_eq!(
            news(&book, starts_at, status, is_truth),
            expected,
            "{starts_at} {status:?} {is_truth}"
        );
    }
}

#[test]
fn the_end_of_something_unknown_is_no_news() {
    let book = Book::default();
    assert_eq!(news(&book, 50, AlertStatus::Resolved, false), News::Nothing);
    assert_eq!(news(&book, 50, AlertStatus::Firing, false), News::Begins);
}

#[test]
fn an_announcement_that_comes_after_its_end_brings_nothing_back_but_the_truth_does() {
    let mut book = book();
    book.end_alert(&fingerprint(), true, &now());
    assert_eq!(news(&book, 50, AlertStatus::Firing, false), News::Outdated);
    assert_eq!(news(&book, 51, AlertStatus::Firing, false), News::Begins);
    assert_eq!(news(&book, 50, AlertStatus::Firing, true), News::Begins);
}

#[test]
fn an_alert_that_was_only_listed_no_longer_may_be_announced_again() {
    let mut book = book();
    book.end_alert(&fingerprint(), false, &now());
    assert_eq!(news(&book, 50, AlertStatus::Firing, false), News::Begins);
}
