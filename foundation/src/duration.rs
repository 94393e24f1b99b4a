//! Durations in Prometheus' grammar: `1h30m`, `250ms`, `0s`.
//!
//! The units are y (365 days), w, d, h, m, s and ms; each at most once, from the largest down. `0` alone is allowed.
//! Display is canonical and reads back to the same value, to the millisecond. `5M` is an error, never five months.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A duration as Prometheus and Alertmanager write it, in whole milliseconds when it was read from text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PromDuration(Duration);

/// Why a text is not a duration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DurationError {
    /// Nothing was given.
    #[error("empty duration")]
    Empty,
    /// A number without a unit.
    #[error("`{0}` has no unit")]
    NoUnit(String),
    /// Not of the form number, unit, number, unit…
    #[error("`{0}` is not a duration")]
    Malformed(String),
    /// A unit twice, or a larger one after a smaller one.
    #[error("units are out of order in `{0}`")]
    Order(String),
    /// Longer than 2⁶³ nanoseconds, Prometheus' own limit (about 292 years).
    #[error("`{0}` is too long")]
    TooLong(String),
}

impl DurationError {
    /// What to write instead.
    pub fn hint(&self) -> &'static str {
        "write it as `1h30m`: y, w, d, h, m, s and ms, each once and from the largest down"
    }
}

/// Units with their length in milliseconds, from the largest down.
const UNITS: [(&str, u64); 7] = [
    ("y", 365 * 86_400_000),
    ("w", 7 * 86_400_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1_000),
    ("ms", 1),
];

/// Prometheus keeps durations in signed 64-bit nanoseconds.
const LONGEST_MILLIS: u64 = i64::MAX as u64 / 1_000_000;

impl PromDuration {
    /// From whole seconds, for defaults.
    pub const fn from_secs(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

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

impl FromStr for PromDuration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        match text {
            "" => return Err(DurationError::Empty),
            "0" => return Ok(Self(Duration::ZERO)),
            _ => {}
        }
        let mut total: u64 = 0;
        let mut units = UNITS.iter();
        let mut rest = text;
        while !rest.is_empty() {
            let (digits, after) = split_where(rest, |c| !c.is_ascii_digit());
            let (unit, after) = split_where(after, |c| c.is_ascii_digit());
            if digits.is_empty() {
                return Err(DurationError::Malformed(text.into()));
            }
            if unit.is_empty() {
                return Err(DurationError::NoUnit(text.into()));
            }
            if !UNITS.iter().any(|(name, _)| *name == unit) {
                return Err(DurationError::Malformed(text.into()));
            }
            let (_, millis) = units
                .find(|(name, _)| *name == unit)
                .ok_or_else(|| DurationError::Order(text.into()))?;
            total = digits
                .parse::<u64>()
                .ok()
                .and_then(|count| count.checked_mul(*millis))
                .and_then(|millis| total.checked_add(millis))
                .filter(|total| *total <= LONGEST_MILLIS)
                .ok_or_else(|| DurationError::TooLong(text.into()))?;
            rest = after;
        }
        Ok(Self(Duration::from_millis(total)))
    }
}

/// Splits before the first character for which `ends` holds.
fn split_where(text: &str, ends: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(ends).unwrap_or(text.len()))
}

impl fmt::Display for PromDuration {
    /// As Prometheus prints it: years and weeks only when nothing is left over. Parts of a millisecond are cut.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rest = u64::try_from(self.0.as_millis()).unwrap_or(u64::MAX);
        if rest == 0 {
            return f.write_str("0s");
        }
        for (unit, millis) in UNITS {
            let is_exact_only = matches!(unit, "y" | "w");
            if rest < millis || (is_exact_only && !rest.is_multiple_of(millis)) {
                continue;
            }
            write!(f, "{}{unit}", rest / millis)?;
            rest %= millis;
        }
        Ok(())
    }
}

impl Serialize for PromDuration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PromDuration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        crate::config::from_text(deserializer, "a duration such as `1h30m`", |text: &str| {
            text.parse()
                .map_err(|error: DurationError| (error.to_string(), error.hint()))
        })
    }
}

#[cfg(test)]
mod tests;
