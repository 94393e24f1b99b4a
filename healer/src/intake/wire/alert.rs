//! One alert of a payload: its fields as they come, then checked against each other.

use std::fmt;

use jiff::Timestamp;
use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};

use super::{Source, problem};
use crate::alert::{Alert, AlertStatus, Episode, Fingerprint, Labels};
use crate::intake::limits::{Checked, Excess, Limits, TextMap, cut};
use crate::work::InvalidAlert;

/// `alertname` in a record of an invalid alert.
const NAME_BYTES: usize = 200;

/// The id of a silence, a fingerprint, the name of a time.
const MUTED_BYTES: usize = 80;

/// The fields of one alert, none of them checked against the others.
#[derive(Debug, Default)]
pub(super) struct AlertRead {
    status: Option<AlertStatus>,
    /// Why Alertmanager holds it back.
    pub(super) muted: Option<String>,
    labels: Option<Checked>,
    annotations: Option<Checked>,
    starts_at: Option<Timestamp>,
    ends_at: Option<Timestamp>,
    fingerprint: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum AlertField {
    Status,
    Labels,
    Annotations,
    StartsAt,
    EndsAt,
    Fingerprint,
    #[serde(other)]
    Unknown,
}

/// `status` is a word in the webhook and an object in the API, where it tells what holds the alert back.
#[derive(Default)]
struct StatusField {
    status: Option<AlertStatus>,
    muted: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum StatusKey {
    SilencedBy,
    InhibitedBy,
    MutedBy,
    #[serde(other)]
    Unknown,
}

impl<'de> Deserialize<'de> for StatusField {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(StatusVisitor)
    }
}

struct StatusVisitor;

impl<'de> Visitor<'de> for StatusVisitor {
    type Value = StatusField;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("firing or resolved")
    }

    fn visit_str<E>(self, word: &str) -> Result<Self::Value, E> {
        Ok(StatusField {
            status: match word {
                "firing" => Some(AlertStatus::Firing),
                "resolved" => Some(AlertStatus::Resolved),
                _ => None,
            },
            muted: None,
        })
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut read = StatusField::default();
        while let Some(key) = map.next_key()? {
            let what = match key {
                StatusKey::SilencedBy => "silence",
                StatusKey::InhibitedBy => "inhibited by",
                StatusKey::MutedBy => "muted time",
                StatusKey::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                    continue;
                }
            };
            let by: Option<Vec<String>> = map.next_value()?;
            if let Some(first) = by.unwrap_or_default().first() {
                read.muted
                    .get_or_insert_with(|| format!("{what} {}", cut(first, MUTED_BYTES)));
            }
        }
        Ok(read)
    }
}

struct AlertVisitor<'l>(&'l Limits);

impl<'de> Visitor<'de> for AlertVisitor<'_> {
    type Value = AlertRead;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an alert, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<AlertRead, A::Error> {
        let limits = self.0;
        let mut read = AlertRead::default();
        while let Some(field) = map.next_key()? {
            match field {
                AlertField::Status => {
                    let field: StatusField = map.next_value()?;
                    (read.status, read.muted) = (field.status, field.muted);
                }
                AlertField::Labels => {
                    read.labels = Some(map.next_value_seed(TextMap {
                        what: "labels",
                        entries: limits.labels,
                        name_bytes: limits.label_name_bytes,
                        value_bytes: limits.label_value_bytes,
                        excess: Excess::Refuse,
                    })?);
                }
                AlertField::Annotations => {
                    read.annotations = Some(map.next_value_seed(TextMap {
                        what: "annotations",
                        entries: limits.annotations,
                        name_bytes: limits.label_name_bytes,
                        value_bytes: limits.annotation_bytes,
                        excess: Excess::Cut,
                    })?);
                }
                AlertField::StartsAt => read.starts_at = Some(map.next_value()?),
                AlertField::EndsAt => read.ends_at = map.next_value()?,
                AlertField::Fingerprint => read.fingerprint = Some(map.next_value()?),
                AlertField::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(read)
    }
}

impl AlertRead {
    pub(super) fn parse(raw: &str, limits: &Limits) -> Result<Self, Box<InvalidAlert>> {
        serde_json::Deserializer::from_str(raw)
            .deserialize_map(AlertVisitor(limits))
            .map_err(|error| {
                Box::new(InvalidAlert {
                    name: String::new(),
                    problem: problem(&error),
                })
            })
    }

    pub(super) fn check(self, source: Source) -> Result<Alert, InvalidAlert> {
        let name = match &self.labels {
            Some(Ok(labels)) => labels
                .get("alertname")
                .map_or("", |name| cut(name, NAME_BYTES))
                .to_owned(),
            _ => String::new(),
        };
        self.into_alert(source)
            .map_err(|problem| InvalidAlert { name, problem })
    }

    fn into_alert(self, source: Source) -> Result<Alert, String> {
        let status = match source {
            Source::Webhook => self.status.ok_or("no `status` of firing or resolved")?,
            Source::Api => AlertStatus::Firing,
        };
        let labels: Labels = self.labels.ok_or("no `labels`")??;
        if labels.is_empty() || labels.contains_key("") {
            return Err("it has no labels, or one without a name".to_owned());
        }
        let fingerprint: Fingerprint = self
            .fingerprint
            .ok_or("no `fingerprint`")?
            .try_into()
            .map_err(str::to_owned)?;
        Ok(Alert {
            episode: Episode {
                fingerprint,
                starts_at: to_the_millisecond(self.starts_at.ok_or("no `startsAt`")?),
            },
            status,
            labels,
            annotations: self.annotations.unwrap_or(Ok(Labels::new()))?,
            ends_at: self
                .ends_at
                .filter(|&at| status == AlertStatus::Resolved && is_set(at)),
        })
    }
}

/// A webhook tells nanoseconds, the API cuts them off at milliseconds: one episode must be the same in both.
fn to_the_millisecond(at: Timestamp) -> Timestamp {
    Timestamp::from_millisecond(at.as_millisecond()).unwrap_or(at)
}

/// Go's zero time, year 1, means "not yet".
fn is_set(at: Timestamp) -> bool {
    at > Timestamp::UNIX_EPOCH
}
