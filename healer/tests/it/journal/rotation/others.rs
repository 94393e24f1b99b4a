//! What other programs do to the file: rename it, empty it, cut it, write into it.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::Path;
use std::time::Duration;

use prunelle_healer::journal::{Journal, JournalStats};

use super::super::fixture::{Fixture, lines};
use super::super::log::{hear, logged};
use super::{journal_text, text_of};

fn sequences(path: &Path) -> Vec<u64> {
    let of = |line: &serde_json::Value| line["seq"].as_u64().unwrap();
    lines(path).iter().map(of).collect()
}

async fn until(stats: &JournalStats, is_so: impl Fn(&JournalStats) -> bool) {
    let wait = async {
        while !is_so(stats) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(20), wait).await;
    assert!(waited.is_ok(), "{stats:?}");
}

#[tokio::test]
async fn a_request_has_it_opened_anew_without_another_line() {
    let fixture = Fixture::new();
    let options = fixture.options();
    let reopening = options.log.reopening.clone();
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..3).await;
    logged(&journal, 3).await;
    let old = fixture.folder.path().join("actions.jsonl.1");
    fs::rename(fixture.log(), &old).unwrap();
    reopening.request();
    let log = fixture.log();
    let wait = async {
        while !log.exists() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    // Without the request it would be seen with the next look, ten seconds later.
    tokio::time::timeout(Duration::from_secs(3), wait)
        .await
        .unwrap();
    hear(&fixture, &journal, 3..4).await;
    journal.close().await;
    assert_eq!(sequences(&old), [1, 2, 3]);
    assert_eq!(sequences(&fixture.log()), [4]);
}

/// Ends a journal as SIGKILL would: the log's position was never noted.
async fn end_unnoted(fixture: &Fixture, journal: Journal) {
    logged(&journal, journal.stats().sequence()).await;
    journal.close().await;
    let database = rusqlite::Connection::open(fixture.database()).unwrap();
    database
        .execute(
            "UPDATE settings SET value = 0 WHERE name = 'log_position'",
            [],
        )
        .unwrap();
}

#[tokio::test]
async fn renamed_a_moment_before_a_crash_it_is_not_written_again() {
    for is_compressed in [false, true] {
        let fixture = Fixture::new();
        let journal = fixture.open();
        hear(&fixture, &journal, 0..3).await;
        end_unnoted(&fixture, journal).await;
        let old = fixture.folder.path().join("actions.jsonl.1");
        fs::rename(fixture.log(), &old).unwrap();
        if is_compressed {
            let file = fs::File::create(old.with_extension("1.gz")).unwrap();
            let mut encoder = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
            encoder.write_all(&fs::read(&old).unwrap()).unwrap();
            encoder.finish().unwrap();
            fs::rename(&old, fixture.folder.path().join("gone")).unwrap();
        }
        let journal = fixture.open();
        hear(&fixture, &journal, 3..4).await;
        journal.close().await;
        assert_eq!(
            sequences(&fixture.log()),
            [4],
            "compressed: {is_compressed}"
        );
    }
}

#[tokio::test]
async fn what_was_cut_off_is_written_again() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..5).await;
    logged(&journal, 5).await;
    let file = OpenOptions::new().write(true).open(fixture.log()).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1000).unwrap();
    hear(&fixture, &journal, 5..6).await;
    logged(&journal, 6).await;
    assert_eq!(journal.stats().log_disturbances(), 1);
    journal.close().await;
    assert_eq!(text_of(&fixture.log()), journal_text(&fixture));
}

#[tokio::test]
async fn emptied_it_goes_on_and_is_counted() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..3).await;
    logged(&journal, 3).await;
    let file = OpenOptions::new().write(true).open(fixture.log()).unwrap();
    file.set_len(0).unwrap();
    hear(&fixture, &journal, 3..4).await;
    logged(&journal, 4).await;
    until(&journal.stats(), |stats| stats.log_disturbances() == 1).await;
    journal.close().await;
    assert_eq!(sequences(&fixture.log()), [4]);
}

#[tokio::test]
async fn half_a_line_of_somebody_else_spoils_none_of_ours() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..2).await;
    logged(&journal, 2).await;
    let mut file = OpenOptions::new().append(true).open(fixture.log()).unwrap();
    file.write_all(b"I was here").unwrap();
    hear(&fixture, &journal, 2..3).await;
    logged(&journal, 3).await;
    assert_eq!(journal.stats().log_disturbances(), 1);
    journal.close().await;
    let text = text_of(&fixture.log());
    let ours: Vec<&str> = text.lines().filter(|line| line.starts_with('{')).collect();
    assert_eq!(ours.join("\n") + "\n", journal_text(&fixture));
    assert_eq!(text.lines().count(), 4);
}
