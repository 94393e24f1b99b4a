//! What holds for one receiver at one moment, from the policy.

use std::time::Duration;

use jiff::Timestamp;

use crate::policy::{MessageLimit, Receiver, Telling};

/// What holds for one receiver at one moment.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// How long what is alike is gathered.
    pub gather: Duration,
    /// Of the receiver.
    pub receiver: MessageLimit,
    /// Of one incident.
    pub incident: MessageLimit,
    /// How long what was held back waits.
    pub digest_every: Duration,
    /// Whether only what is critical is told.
    pub is_quiet: bool,
}

impl Limits {
    /// Of a receiver, as the policy has it.
    pub fn of(telling: &Telling, receiver: &Receiver, now: Timestamp) -> Self {
        Self {
            gather: telling.gather,
            receiver: receiver.limit.unwrap_or(telling.limit),
            incident: telling.incident_limit,
            digest_every: telling.digest_every,
            is_quiet: telling.quiet_hours.iter().any(|time| time.contains(now)),
        }
    }
}
