//! Durations in Prometheus' grammar: `1h30m`, `250ms`, `0s`.

use std::time::Duration;

/// A duration as Prometheus and Alertmanager write it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromDuration(Duration);

impl PromDuration {
    /// The plain duration.
    pub const fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for PromDuration {
    fn from(duration: Duration) -> Self {
        Self(duration)
    }
}
