//! A file system that is full: the reserve first, then a refusal, then all is well again. And one that is read-only.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::path::Path;
use std::time::Duration;

use prunelle_healer::journal::{Journal, JournalError, JournalStats, OpenError};

use super::fixture::{Fixture, firing, history_of};
use super::log::assert_equal;
use crate::child;

const RESERVE: u64 = 1 << 20;

#[test]
fn on_a_small_file_system() {
    for test in [
        "journal::full_disk::fills_up",
        "journal::full_disk::is_full_at_the_start",
        "journal::full_disk::is_read_only",
    ] {
        child::passes_on_small_disk(test);
    }
}

/// The other process, for which the folder is a tmpfs of 8 MiB.
#[tokio::test]
async fn fills_up() {
    let Some(folder) = child::folder() else {
        return;
    };
    let fixture = Fixture::at(&folder);
    let mut options = fixture.options();
    options.reserve_bytes = RESERVE;
    let journal = fixture.try_open(options.clone()).unwrap();
    let stats = journal.stats();
    assert_eq!(stats.reserve_bytes(), RESERVE);

    let mut ballast = File::create(folder.join("ballast")).unwrap();
    child::fill(&mut ballast);
    let mut kept = BTreeSet::new();
    let mut has_used_reserve = false;
    let refused = loop {
        let number = kept.len() as u64;
        match hear(&fixture, &journal, number).await {
            Ok(()) => kept.insert(number),
            Err(error) => break error,
        };
        has_used_reserve |= stats.reserve_bytes() < RESERVE;
        assert!(kept.len() < 10_000, "the disk never got full");
    };
    assert!(matches!(refused, JournalError::Unwritable(_)), "{refused}");
    assert!(has_used_reserve && kept.len() > 20, "{} kept", kept.len());
    assert_eq!(stats.reserve_bytes(), 0);
    assert!(!stats.is_writable());
    // Reading goes on.
    let history = journal.history(history_of("/tmp"), fixture.now());
    history.await.unwrap();
    assert_eq!(fires(&journal).await, kept);

    // A start with a full disk.
    journal.close().await;
    let journal = fixture.try_open(options).unwrap();
    let stats = journal.stats();
    assert!(hear(&fixture, &journal, 77_777).await.is_err());
    assert_eq!(fires(&journal).await, kept);

    ballast.set_len(0).unwrap();
    until(&stats, |stats| {
        stats.is_writable() && stats.reserve_bytes() == RESERVE
    })
    .await;
    hear(&fixture, &journal, 88_888).await.unwrap();
    kept.insert(88_888);
    assert_eq!(fires(&journal).await, kept);
    assert_equal(&fixture, journal).await;
}

/// The other process: filled up while the healer was stopped, when nothing but the reserve is left to start with.
#[tokio::test]
async fn is_full_at_the_start() {
    let Some(folder) = child::folder() else {
        return;
    };
    let fixture = Fixture::at(&folder);
    let mut options = fixture.options();
    options.reserve_bytes = RESERVE;
    fixture.try_open(options.clone()).unwrap().close().await;
    assert!(!folder.join("journal.db-wal").exists());

    child::fill(&mut File::create(folder.join("ballast")).unwrap());
    let journal = fixture.try_open(options.clone()).unwrap();
    let held = journal.stats().reserve_bytes();
    assert!(held > 0 && held < RESERVE, "{held}");
    hear(&fixture, &journal, 1).await.unwrap();
    assert_eq!(fires(&journal).await, BTreeSet::from([1]));
    journal.close().await;

    // Without a reserve it cannot, and says what is the matter.
    std::fs::write(folder.join("reserve"), "").unwrap();
    child::fill(&mut File::create(folder.join("more")).unwrap());
    let error = fixture.try_open(options).unwrap_err();
    assert!(
        matches!(error, JournalError::Open(OpenError::Full { .. })),
        "{error}"
    );
}

/// The other process, with the tmpfs mounted read-only.
#[tokio::test]
async fn is_read_only() {
    let Some(folder) = child::folder() else {
        return;
    };
    let fixture = Fixture::at(&folder);
    let mut options = fixture.options();
    options.action_log = None;
    fixture.try_open(options).unwrap().close().await;
    rustix::mount::mount_remount(&folder, rustix::mount::MountFlags::RDONLY, "").unwrap();
    let error = fixture.try_open(fixture.options()).unwrap_err();
    assert!(
        matches!(error, JournalError::Open(OpenError::ReadOnly { .. })),
        "{error}"
    );
    assert!(error.to_string().contains(folder.to_str().unwrap()));
}

async fn hear(fixture: &Fixture, journal: &Journal, number: u64) -> Result<(), JournalError> {
    let notification = fixture.notification(vec![firing(number)]);
    journal.record_notification(notification).await.map(|_| ())
}

async fn fires(journal: &Journal) -> BTreeSet<u64> {
    let firing = journal.firing().await.unwrap();
    firing
        .into_iter()
        .map(|(alert, _)| u64::from_str_radix(alert.episode.fingerprint.as_str(), 16).unwrap())
        .collect()
}

async fn until(stats: &JournalStats, is_so: impl Fn(&JournalStats) -> bool) {
    let wait = async {
        while !is_so(stats) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let waited = tokio::time::timeout(Duration::from_secs(10), wait).await;
    assert!(waited.is_ok(), "{stats:?}");
}

#[test]
fn the_reserve_is_allocated() {
    let fixture = Fixture::new();
    let _journal = fixture.open();
    let blocks = |path: &Path| {
        use std::os::unix::fs::MetadataExt as _;
        OpenOptions::new()
            .read(true)
            .open(path)
            .unwrap()
            .metadata()
            .unwrap()
            .blocks()
            * 512
    };
    assert!(blocks(&fixture.folder.path().join("reserve")) >= 64 << 10);
}
