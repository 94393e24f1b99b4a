use std::collections::BTreeMap;
use std::fs::File;
use std::io::{IoSliceMut, Read as _, Seek as _};
use std::mem::MaybeUninit;
use std::os::unix::net::UnixDatagram;
use std::time::Duration;

use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, recvmsg};

use super::*;
use crate::journal::events::EventType;

/// Plays systemd's journal.
struct Fake {
    folder: tempfile::TempDir,
    socket: UnixDatagram,
}

impl Fake {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let socket = UnixDatagram::bind(folder.path().join("socket")).unwrap();
        socket
            .set_read_timeout(Some(Duration::from_secs(10)))
            .unwrap();
        Self { folder, socket }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("socket")
    }

    /// The next entry, whichever way it came, and whether it came as a file.
    fn next(&self) -> (BTreeMap<String, String>, bool) {
        let mut bytes = vec![0; 1 << 20];
        let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
        let mut ancillary = RecvAncillaryBuffer::new(&mut space);
        let mut buffers = [IoSliceMut::new(&mut bytes)];
        let received = recvmsg(
            &self.socket,
            &mut buffers,
            &mut ancillary,
            RecvFlags::CMSG_CLOEXEC,
        )
        .unwrap();
        let memory = ancillary.drain().find_map(|message| match message {
            RecvAncillaryMessage::ScmRights(mut descriptors) => descriptors.next(),
            _ => None,
        });
        bytes.truncate(received.bytes);
        let is_file = memory.is_some();
        if let Some(memory) = memory {
            let seals = rustix::fs::fcntl_get_seals(&memory).unwrap();
            assert!(seals.contains(rustix::fs::SealFlags::WRITE | rustix::fs::SealFlags::SHRINK));
            let mut file = File::from(memory);
            file.rewind().unwrap();
            file.read_to_end(&mut bytes).unwrap();
        }
        (fields(&bytes), is_file)
    }
}

/// Reads the protocol, as its description has it.
fn fields(mut bytes: &[u8]) -> BTreeMap<String, String> {
    let mut fields = BTreeMap::new();
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    while !bytes.is_empty() {
        let end = bytes
            .iter()
            .position(|byte| matches!(byte, b'=' | b'\n'))
            .unwrap();
        let name = text(&bytes[..end]);
        let is_plain = bytes[end] == b'=';
        bytes = &bytes[end + 1..];
        let length = if is_plain {
            bytes.iter().position(|byte| *byte == b'\n').unwrap()
        } else {
            let (length, rest) = bytes.split_first_chunk().unwrap();
            bytes = rest;
            usize::try_from(u64::from_le_bytes(*length)).unwrap()
        };
        assert!(fields.insert(name, text(&bytes[..length])).is_none());
        assert_eq!(bytes[length], b'\n');
        bytes = &bytes[length + 1..];
    }
    fields
}

fn outcome(message: &str) -> String {
    serde_json::json!({
        "timestamp": "2026-11-24T08:00:03.000Z", "event_type": "outcome", "action_type": "service_restart",
        "status": "FAILED", "service": "web.service", "message": message,
        "details": {
            "alert": "ServiceDown", "rule": "service-down", "target": "unit:web.service", "remediation": "00",
            "remedy": "restart_service", "rung": 1, "attempt": 2, "reason": "not_verified", "evidence": {"deep": [1]},
        },
        "seq": 7, "previous_hash": "0", "hash": "1",
    })
    .to_string()
}

fn sending(fake: &Fake) -> (Courier, Sending, Arc<JournalStats>) {
    let stats = Arc::new(JournalStats::default());
    let (courier, sending) = Courier::new(fake.path(), Arc::clone(&stats));
    (courier, sending, stats)
}

#[test]
fn an_entry_has_the_documented_fields() {
    let fake = Fake::new();
    let (courier, sending, stats) = sending(&fake);
    courier.hand_over(vec![(7, outcome("two\nlines"))]);
    drop(courier);
    sending.run();
    let (entry, is_file) = fake.next();
    assert!(!is_file);
    let expected = [
        ("MESSAGE", "two\nlines"),
        ("MESSAGE_ID", "aab543aeff44429c9cb71f609f4ed089"),
        ("OBJECT_SYSTEMD_UNIT", "web.service"),
        ("PRIORITY", "3"),
        ("PRUNELLE_ACTION_TYPE", "service_restart"),
        ("PRUNELLE_ALERT", "ServiceDown"),
        ("PRUNELLE_ATTEMPT", "2"),
        ("PRUNELLE_EVENT_TYPE", "outcome"),
        ("PRUNELLE_REASON", "not_verified"),
        ("PRUNELLE_REMEDIATION", "00"),
        ("PRUNELLE_REMEDY", "restart_service"),
        ("PRUNELLE_RULE", "service-down"),
        ("PRUNELLE_SEQ", "7"),
        ("PRUNELLE_SERVICE", "web.service"),
        ("PRUNELLE_STATUS", "FAILED"),
        ("PRUNELLE_TARGET", "unit:web.service"),
        ("SYSLOG_IDENTIFIER", "prunelle-healer"),
        ("UNIT", "web.service"),
    ];
    let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(entry, expected.into());
    assert_eq!(stats.journald_unsent(), 0);
}

#[test]
fn a_large_entry_travels_as_a_sealed_file() {
    let fake = Fake::new();
    let (courier, sending, stats) = sending(&fake);
    let message = "x".repeat(16 << 20);
    courier.hand_over(vec![(7, outcome(&message)), (8, outcome("small"))]);
    drop(courier);
    sending.run();
    let (entry, is_file) = fake.next();
    assert!(is_file && entry["MESSAGE"] == message);
    let (entry, is_file) = fake.next();
    assert!(!is_file && entry["MESSAGE"] == "small");
    assert_eq!(stats.journald_unsent(), 0);
}

#[test]
fn what_cannot_be_sent_is_counted_and_holds_nothing_up() {
    let fake = Fake::new();
    // It does not read: what the socket holds is soon full.
    let (courier, sending, stats) = sending(&fake);
    let many = |count: u64| (0..count).map(|_| (7, outcome("m"))).collect::<Vec<_>>();
    for _ in 0..QUEUED {
        courier.hand_over(many(1000));
    }
    courier.hand_over(many(10));
    assert_eq!(stats.journald_unsent(), 10, "the queue is full");
    drop(courier);
    sending.run();
    fake.socket.set_nonblocking(true).unwrap();
    let mut taken = 0;
    while fake.socket.recv(&mut [0; 4096]).is_ok() {
        taken += 1;
    }
    assert!(taken > 0);
    assert_eq!(stats.journald_unsent(), 10 + 1000 * QUEUED as u64 - taken);
}

#[test]
fn without_systemd_all_is_counted_and_later_it_goes_on() {
    let fake = Fake::new();
    let (_, sending, _) = sending(&fake);
    let moved = fake.folder.path().join("moved");
    std::fs::rename(fake.path(), &moved).unwrap();
    let mut socket = None;
    let lines = vec![(1, outcome("a")), (2, outcome("b"))];
    let (count, _) = sending.send(&mut socket, &lines).unwrap();
    assert_eq!(count, 2);
    std::fs::rename(&moved, fake.path()).unwrap();
    assert!(sending.send(&mut socket, &lines).is_none());
    assert_eq!(fake.next().0["MESSAGE"], "a");
}

#[test]
fn a_line_that_is_none_of_ours_is_counted() {
    let fake = Fake::new();
    let (_, sending, stats) = sending(&fake);
    let lines = vec![(1, "{}".to_owned()), (2, outcome("b"))];
    assert!(sending.send(&mut None, &lines).is_none());
    assert_eq!(fake.next().0["MESSAGE"], "b");
    assert_eq!(stats.journald_unsent(), 1);
}

#[test]
fn ids_of_kinds_differ() {
    let kinds = [
        EventType::Alert,
        EventType::Decision,
        EventType::Action,
        EventType::Outcome,
    ];
    let ids: std::collections::BTreeSet<_> = kinds.map(entry::message_id).into();
    assert_eq!(ids.len(), kinds.len());
    assert!(ids.iter().all(|id| id.len() == 32));
}

#[test]
fn the_stream_of_systemd_is_known_by_device_and_inode() {
    let (ours, _other) = std::os::unix::net::UnixStream::pair().unwrap();
    let found = rustix::fs::fstat(&ours).unwrap();
    let stream = format!("{}:{}", found.st_dev, found.st_ino);
    assert!(goes_to_journald(Some(&stream), &ours));
    assert!(!goes_to_journald(Some("8:1"), &ours));
    assert!(!goes_to_journald(Some("journal"), &ours));
    assert!(!goes_to_journald(None, &ours));
}
