//! The lists of one brake: what is alike, and what came in a burst, is gathered for a while and becomes one message.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::super::message::HeldWhy;
use super::super::story::is_due;
use super::{BURST, Brake, Due, Limits, MINUTE, Slot, Verdict, later, signed};

/// A list that is open.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Window {
    pub(super) slot: Slot,
    pub(super) until: Timestamp,
    pub(super) lasts: SignedDuration,
    /// How many wait in it.
    pub(super) waiting: u64,
    /// Whether one of them is critical.
    pub(super) is_critical: bool,
    /// Of bursts: the one before was full, so this one begins with the first.
    pub(super) is_storm: bool,
}

impl Brake {
    /// What becomes of a list whose time has come.
    pub(super) fn close(&mut self, window: Window, limits: &Limits, now: Timestamp) -> Due {
        let Window {
            slot,
            waiting,
            is_critical,
            ..
        } = window;
        if limits.is_quiet && !is_critical {
            self.hold(HeldWhy::QuietHours, now);
            return Due::Hold(slot, HeldWhy::QuietHours);
        }
        if self.is_over_limit(is_critical, limits, now) {
            self.hold(HeldWhy::ReceiverLimit, now);
            return Due::Hold(slot, HeldWhy::ReceiverLimit);
        }
        let is_burst = slot == Slot::Burst;
        if !is_burst && (self.is_burst(now) || self.is_over_hard_limit(limits, now)) {
            self.wait_in(&Slot::Burst, waiting, is_critical, MINUTE, now);
            return Due::Burst(slot);
        }
        self.lately.push(now);
        self.count += 1;
        let lasts = if is_burst { MINUTE } else { limits.gather };
        self.open(slot.clone(), lasts, now);
        for window in &mut self.windows {
            window.is_storm |= window.slot == slot && is_burst && waiting >= BURST as u64;
        }
        Due::List(slot)
    }

    pub(super) fn gather(
        &mut self,
        slot: Slot,
        is_critical: bool,
        lasts: Duration,
        now: Timestamp,
    ) -> Verdict {
        self.wait_in(&slot, 1, is_critical, lasts, now);
        Verdict::Gather(slot)
    }

    fn wait_in(
        &mut self,
        slot: &Slot,
        waiting: u64,
        is_critical: bool,
        lasts: Duration,
        now: Timestamp,
    ) {
        self.open(slot.clone(), lasts, now);
        for window in &mut self.windows {
            if window.slot == *slot {
                window.waiting += waiting;
                window.is_critical |= is_critical;
            }
        }
    }

    pub(super) fn open(&mut self, slot: Slot, lasts: Duration, now: Timestamp) {
        let is_open = self.windows.iter().any(|window| window.slot == slot);
        if !is_open && !lasts.is_zero() {
            self.windows.push(Window {
                slot,
                until: later(now, lasts),
                lasts: signed(lasts),
                waiting: 0,
                is_critical: false,
                is_storm: false,
            });
        }
    }

    /// Open, or with something in it that was not told yet.
    pub(super) fn is_open(&self, slot: &Slot, now: Timestamp) -> bool {
        self.windows.iter().any(|window| {
            window.slot == *slot && (window.waiting > 0 || !is_due(window.until, window.lasts, now))
        })
    }

    /// The last minute brought more than a few, and this one goes on with them.
    pub(super) fn is_storm(&self, now: Timestamp) -> bool {
        self.windows.iter().any(|window| {
            window.slot == Slot::Burst
                && (window.waiting > 0
                    || (window.is_storm && !is_due(window.until, window.lasts, now)))
        })
    }
}
