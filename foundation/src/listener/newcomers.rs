//! Connections that have not sent a whole request yet, a TLS handshake included.
//!
//! They cost whoever opens them nothing, so they must not keep others out: when no slot is free, the oldest of them has
//! to go. A client that means it is through within a moment; one that only holds a slot loses it to the next.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// All newcomers of a listener; clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Newcomers(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    next: u64,
    /// In the order of their arrival.
    connections: BTreeMap<u64, (Instant, CancellationToken)>,
}

/// One of them, until it is dropped.
#[derive(Debug)]
pub(super) struct Newcomer {
    id: u64,
    all: Newcomers,
    dismissed: CancellationToken,
}

impl Newcomers {
    pub(super) fn admit(&self) -> Newcomer {
        let dismissed = CancellationToken::new();
        let mut waiting = self.lock();
        let id = waiting.next;
        waiting.next += 1;
        waiting
            .connections
            .insert(id, (Instant::now(), dismissed.clone()));
        Newcomer {
            id,
            all: self.clone(),
            dismissed,
        }
    }

    /// When the oldest came.
    pub(super) fn oldest(&self) -> Option<Instant> {
        let waiting = self.lock();
        waiting
            .connections
            .first_key_value()
            .map(|(_, (since, _))| *since)
    }

    pub(super) fn dismiss_oldest(&self) {
        if let Some((_, (_, dismissed))) = self.lock().connections.pop_first() {
            dismissed.cancel();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Newcomer {
    /// What resolves when its slot is needed for another; not once it was dropped before.
    pub(super) fn dismissed(&self) -> CancellationToken {
        self.dismissed.clone()
    }
}

impl Drop for Newcomer {
    fn drop(&mut self) {
        self.all.lock().connections.remove(&self.id);
    }
}
