//! The brake: what of the news goes to a receiver at once, what is gathered into one message, and what waits for the
//! digest. Pure: one per receiver, kept in the journal beside what it decided on.
//!
//! What is for information only waits for the digest, unless a person has to do something.
//! What is alike (one alert name, the same news) is gathered after a first message about it. More than a few messages in
//! a minute are gathered too, whatever they are about. Beyond the receiver's limit the rest waits for the digest; what is
//! critical does not, until there is twice as much of it, and then it is one message a minute. Everything that is not sent
//! is a row in the journal, and ends in a list or in a digest that counts it.

mod limits;
mod lists;
mod terms;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::message::HeldWhy;
use super::story::{Sent, is_due};
use crate::incident::Severity;

use self::lists::Window;

pub use self::limits::Limits;
pub use self::terms::{Due, Piece, Slot, Verdict};

/// So many messages in a minute are sent one by one; more are gathered.
pub const BURST: usize = 10;
/// How long a burst is looked back for, and how often what it gathered is sent.
pub const MINUTE: Duration = Duration::from_mins(1);
/// What is critical passes the limit this many times over.
const CRITICAL_FACTOR: usize = 2;
/// What happened longer ago is told in a digest.
const LATE: SignedDuration = SignedDuration::from_hours(1);
/// A digest waits for the end of quiet hours, but no longer than this.
const LONGEST_QUIET: Duration = Duration::from_hours(24);
/// What must not wait for `digest_every` waits this long for more of its kind.
const SOON: Duration = Duration::from_secs(30);

/// What is held back for the digest.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
struct Held {
    /// Since when.
    since: Timestamp,
    /// It waits for the end of quiet hours only, or has waited long already.
    is_urgent: bool,
}

/// The brake of one receiver.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Brake {
    /// Messages so far that are about no single incident: numbers them.
    pub count: u64,
    /// The last delivery that was given up of which this receiver was told.
    pub undelivered: i64,
    /// The last one of which it is known whether it is to be told.
    pub heard_of: i64,
    /// When messages were decided on, as far back as the limit looks, the oldest first.
    lately: Vec<Timestamp>,
    windows: Vec<Window>,
    held: Option<Held>,
}

impl Brake {
    /// Of a new receiver: it is not told of what was given up before.
    pub fn new(undelivered: i64) -> Self {
        Self {
            undelivered,
            heard_of: undelivered,
            ..Self::default()
        }
    }

    /// Decides on some news; `sent` is what this receiver got about the incident before.
    pub fn judge(
        &mut self,
        piece: Piece<'_>,
        sent: &mut Sent,
        limits: &Limits,
        now: Timestamp,
    ) -> Verdict {
        self.forget(limits, now);
        forget(&mut sent.lately, limits.incident.per, now);
        let is_critical = piece.severity == Severity::Critical;
        if now.duration_since(piece.at) > LATE {
            return self.hold(HeldWhy::Late, now);
        }
        if sent.lately.len() >= count(limits.incident.max) {
            return self.hold(HeldWhy::IncidentLimit, now);
        }
        if piece.severity == Severity::Info && !piece.is_for_a_person() {
            return self.hold(HeldWhy::Information, now);
        }
        if limits.is_quiet && !is_critical {
            return self.hold(HeldWhy::QuietHours, now);
        }
        let alike = Slot::Alike {
            alert: piece.alert.to_owned(),
            news: piece.news,
        };
        if self.is_open(&alike, now) {
            return self.gather(alike, is_critical, MINUTE, now);
        }
        if self.is_over_limit(is_critical, limits, now) {
            return self.hold(HeldWhy::ReceiverLimit, now);
        }
        if self.is_burst(now) || self.is_storm(now) || self.is_over_hard_limit(limits, now) {
            return self.gather(Slot::Burst, is_critical, MINUTE, now);
        }
        self.lately.push(now);
        sent.lately.push(now);
        sent.count += 1;
        self.open(alike, limits.gather, now);
        Verdict::Send
    }

    /// Deliveries up to a number were given up; those that concern this receiver are for its next digest.
    pub fn hear_of(&mut self, undelivered: i64, concerns: bool, now: Timestamp) {
        self.heard_of = undelivered;
        if concerns {
            self.hold(HeldWhy::Late, now);
        } else if self.held.is_none() {
            self.undelivered = undelivered;
        }
    }

    /// What is due now. What it says is done: the caller moves the rows along in the same transaction.
    pub fn due(&mut self, limits: &Limits, now: Timestamp) -> Vec<Due> {
        self.forget(limits, now);
        let mut due = Vec::new();
        // First: what lists put into the digest below is for the next one.
        if self.is_digest_due(limits, now) {
            self.held = None;
            self.count += 1;
            due.push(Due::Digest);
        }
        let (over, open): (Vec<_>, Vec<_>) = std::mem::take(&mut self.windows)
            .into_iter()
            .partition(|window| is_due(window.until, window.lasts, now));
        self.windows = open;
        for window in over.into_iter().filter(|window| window.waiting > 0) {
            due.push(self.close(window, limits, now));
        }
        due
    }

    /// When something may be due next; quiet hours are looked at every minute.
    pub fn wake(&self, limits: &Limits, now: Timestamp) -> Option<Timestamp> {
        let windows = self
            .windows
            .iter()
            .filter(|window| window.waiting > 0)
            .map(|window| window.until);
        let digest = self.held.map(|held| {
            let wait = wait(held, limits);
            let due = later(held.since, wait);
            if limits.is_quiet || due < now {
                later(now, MINUTE)
            } else {
                due
            }
        });
        windows.chain(digest).min()
    }

    /// Whether nothing waits.
    pub fn is_idle(&self) -> bool {
        self.held.is_none() && self.windows.iter().all(|window| window.waiting == 0)
    }

    fn is_digest_due(&self, limits: &Limits, now: Timestamp) -> bool {
        let Some(held) = self.held else {
            return false;
        };
        let has_waited = |wait: Duration| {
            let wait = signed(wait);
            // Since the clock was put back, nobody knows how long.
            held.since > now || now.duration_since(held.since) >= wait
        };
        if limits.is_quiet {
            has_waited(LONGEST_QUIET.max(limits.digest_every))
        } else {
            has_waited(wait(held, limits))
        }
    }

    fn hold(&mut self, why: HeldWhy, now: Timestamp) -> Verdict {
        let is_urgent = matches!(why, HeldWhy::QuietHours | HeldWhy::Late);
        let held = self.held.get_or_insert(Held {
            since: now,
            is_urgent,
        });
        held.is_urgent |= is_urgent;
        Verdict::Hold(why)
    }

    fn is_over_limit(&self, is_critical: bool, limits: &Limits, now: Timestamp) -> bool {
        let sent = self.sent_within(limits.receiver.per, now);
        !is_critical && sent >= count(limits.receiver.max)
    }

    fn is_over_hard_limit(&self, limits: &Limits, now: Timestamp) -> bool {
        let sent = self.sent_within(limits.receiver.per, now);
        sent >= CRITICAL_FACTOR.saturating_mul(count(limits.receiver.max))
    }

    fn is_burst(&self, now: Timestamp) -> bool {
        self.sent_within(MINUTE, now) >= BURST
    }

    fn sent_within(&self, per: Duration, now: Timestamp) -> usize {
        let from = now.checked_sub(per).unwrap_or(Timestamp::MIN);
        self.lately.iter().filter(|at| **at > from).count()
    }

    fn forget(&mut self, limits: &Limits, now: Timestamp) {
        forget(&mut self.lately, limits.receiver.per.max(MINUTE), now);
        self.windows
            .retain(|window| window.waiting > 0 || !is_due(window.until, window.lasts, now));
    }
}

/// Forgets what lies further back, and what lies in the future since the clock was put back.
fn forget(lately: &mut Vec<Timestamp>, per: Duration, now: Timestamp) {
    let from = now.checked_sub(per).unwrap_or(Timestamp::MIN);
    lately.retain(|at| *at > from && *at <= now);
}

fn wait(held: Held, limits: &Limits) -> Duration {
    if held.is_urgent {
        SOON.min(limits.digest_every)
    } else {
        limits.digest_every
    }
}

fn later(now: Timestamp, by: Duration) -> Timestamp {
    now.checked_add(by).unwrap_or(Timestamp::MAX)
}

fn signed(duration: Duration) -> SignedDuration {
    SignedDuration::try_from(duration).unwrap_or(SignedDuration::MAX)
}

fn count(limit: u32) -> usize {
    usize::try_from(limit).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests;
