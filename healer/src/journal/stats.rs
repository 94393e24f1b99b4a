//! What the journal tells of itself: plain atomics, written by its thread, read by metrics and the status page.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

use crate::notify::outbox::Unwritten;

/// Told how long each commit took, sync included; called on the journal's thread, so it must be quick.
pub type CommitObserver = Arc<dyn Fn(Duration) + Send + Sync>;

/// The journal's figures.
#[derive(Debug, Default)]
pub struct JournalStats {
    sequence: AtomicU64,
    logged: AtomicU64,
    logged_for_good: AtomicU64,
    log_disturbances: AtomicU64,
    journald_unsent: AtomicU64,
    is_log_writable: AtomicBool,
    commits: AtomicU64,
    reserve_bytes: AtomicU64,
    is_writable: AtomicBool,
    unwritten_deliveries: AtomicU64,
    is_telling_stalled: AtomicBool,
    appended: Notify,
}

impl JournalStats {
    /// Sequence number of the last committed event, 0 before the first: the anchor outside the action log.
    pub fn sequence(&self) -> u64 {
        self.sequence.load(Ordering::Acquire)
    }

    /// Resolves when events were committed since it was last asked for. One task may ask.
    pub async fn appended(&self) {
        self.appended.notified().await;
    }

    pub(super) fn tell_appended(&self) {
        self.appended.notify_one();
    }

    /// Sequence number of the last line in the action log's file.
    pub fn logged(&self) -> u64 {
        self.logged.load(Ordering::Acquire)
    }

    /// False while the action log's file cannot be written, or none is written.
    pub fn is_log_writable(&self) -> bool {
        self.is_log_writable.load(Ordering::Relaxed)
    }

    /// How often the action log's file was found cut or added to by somebody else, since the start.
    pub fn log_disturbances(&self) -> u64 {
        self.log_disturbances.load(Ordering::Relaxed)
    }

    /// Events that systemd's journal was not told of, since the start.
    pub fn journald_unsent(&self) -> u64 {
        self.journald_unsent.load(Ordering::Relaxed)
    }

    /// Transactions that wrote something, since the start.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Bytes held back for a full disk.
    pub fn reserve_bytes(&self) -> u64 {
        self.reserve_bytes.load(Ordering::Relaxed)
    }

    /// False after a commit that failed, until one succeeds.
    pub fn is_writable(&self) -> bool {
        self.is_writable.load(Ordering::Relaxed)
    }

    /// What could not be written of telling people.
    pub fn unwritten(&self) -> Unwritten {
        Unwritten {
            deliveries: self.unwritten_deliveries.load(Ordering::Relaxed),
            is_stalled: self.is_telling_stalled.load(Ordering::Relaxed),
        }
    }

    /// So many deliveries more of which it could not be written what came of them.
    pub fn add_unwritten(&self, deliveries: u64) {
        self.unwritten_deliveries
            .fetch_add(deliveries, Ordering::Relaxed);
    }

    /// So many of them are written now.
    pub fn take_unwritten(&self, deliveries: u64) {
        self.unwritten_deliveries
            .fetch_sub(deliveries, Ordering::Relaxed);
    }

    /// Whether what people are to be told cannot be kept.
    pub fn set_telling_stalled(&self, is_stalled: bool) {
        self.is_telling_stalled.store(is_stalled, Ordering::Relaxed);
    }

    pub(super) fn set_sequence(&self, sequence: i64) {
        self.sequence
            .store(u64::try_from(sequence).unwrap_or(0), Ordering::Release);
    }

    pub(super) fn set_logged(&self, sequence: i64) {
        self.logged
            .store(u64::try_from(sequence).unwrap_or(0), Ordering::Release);
    }

    /// Sequence number of the last line of which the journal has noted that it is in a file for good.
    pub(super) fn logged_for_good(&self) -> u64 {
        self.logged_for_good.load(Ordering::Acquire)
    }

    pub(super) fn set_logged_for_good(&self, sequence: i64) {
        self.logged_for_good
            .store(u64::try_from(sequence).unwrap_or(0), Ordering::Release);
    }

    pub(super) fn set_log_writable(&self, is_writable: bool) {
        self.is_log_writable.store(is_writable, Ordering::Relaxed);
    }

    pub(super) fn count_log_disturbance(&self) {
        self.log_disturbances.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count_journald_unsent(&self, count: usize) {
        self.journald_unsent
            .fetch_add(count as u64, Ordering::Relaxed);
    }

    pub(super) fn count_commit(&self) {
        self.commits.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn set_reserve_bytes(&self, bytes: u64) {
        self.reserve_bytes.store(bytes, Ordering::Relaxed);
    }

    pub(super) fn set_writable(&self, is_writable: bool) {
        self.is_writable.store(is_writable, Ordering::Relaxed);
    }
}

/// Wraps an observer so that what holds it can be printed.
#[derive(Clone, Default)]
pub(super) struct Observer(pub(super) Option<CommitObserver>);

impl Observer {
    pub(super) fn committed(&self, took: Duration) {
        if let Some(observe) = &self.0 {
            observe(took);
        }
    }
}

impl fmt::Debug for Observer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() {
            "observed"
        } else {
            "not observed"
        })
    }
}
