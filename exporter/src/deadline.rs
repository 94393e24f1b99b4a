//! The moment by which a scrape must be answered, from `X-Prometheus-Scrape-Timeout-Seconds` less a margin.

use std::time::Duration;

use axum::http::HeaderMap;
use prunelle_foundation::clock::{Now, SharedClock};

/// When the header is missing or makes no sense: Prometheus' own default.
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(10);
/// No scrape takes longer, whatever the header says.
const LONGEST_TIMEOUT: Duration = Duration::from_secs(25);
/// What the way back takes: a tenth of the timeout, within these bounds.
const SMALLEST_MARGIN: Duration = Duration::from_millis(10);
const LARGEST_MARGIN: Duration = Duration::from_millis(500);

/// A deadline by the time since boot.
#[derive(Clone, Debug)]
pub struct Deadline {
    clock: SharedClock,
    start: Now,
    allowed: Duration,
}

impl Deadline {
    /// `allowed` from now on.
    pub fn after(clock: SharedClock, allowed: Duration) -> Self {
        Self {
            start: clock.now(),
            clock,
            allowed,
        }
    }

    /// From the headers of a scrape.
    pub fn of_scrape(clock: SharedClock, headers: &HeaderMap) -> Self {
        let timeout = headers
            .get("x-prometheus-scrape-timeout-seconds")
            .and_then(|value| value.to_str().ok()?.parse().ok())
            .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
            .filter(|timeout| !timeout.is_zero())
            .map_or(DEFAULT_TIMEOUT, |timeout| timeout.min(LONGEST_TIMEOUT));
        let margin = (timeout / 10).clamp(SMALLEST_MARGIN, LARGEST_MARGIN);
        Self::after(clock, timeout.saturating_sub(margin))
    }

    /// How long it was at the beginning.
    pub fn allowed(&self) -> Duration {
        self.allowed
    }

    /// What is left; zero when it is over.
    pub fn remaining(&self) -> Duration {
        let elapsed = self.clock.now().since(&self.start);
        self.allowed.saturating_sub(elapsed)
    }

    /// Whether nothing is left.
    pub fn is_over(&self) -> bool {
        self.remaining().is_zero()
    }
}

#[cfg(test)]
mod tests;
