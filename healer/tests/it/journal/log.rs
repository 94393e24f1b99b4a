//! The action log against the journal: equal after everything that can happen to the file.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::time::Duration;

use prunelle_healer::journal::{Event, Journal};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::fixture::{Fixture, firing, lines, resolved};

/// Closes the journal; afterwards the log must hold exactly its events, in one unbroken chain.
pub(super) async fn assert_equal(fixture: &Fixture, journal: Journal) {
    let mut events = journal.recent_events(u32::MAX).await.unwrap();
    events.reverse();
    journal.close().await;
    assert_chain(&fs::read_to_string(fixture.log()).unwrap(), &"0".repeat(64));
    let logged: Vec<Event> = lines(&fixture.log())
        .into_iter()
        .map(|line| serde_json::from_value(line).unwrap())
        .collect();
    assert!(
        logged == events,
        "{} lines, {} events",
        logged.len(),
        events.len()
    );
}

/// Each line's hash is that of the line without it, and the next line names it.
fn assert_chain(text: &str, first: &str) -> String {
    let mut previous = first.to_owned();
    for line in text.lines() {
        let value: Value = serde_json::from_str(line).unwrap();
        assert_eq!(value["previous_hash"], previous.as_str(), "{line}");
        let hash = value["hash"].as_str().unwrap();
        let without = line
            .strip_suffix(&format!(",\"hash\":\"{hash}\"}}"))
            .unwrap();
        let digest = Sha256::digest(format!("{without}}}").as_bytes());
        assert_eq!(hash, hex(&digest), "{line}");
        hash.clone_into(&mut previous);
    }
    previous
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        write!(text, "{byte:02x}").unwrap();
        text
    })
}

pub(crate) async fn hear(fixture: &Fixture, journal: &Journal, numbers: std::ops::Range<u64>) {
    let alerts = numbers.map(firing).collect();
    let notification = fixture.notification(alerts);
    journal.record_notification(notification).await.unwrap();
}

pub(crate) async fn logged(journal: &Journal, sequence: u64) {
    let stats = journal.stats();
    let wait = async {
        while stats.logged() < sequence {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), wait)
        .await
        .unwrap();
}

fn sequences(path: &Path) -> Vec<u64> {
    lines(path)
        .iter()
        .map(|line| line["seq"].as_u64().unwrap())
        .collect()
}

#[tokio::test]
async fn it_follows_the_journal_over_restarts() {
    let fixture = Fixture::new();
    for round in 0..3 {
        let journal = fixture.open();
        hear(&fixture, &journal, round * 700..(round + 1) * 700).await;
        assert_equal(&fixture, journal).await;
    }
    assert_eq!(sequences(&fixture.log()).len(), 2100);
}

#[tokio::test]
async fn a_rotated_file_is_followed_by_a_new_one() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..3).await;
    logged(&journal, 3).await;
    let rotated = fixture.folder.path().join("actions.jsonl.1");
    fs::rename(fixture.log(), &rotated).unwrap();
    hear(&fixture, &journal, 3..5).await;
    journal.close().await;
    assert_eq!(sequences(&rotated), [1, 2, 3]);
    assert_eq!(sequences(&fixture.log()), [4, 5]);

    let first = assert_chain(&fs::read_to_string(rotated).unwrap(), &"0".repeat(64));
    assert_chain(&fs::read_to_string(fixture.log()).unwrap(), &first);
}

#[tokio::test]
async fn a_file_rotated_while_the_healer_was_down_is_not_written_again() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..3).await;
    fixture.lifecycle.stop().request("test");
    journal.close().await;
    fs::rename(fixture.log(), fixture.folder.path().join("actions.jsonl.1")).unwrap();
    fs::write(fixture.log(), "").unwrap();

    let journal = fixture.open();
    hear(&fixture, &journal, 3..4).await;
    journal.close().await;
    assert_eq!(sequences(&fixture.log()), [4]);
}

#[tokio::test]
async fn a_file_cut_to_nothing_goes_on() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..3).await;
    logged(&journal, 3).await;
    // What logrotate's `copytruncate` does.
    fs::OpenOptions::new()
        .write(true)
        .open(fixture.log())
        .unwrap()
        .set_len(0)
        .unwrap();
    hear(&fixture, &journal, 3..4).await;
    journal.close().await;
    assert_eq!(sequences(&fixture.log()), [4]);
}

#[tokio::test]
async fn a_log_of_another_journal_is_kept_aside() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    hear(&fixture, &journal, 0..3).await;
    journal.close().await;
    let old = fs::read_to_string(fixture.log()).unwrap();
    for name in ["journal.db", "journal.db-wal"] {
        let path = fixture.folder.path().join(name);
        if path.exists() {
            fs::rename(&path, path.with_extension("gone")).unwrap();
        }
    }
    let journal = fixture.open();
    hear(&fixture, &journal, 7..9).await;
    assert_equal(&fixture, journal).await;
    let aside: Vec<_> = fs::read_dir(fixture.folder.path())
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.to_string_lossy().contains("actions.jsonl.foreign-"))
        .collect();
    assert_eq!(aside.len(), 1);
    assert_eq!(fs::read_to_string(&aside[0]).unwrap(), old);
}

#[tokio::test]
async fn a_log_that_cannot_be_written_yet_holds_nothing_up_and_loses_nothing() {
    let fixture = Fixture::new();
    let mut options = fixture.options();
    let later = fixture.folder.path().join("later");
    options.action_log = Some(later.join("actions.jsonl"));
    let journal = fixture.try_open(options).unwrap();
    hear(&fixture, &journal, 0..3).await;
    fs::create_dir(&later).unwrap();
    logged(&journal, 3).await;
    assert_eq!(sequences(&later.join("actions.jsonl")), [1, 2, 3]);
}

#[tokio::test]
async fn every_line_has_the_promised_fields() {
    let fixture = Fixture::new();
    let journal = fixture.open();
    let mut odd = firing(1);
    odd.annotations.insert(
        "summary".to_owned(),
        "\u{7f} \u{0} \u{1f600} \"quoted\" \\ \u{2028}\n".to_owned(),
    );
    let alerts = vec![odd, resolved(2)];
    journal
        .record_notification(fixture.notification(alerts))
        .await
        .unwrap();
    assert_equal(&fixture, journal).await;
    let text = fs::read_to_string(fixture.log()).unwrap();
    assert_eq!(
        text.lines().count(),
        2,
        "one line an event, whatever is in it"
    );
    let fields: BTreeMap<String, Value> =
        serde_json::from_str(text.lines().next().unwrap()).unwrap();
    for name in [
        "timestamp",
        "event_type",
        "status",
        "service",
        "message",
        "details",
        "seq",
        "previous_hash",
        "hash",
    ] {
        assert!(fields.contains_key(name), "{name}");
    }
    assert!(fields["timestamp"].as_str().unwrap().ends_with('Z'));
}
