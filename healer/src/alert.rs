//! An alert as the healer sees it: parsed and checked at the edge, then trusted.

mod labels;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use labels::Labels;

/// Alertmanager's hash of all labels, 16 hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint([u8; 16]);

impl Fingerprint {
    /// The 16 hex digits.
    pub fn as_str(&self) -> &str {
        // They are ASCII.
        std::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match <[u8; 16]>::try_from(text.as_bytes()) {
            Ok(mut digits) if digits.iter().all(u8::is_ascii_hexdigit) => {
                digits.make_ascii_lowercase();
                Ok(Self(digits))
            }
            _ => Err("a fingerprint is 16 hex digits"),
        }
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.as_str().to_owned()
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// One stretch of firing of one alert. Names a notification's episode only: budgets and cooldowns key on the
/// target, because `starts_at` can change when Prometheus and Alertmanager both restart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Episode {
    /// Which alert.
    pub fingerprint: Fingerprint,
    /// When this stretch began, by Prometheus' clock.
    pub starts_at: Timestamp,
}

/// `firing` or `resolved`, of the one alert (the notification's own status is never used).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertStatus {
    /// It fires.
    Firing,
    /// It ended.
    Resolved,
}

/// One alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Which stretch of which alert.
    pub episode: Episode,
    /// `firing` or `resolved`.
    pub status: AlertStatus,
    /// All labels, `alertname` among them.
    pub labels: Labels,
    /// Annotations: summary, value, threshold …; text for people, never an input to a decision.
    pub annotations: Labels,
    /// When it ended; none while it fires.
    pub ends_at: Option<Timestamp>,
}

impl Alert {
    /// The `alertname` label, empty when missing.
    pub fn name(&self) -> &str {
        self.labels.get("alertname").unwrap_or_default()
    }
}
