//! How the settings stand, as plain figures that each program publishes under its own prefix.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};

use jiff::Timestamp;

use super::Contents;

/// How the settings stand.
#[derive(Clone, Debug, PartialEq)]
pub struct WebStatus {
    /// Whether the last reading of a changed file succeeded; else older settings are in force.
    pub is_last_reload_successful: bool,
    /// When the settings in force were read.
    pub last_success: Timestamp,
    /// When the first certificate of the chain expires; none without TLS.
    pub certificate_not_after: Option<Timestamp>,
    /// TLS handshakes that came to nothing.
    pub failed_handshakes: u64,
    /// Requests that were not answered, by reason: a closed set.
    pub refused: [(&'static str, u64); 3],
}

#[derive(Debug)]
pub(super) struct Counters {
    reload: Mutex<(bool, Timestamp)>,
    failed_handshakes: AtomicU64,
    unauthenticated: AtomicU64,
    over_rate: AtomicU64,
    busy: AtomicU64,
}

/// Why a request is not answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// No user, or a wrong password.
    Unauthenticated,
    /// More requests than the rate limit allows.
    OverRate,
    /// Too many passwords wait for being checked.
    Busy,
}

impl Counters {
    pub(super) fn new(now: Timestamp) -> Self {
        Self {
            reload: Mutex::new((true, now)),
            failed_handshakes: AtomicU64::new(0),
            unauthenticated: AtomicU64::new(0),
            over_rate: AtomicU64::new(0),
            busy: AtomicU64::new(0),
        }
    }

    pub(super) fn reloaded(&self, is_success: bool, now: Timestamp) {
        let mut reload = self.reload.lock().unwrap_or_else(PoisonError::into_inner);
        reload.0 = is_success;
        if is_success {
            reload.1 = now;
        }
    }

    pub(super) fn handshake_failed(&self) {
        self.failed_handshakes.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn refused(&self, refusal: Refusal) {
        let counter = match refusal {
            Refusal::Unauthenticated => &self.unauthenticated,
            Refusal::OverRate => &self.over_rate,
            Refusal::Busy => &self.busy,
        };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn status(&self, contents: &Contents) -> WebStatus {
        let (is_last_reload_successful, last_success) =
            *self.reload.lock().unwrap_or_else(PoisonError::into_inner);
        let count = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        WebStatus {
            is_last_reload_successful,
            last_success,
            certificate_not_after: contents.tls.as_ref().map(|tls| tls.not_after()),
            failed_handshakes: count(&self.failed_handshakes),
            refused: [
                ("credentials", count(&self.unauthenticated)),
                ("rate", count(&self.over_rate)),
                ("busy", count(&self.busy)),
            ],
        }
    }
}
