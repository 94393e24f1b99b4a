use std::fs;

use prunelle_foundation::clock::{BootId, ManualClock, Now};
use prunelle_foundation::lifecycle::Lifecycle;

use super::super::{Journal, JournalOptions};
use super::*;
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint};
use crate::work::Notification;

/// A journal with `count` events that writes no log, and the means to write one.
struct Fixture {
    folder: tempfile::TempDir,
    journal: Journal,
    clock: Arc<ManualClock>,
    stop: Stop,
}

impl Fixture {
    fn new(count: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(Now {
            wall: "2026-11-24T08:00:00Z".parse().unwrap(),
            boot: Duration::from_secs(1000),
            boot_id: BootId::new("first"),
        }));
        let lifecycle = Lifecycle::new();
        let options = JournalOptions {
            reserve_bytes: 0,
            ..JournalOptions::new(folder.path())
        };
        let shared: SharedClock = clock.clone();
        let journal = Journal::open(
            options,
            shared.clone(),
            &lifecycle.tasks(),
            lifecycle.stop(),
        )
        .unwrap();
        let notification = Notification {
            received: shared.now(),
            receiver: "healer".to_owned(),
            group_key: String::new(),
            truncated: 0,
            alerts: (0..count).map(alert).collect(),
            invalid: Vec::new(),
        };
        tokio::runtime::Builder::new_current_thread()
            .build()
            .unwrap()
            .block_on(journal.record_notification(notification))
            .unwrap();
        Self {
            folder,
            journal,
            clock,
            stop: Stop::new(),
        }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("actions.jsonl")
    }

    /// What a start does with the file.
    fn start(&self) -> Result<(), LogError> {
        let (_, bell) = std::sync::mpsc::sync_channel(1);
        let log = ActionLog {
            path: self.path(),
            options: LogOptions::default(),
            finished: None,
            journald: None,
            journal: self.journal.shared.queue.clone(),
            bell,
            stats: self.journal.stats(),
            clock: self.clock.clone(),
            stop: self.stop.clone(),
        };
        log.catch_up(&mut None)
    }

    fn text(&self) -> Vec<u8> {
        fs::read(self.path()).unwrap()
    }
}

fn alert(number: u64) -> Alert {
    Alert {
        episode: Episode {
            fingerprint: Fingerprint::try_from(format!("{number:016x}")).unwrap(),
            starts_at: "2026-11-24T07:59:59Z".parse().unwrap(),
        },
        status: AlertStatus::Firing,
        labels: [("alertname".to_owned(), "Süß 😀".to_owned())].into(),
        annotations: [("summary".to_owned(), "a \"quoted\"\nline".to_owned())].into(),
        ends_at: None,
    }
}

#[test]
fn cut_at_any_byte_it_equals_the_journal_after_the_next_start() {
    let fixture = Fixture::new(4);
    fixture.start().unwrap();
    let whole = fixture.text();
    assert_eq!(whole.split(|byte| *byte == b'\n').count(), 5);
    for length in 0..=whole.len() {
        fs::write(fixture.path(), &whole[..length]).unwrap();
        fixture.start().unwrap();
        assert!(fixture.text() == whole, "cut to {length} bytes");
    }
}

#[test]
fn blocks_of_zeros_that_a_power_cut_left_are_cut_off() {
    let fixture = Fixture::new(3);
    fixture.start().unwrap();
    let whole = fixture.text();
    for end in [
        &[0u8; 5000][..],
        b"\0\0\n",
        b"\n",
        b"{}\n",
        b"{\"seq\":4\n",
        b"\xff\xfe\n\n\n",
    ] {
        let mut damaged = whole.clone();
        damaged.truncate(whole.len() / 2);
        damaged.extend_from_slice(end);
        fs::write(fixture.path(), &damaged).unwrap();
        fixture.start().unwrap();
        assert!(
            fixture.text() == whole,
            "{:?}",
            String::from_utf8_lossy(end)
        );
    }
}

#[test]
fn lines_longer_than_what_is_read_at_once() {
    let fixture = Fixture::new(2);
    fixture.start().unwrap();
    let whole = fixture.text();
    for junk in [1, 65_535, 65_536, 65_537, 200_000] {
        let mut damaged = whole.clone();
        damaged.extend(std::iter::repeat_n(b'x', junk));
        fs::write(fixture.path(), &damaged).unwrap();
        fixture.start().unwrap();
        assert!(fixture.text() == whole, "{junk} bytes of junk");
    }
}

#[test]
fn a_changed_line_is_kept_as_evidence() {
    let fixture = Fixture::new(3);
    fixture.start().unwrap();
    let whole = String::from_utf8(fixture.text()).unwrap();
    let changed = whole.replace("\"seq\":3", "\"seq\": 3");
    assert_ne!(changed, whole);
    fs::write(fixture.path(), &changed).unwrap();
    fixture.start().unwrap();
    let aside = fixture
        .folder
        .path()
        .join("actions.jsonl.foreign-20261124T080000Z");
    assert_eq!(fs::read_to_string(aside).unwrap(), changed);
    assert!(fixture.text() == whole.as_bytes());
}
