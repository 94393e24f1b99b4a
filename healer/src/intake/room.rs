//! How many bytes of bodies are in flight: being received, parsed, or waiting for the journal.
//!
//! A body takes room as it arrives and gives it back when it is answered. It gets what it asks for while the sum stays
//! within the limit, or while it is the only one: so one large body passes, and many never add up.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

#[derive(Clone, Debug)]
pub(super) struct Room {
    taken: Arc<AtomicUsize>,
    limit: usize,
}

/// What one body has taken; given back on drop.
#[derive(Debug)]
pub(super) struct Share {
    room: Room,
    bytes: usize,
}

impl Room {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            taken: Arc::default(),
            limit,
        }
    }

    /// A share of nothing yet.
    pub(super) fn share(&self) -> Share {
        Share {
            room: self.clone(),
            bytes: 0,
        }
    }
}

impl Share {
    /// Whether a body of that length would get its room now.
    pub(super) fn would_fit(&self, bytes: usize) -> bool {
        self.fits(self.room.taken.load(Ordering::Acquire), bytes)
    }

    /// Takes more; false when there is no room for it.
    pub(super) fn grow(&mut self, bytes: usize) -> bool {
        let mine = &*self;
        let taken = mine
            .room
            .taken
            .fetch_update(Ordering::AcqRel, Ordering::Acquire, |taken| {
                mine.fits(taken, bytes).then(|| taken + bytes)
            });
        let has_grown = taken.is_ok();
        if has_grown {
            self.bytes += bytes;
        }
        has_grown
    }

    fn fits(&self, taken: usize, bytes: usize) -> bool {
        taken == self.bytes || taken.saturating_add(bytes) <= self.room.limit
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        self.room.taken.fetch_sub(self.bytes, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests;
