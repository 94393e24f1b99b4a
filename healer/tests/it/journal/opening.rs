//! Opening: every fault by name, and nothing overwritten.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use prunelle_healer::journal::{Journal, JournalError, JournalOptions, OpenError};

use super::fixture::{Fixture, firing};

fn fault(fixture: &Fixture, options: JournalOptions) -> OpenError {
    match fixture.try_open(options) {
        Err(JournalError::Open(error)) => error,
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it was opened"),
    }
}

#[tokio::test]
async fn two_at_once_are_refused_by_pid() {
    let fixture = Fixture::new();
    let first = fixture.open();
    let second = fault(&fixture, fixture.options());
    let pid = std::process::id();
    assert!(
        second.to_string().contains(&format!("(pid {pid})")),
        "{second}"
    );
    first.close().await;
    fixture.open();
}

#[tokio::test]
async fn nobody_else_may_read_it() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    journal.firing().await.unwrap();
    let mut modes = Vec::new();
    for entry in fs::read_dir(fixture.folder.path()).unwrap() {
        let entry = entry.unwrap();
        let mode = entry.metadata().unwrap().permissions().mode() & 0o777;
        modes.push((entry.file_name(), mode));
    }
    assert!(modes.len() >= 5, "{modes:?}");
    for (name, mode) in modes {
        assert_eq!(mode & 0o137, 0, "{name:?} has {mode:o}");
    }
}

#[tokio::test]
async fn the_last_handle_closes_it() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    drop(journal.clone());
    journal.firing().await.unwrap();
    drop(journal);
    let journal = open_again(&fixture).await;
    let unclean = journal.unclean_starts_within(Duration::from_mins(5)).await;
    assert_eq!(unclean.unwrap(), 0);
}

#[tokio::test]
async fn a_program_that_stops_closes_it_though_handles_are_left() {
    let fixture = Fixture::new();
    let mut options = fixture.options();
    // A log that cannot be written must not hold up the stop.
    options.action_log = Some(fixture.folder.path().join("missing/actions.jsonl"));
    let kept = fixture.try_open(options).unwrap();
    let heard = fixture.notification(vec![firing(1)]);
    kept.record_notification(heard).await.unwrap();
    fixture.lifecycle.stop().request("test");
    let journal = open_again(&fixture).await;
    assert!(matches!(kept.firing().await, Err(JournalError::Closed)));
    let unclean = journal.unclean_starts_within(Duration::from_mins(5)).await;
    assert_eq!(unclean.unwrap(), 0);
}

/// Waits until the store is free.
async fn open_again(fixture: &Fixture) -> Journal {
    let opened = async {
        loop {
            match fixture.try_open(fixture.options()) {
                Ok(journal) => break journal,
                Err(JournalError::Open(OpenError::Locked { .. })) => {
                    tokio::time::sleep(Duration::from_millis(5)).await;
                }
                Err(error) => panic!("{error}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(20), opened)
        .await
        .unwrap()
}

#[test]
fn a_missing_folder_is_named() {
    let fixture = Fixture::new();
    let mut options = fixture.options();
    options.path = fixture.folder.path().join("missing");
    let error = fault(&fixture, options);
    assert!(matches!(error, OpenError::MissingFolder { .. }), "{error}");
    assert!(error.to_string().contains("missing"));

    let mut options = fixture.options();
    options.path = fixture.folder.path().join("file");
    fs::write(&options.path, "").unwrap();
    assert!(matches!(
        fault(&fixture, options),
        OpenError::NotAFolder { .. }
    ));
}

#[tokio::test]
async fn a_newer_schema_is_refused() {
    let fixture = Fixture::new();
    fixture.open().close().await;
    let conn = rusqlite::Connection::open(fixture.database()).unwrap();
    conn.pragma_update(None, "user_version", 99).unwrap();
    drop(conn);
    let before = fs::read(fixture.database()).unwrap();
    let error = fault(&fixture, fixture.options());
    assert!(
        matches!(error, OpenError::Newer { found: 99, .. }),
        "{error}"
    );
    assert!(
        fs::read(fixture.database()).unwrap() == before,
        "it was changed"
    );
}

#[test]
fn another_programs_database_is_left_alone() {
    let fixture = Fixture::new();
    let conn = rusqlite::Connection::open(fixture.database()).unwrap();
    conn.execute_batch("CREATE TABLE theirs (x)").unwrap();
    drop(conn);
    let before = fs::read(fixture.database()).unwrap();
    let error = fault(&fixture, fixture.options());
    assert!(matches!(error, OpenError::Foreign { .. }), "{error}");
    assert!(
        fs::read(fixture.database()).unwrap() == before,
        "it was changed"
    );
}

#[test]
fn what_is_no_database_is_left_alone() {
    let fixture = Fixture::new();
    let text = "not a database, but long enough to be read as the header of one ".repeat(20);
    fs::write(fixture.database(), &text).unwrap();
    let error = fault(&fixture, fixture.options());
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert_eq!(fs::read_to_string(fixture.database()).unwrap(), text);
}

#[tokio::test]
async fn a_damaged_database_is_left_alone() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let alerts = (0..500).map(firing).collect();
    journal
        .record_notification(fixture.notification(alerts))
        .await
        .unwrap();
    journal.close().await;
    let mut bytes = fs::read(fixture.database()).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle..middle + 8192].fill(0x5a);
    fs::write(fixture.database(), &bytes).unwrap();
    let error = fault(&fixture, fixture.options());
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error}");
    assert!(
        error.to_string().contains("move journal.db* away"),
        "{error}"
    );
    assert!(
        fs::read(fixture.database()).unwrap() == bytes,
        "it was changed"
    );
}

#[tokio::test]
async fn what_another_program_locks_is_named() {
    let fixture = Fixture::new();
    fixture.open().close().await;
    let conn = rusqlite::Connection::open(fixture.database()).unwrap();
    conn.execute_batch("PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE")
        .unwrap();
    let error = fault(&fixture, fixture.options());
    assert!(matches!(error, OpenError::InUse { .. }), "{error}");
}

#[tokio::test]
async fn starts_without_a_clean_stop_are_counted_for_a_while() {
    let fixture = Fixture::new();
    fixture.open().close().await;
    // What a crash leaves: a start that has no stop.
    let conn = rusqlite::Connection::open(fixture.database()).unwrap();
    conn.execute("UPDATE starts SET stopped = NULL", [])
        .unwrap();
    drop(conn);
    let minutes = |count: u64| Duration::from_mins(count);
    let journal = fixture.open();
    assert_eq!(journal.unclean_starts_within(minutes(5)).await.unwrap(), 1);
    journal.close().await;

    let journal = fixture.open();
    assert_eq!(journal.unclean_starts_within(minutes(5)).await.unwrap(), 1);
    fixture.advance(minutes(6));
    assert_eq!(journal.unclean_starts_within(minutes(5)).await.unwrap(), 0);
}
