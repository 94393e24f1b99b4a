//! When a file is finished, how long it is kept, and what a full disk does.

use std::fs::{self, File};
use std::time::Duration;

use prunelle_healer::journal::LogOptions;

use super::super::fixture::Fixture;
use super::super::log::{hear, logged};
use super::{SMALL, assert_whole, journal_text, names, options, settled, text_of, whole_text};
use crate::child;

const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn no_file_is_larger_than_it_may_be() {
    let fixture = Fixture::new();
    let mut options = options(&fixture);
    options.log.is_compressed = false;
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..100).await;
    logged(&journal, 100).await;
    journal.close().await;
    let names = names(fixture.folder.path());
    assert!(names.len() > 5, "{names:?}");
    for name in &names {
        let length = text_of(&fixture.folder.path().join(name)).len() as u64;
        assert!(length <= SMALL && length > SMALL / 2, "{name}: {length}");
    }
    assert_eq!(whole_text(&fixture.log()), journal_text(&fixture));
}

#[tokio::test]
async fn a_line_longer_than_a_file_may_be_has_one_of_its_own() {
    let fixture = Fixture::new();
    let mut options = options(&fixture);
    options.log.max_bytes = 10;
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..5).await;
    assert_whole(&fixture, journal).await;
    assert_eq!(names(fixture.folder.path()).len(), 4);
}

#[tokio::test]
async fn a_file_whose_first_line_is_old_is_finished() {
    let fixture = Fixture::new();
    let mut options = fixture.options();
    options.log.max_age = DAY;
    let journal = fixture.try_open(options.clone()).unwrap();
    hear(&fixture, &journal, 0..2).await;
    // A file is as old as its first line, which is written after it is kept.
    logged(&journal, 2).await;
    fixture.advance(DAY / 2);
    hear(&fixture, &journal, 2..3).await;
    logged(&journal, 3).await;
    // The age is that of the file, not of the run.
    journal.close().await;
    let journal = fixture.try_open(options).unwrap();
    assert_eq!(names(fixture.folder.path()), [""; 0]);
    fixture.advance(DAY / 2);
    hear(&fixture, &journal, 3..4).await;
    logged(&journal, 4).await;
    journal.close().await;
    assert_eq!(
        names(fixture.folder.path()),
        ["actions.jsonl.20261125T080000Z-000000000004"]
    );
    assert_eq!(whole_text(&fixture.log()), journal_text(&fixture));
}

#[tokio::test]
async fn old_files_are_removed_and_only_those_of_its_own() {
    let fixture = Fixture::new();
    let others = ["actions.jsonl.1", "actions.jsonl.foreign-20200101T000000Z"];
    for name in others {
        fs::write(fixture.folder.path().join(name), "kept\n").unwrap();
    }
    let mut options = options(&fixture);
    options.log.keep = 10 * DAY;
    let journal = fixture.try_open(options.clone()).unwrap();
    hear(&fixture, &journal, 0..40).await;
    logged(&journal, 40).await;
    journal.close().await;
    let old = names(fixture.folder.path()).len();
    fixture.advance(10 * DAY);
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 40..80).await;
    logged(&journal, 80).await;
    let wait = async {
        while names(fixture.folder.path())
            .iter()
            .any(|name| name.contains("20261124T"))
        {
            // Files are looked after when another one is finished.
            hear(&fixture, &journal, 80..160).await;
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), wait)
        .await
        .unwrap();
    let left = names(fixture.folder.path());
    assert!(old > 3 && others.iter().all(|name| left.contains(&(*name).to_owned())));
    for name in others {
        fs::rename(
            fixture.folder.path().join(name),
            fixture.folder.path().join("x"),
        )
        .unwrap();
    }
    logged(&journal, journal.stats().sequence()).await;
    settled(&fixture).await;
    journal.close().await;
    let database = rusqlite::Connection::open(fixture.database()).unwrap();
    let removed: i64 = database
        .query_row(
            "SELECT value FROM settings WHERE name = 'log_removed'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    let text = whole_text(&fixture.log());
    let first: serde_json::Value = serde_json::from_str(text.lines().next().unwrap()).unwrap();
    assert_eq!(first["seq"], removed + 1);
}

#[tokio::test]
async fn without_rotation_nothing_is_touched() {
    let fixture = Fixture::new();
    let name = "actions.jsonl.20200101T000000Z-000000000001";
    fs::write(fixture.folder.path().join(name), "").unwrap();
    let mut options = fixture.options();
    options.log = LogOptions {
        is_compressed: true,
        keep: DAY,
        keep_files: 1,
        ..LogOptions::default()
    };
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..100).await;
    logged(&journal, 100).await;
    journal.close().await;
    assert_eq!(names(fixture.folder.path()), [name]);
}

#[test]
fn on_a_full_disk() {
    child::passes_on_small_disk("journal::rotation::kept::loses_nothing_while_the_disk_is_full");
}

/// The other process, for which the folder is a tmpfs of 8 MiB.
#[tokio::test]
async fn loses_nothing_while_the_disk_is_full() {
    let Some(folder) = child::folder() else {
        return;
    };
    let fixture = Fixture::at(&folder);
    let mut options = options(&fixture);
    options.reserve_bytes = 1 << 20;
    let journal = fixture.try_open(options.clone()).unwrap();
    hear(&fixture, &journal, 0..50).await;
    logged(&journal, 50).await;
    let mut ballast = File::create(folder.join("ballast")).unwrap();
    child::fill(&mut ballast);
    // On the reserve: the journal goes on, the log as far as it can.
    let mut number = 50;
    let stats = journal.stats();
    while stats.reserve_bytes() > 256 << 10 && number < 5000 {
        hear(&fixture, &journal, number..number + 10).await;
        number += 10;
    }
    assert!(stats.reserve_bytes() < 1 << 20);
    // A start while it is full.
    journal.close().await;
    let journal = fixture.try_open(options).unwrap();
    ballast.set_len(0).unwrap();
    hear(&fixture, &journal, 90_000..90_040).await;
    logged(&journal, journal.stats().sequence()).await;
    settled(&fixture).await;
    assert_whole(&fixture, journal).await;
}
