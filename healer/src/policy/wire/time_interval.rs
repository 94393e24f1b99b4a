//! Time intervals, word for word as Alertmanager writes them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::Scalar;

/// A named time interval: any of its parts.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeInterval")]
pub(in crate::policy) struct TimeIntervalWire {
    /// Unique.
    #[schemars(required)]
    pub(in crate::policy) name: Option<Scalar>,
    /// Alternatives: a moment lies in the interval when it lies in one of them.
    #[schemars(required)]
    pub(in crate::policy) time_intervals: Option<Vec<TimeSpanWire>>,
}

/// All that is given must fit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "TimeSpan")]
pub(in crate::policy) struct TimeSpanWire {
    /// Times of the day.
    pub(in crate::policy) times: Option<Vec<TimesWire>>,
    /// `monday`, `monday:friday`.
    pub(in crate::policy) weekdays: Option<Vec<Scalar>>,
    /// `1`, `1:5`, `-3:-1`; negative days count from the end of the month.
    pub(in crate::policy) days_of_month: Option<Vec<Scalar>>,
    /// `january`, `1`, `may:august`.
    pub(in crate::policy) months: Option<Vec<Scalar>>,
    /// `2026`, `2026:2027`.
    pub(in crate::policy) years: Option<Vec<Scalar>>,
    /// A name of the IANA database such as `Europe/Paris`, or `Local` (default: UTC).
    pub(in crate::policy) location: Option<Scalar>,
}

/// From, inclusive, to, exclusive.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Times")]
pub(in crate::policy) struct TimesWire {
    /// `HH:MM`
    #[schemars(required)]
    pub(in crate::policy) start_time: Option<Scalar>,
    /// `HH:MM`, up to `24:00`
    #[schemars(required)]
    pub(in crate::policy) end_time: Option<Scalar>,
}
