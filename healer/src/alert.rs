//! An alert as the healer sees it: parsed and checked at the edge, then trusted.

mod labels;

use std::fmt;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use labels::Labels;

/// Alertmanager's hash of all labels, 16 hex digits.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The 16 hex digits.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl TryFrom<String> for Fingerprint {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        if text.len() == 16 && text.bytes().all(|b| b.is_ascii_hexdigit()) {
            Ok(Self(text.to_ascii_lowercase()))
        } else {
            Err("a fingerprint is 16 hex digits")
        }
    }
}

impl From<Fingerprint> for String {
    fn from(fingerprint: Fingerprint) -> Self {
        fingerprint.0
    }
}

impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl fmt::Debug for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
