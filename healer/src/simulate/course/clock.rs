//! The rehearsal's own clock: it stands at the moment of the event that is looked at.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_foundation::clock::{BootId, Now};

use crate::simulate::reading::timestamp;

/// The machine has been up for long when a rehearsal begins, and stays up.
const UP_BEFORE: Duration = Duration::from_hours(365 * 24);

#[derive(Debug)]
pub(super) struct Clock {
    begin: i64,
    millis: i64,
    boot_id: BootId,
}

impl Clock {
    pub(super) fn new(begin: Timestamp) -> Self {
        let begin = begin.as_millisecond();
        Self {
            begin,
            millis: begin,
            boot_id: BootId::new("rehearsal"),
        }
    }

    /// Goes on to a later moment; it never goes back.
    pub(super) fn set(&mut self, millis: i64) {
        self.millis = self.millis.max(millis);
    }

    /// Milliseconds since 1970.
    pub(super) const fn millis(&self) -> i64 {
        self.millis
    }

    pub(super) fn now(&self) -> Now {
        let since = Duration::from_millis((self.millis - self.begin).unsigned_abs());
        Now {
            wall: timestamp(self.millis),
            boot: UP_BEFORE + since,
            boot_id: self.boot_id.clone(),
        }
    }

    /// The moment after a wait, in whole milliseconds, and never too early.
    pub(super) fn after(&self, wait: Duration) -> i64 {
        let millis = i64::try_from(wait.as_nanos().div_ceil(1_000_000)).unwrap_or(i64::MAX);
        self.millis.saturating_add(millis)
    }
}
