//! Figures about the connection itself, for metrics.

use std::sync::atomic::{AtomicU64, Ordering};

/// Counters that only grow, from the start of the process.
#[derive(Debug, Default)]
pub struct Counters {
    reconnects: AtomicU64,
    resyncs: AtomicU64,
    overflows: AtomicU64,
    drift: AtomicU64,
}

impl Counters {
    /// Connections that were made after the first one.
    pub fn reconnects(&self) -> u64 {
        self.reconnects.load(Ordering::Relaxed)
    }

    /// Full pictures that were taken, the first and the slow reconcile included.
    pub fn resyncs(&self) -> u64 {
        self.resyncs.load(Ordering::Relaxed)
    }

    /// Times that signals came faster than they were applied, so that a full picture was taken.
    pub fn overflows(&self) -> u64 {
        self.overflows.load(Ordering::Relaxed)
    }

    /// Units that the slow reconcile found to differ from the table; anything but zero is a bug.
    pub fn drift(&self) -> u64 {
        self.drift.load(Ordering::Relaxed)
    }

    pub(crate) fn count_reconnect(&self) {
        self.reconnects.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_resync(&self) {
        self.resyncs.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_overflow(&self) {
        self.overflows.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn count_drift(&self, units: u64) {
        self.drift.fetch_add(units, Ordering::Relaxed);
    }
}
