//! A token bucket over all requests of all clients: one more each `interval`, at most `burst` at once.
//!
//! Kept as the one moment at which the bucket is full again, which says as much as a count of tokens would.

use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How many requests are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RateLimit {
    /// In the long run one request for each of these; never zero.
    pub(super) interval: Duration,
    /// So many may come at once; never zero.
    pub(super) burst: u32,
}

impl fmt::Display for RateLimit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "a request each {:?}, {} at once",
            self.interval, self.burst
        )
    }
}

/// The bucket, with the limit that it was filled by.
#[derive(Debug)]
pub(super) struct RateLimiter(Mutex<(Option<RateLimit>, Instant)>);

impl RateLimiter {
    /// Starts full.
    pub(super) fn new(limit: Option<RateLimit>) -> Self {
        Self(Mutex::new((limit, Instant::now())))
    }

    /// Whether one more request may pass; another limit than before starts with a full bucket.
    pub(super) fn admits(&self, limit: Option<RateLimit>, now: Instant) -> bool {
        let Some(RateLimit { interval, burst }) = limit else {
            return true;
        };
        let mut bucket = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if bucket.0 != limit {
            *bucket = (limit, now);
        }
        let full_at = bucket.1.max(now);
        let missing = full_at.duration_since(now);
        if missing > interval.saturating_mul(burst - 1) {
            return false;
        }
        bucket.1 = full_at.checked_add(interval).unwrap_or(full_at);
        true
    }
}

const UNITS: [(&str, f64); 7] = [
    ("ns", 1e-9),
    ("us", 1e-6),
    ("µs", 1e-6),
    ("ms", 1e-3),
    ("s", 1.0),
    ("m", 60.0),
    ("h", 3600.0),
];

/// Reads Go's notation of a duration that is not negative: `1m30s`, `1.5s`; a bare `0` is the one number without a unit.
pub(super) fn go_duration(text: &str) -> Option<Duration> {
    if text == "0" {
        return Some(Duration::ZERO);
    }
    let mut rest = text;
    let mut seconds = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at_checked(digits)?;
        let end = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (unit, after) = after.split_at_checked(end)?;
        let (_, scale) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number.parse::<f64>().ok()? * scale;
        rest = after;
    }
    (!text.is_empty())
        .then(|| Duration::try_from_secs_f64(seconds).ok())
        .flatten()
}

#[cfg(test)]
mod tests;
