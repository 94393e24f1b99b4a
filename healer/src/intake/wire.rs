//! Alertmanager's payloads, version 4 of the webhook and version 2 of the API, read alert by alert.
//!
//! One bad alert never costs its group: each is cut out of the body unread, then parsed and checked by itself.
//! Never more than the limits is held in memory, however the body is made; unknown fields are skipped unread.

mod alert;

use std::fmt;

use serde::Deserialize;
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};
use serde_json::value::RawValue;

use self::alert::AlertRead;
use super::limits::{Limits, cut};
use crate::alert::Alert;
use crate::work::{InvalidAlert, Muted};

/// What is wrong with a body or an alert: the parser quotes what it found, however long that is.
const PROBLEM_BYTES: usize = 300;
/// `receiver` and `groupKey`, kept for diagnosis only.
const DIAGNOSIS_BYTES: usize = 4 << 10;
/// What an alert costs beside its maps.
const ALERT_BYTES: usize = 256;

/// A notification as read, before it is asked whose it is.
#[derive(Debug, Default)]
pub(super) struct Read {
    pub(super) receiver: String,
    pub(super) group_key: String,
    pub(super) truncated: u64,
    pub(super) alerts: Vec<Alert>,
    pub(super) invalid: Vec<InvalidAlert>,
}

/// Why a body could not be read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Unreadable {
    /// 400.
    Malformed(String),
    /// 413.
    TooLarge,
}

/// Reads a webhook's body.
pub(super) fn notification(body: &[u8], limits: &Limits) -> Result<Read, Unreadable> {
    let mut collected = Collected::new(limits, Source::Webhook);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let envelope = Envelope(&mut collected)
        .deserialize(&mut deserializer)
        .and_then(|envelope| deserializer.end().map(|()| envelope));
    let envelope = collected.unless_too_large(envelope)?;
    match envelope.version.as_deref() {
        Some("4") => {}
        Some(version) => {
            return Err(Unreadable::Malformed(format!(
                "version `{}` of the payload is not supported, only `4`",
                cut(version, 20)
            )));
        }
        None => {
            return Err(Unreadable::Malformed(
                "no `version`: this is not Alertmanager's payload".to_owned(),
            ));
        }
    }
    if collected.alerts.is_empty() && collected.invalid.is_empty() {
        return Err(Unreadable::Malformed("no alerts in it".to_owned()));
    }
    Ok(Read {
        receiver: cut(&envelope.receiver, DIAGNOSIS_BYTES).to_owned(),
        group_key: cut(&envelope.group_key, DIAGNOSIS_BYTES).to_owned(),
        truncated: envelope.truncated,
        alerts: collected.alerts,
        invalid: collected.invalid,
    })
}

/// What the API lists.
#[derive(Debug, Default)]
pub(super) struct Listed {
    pub(super) alerts: Vec<Alert>,
    /// Those of them that are held back.
    pub(super) muted: Muted,
    pub(super) invalid: Vec<InvalidAlert>,
}

/// Reads the API's list of active alerts.
pub(super) fn active_alerts(body: &[u8], limits: &Limits) -> Result<Listed, Unreadable> {
    let mut collected = Collected::new(limits, Source::Api);
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let read = AlertList(&mut collected)
        .deserialize(&mut deserializer)
        .and_then(|()| deserializer.end());
    collected.unless_too_large(read)?;
    Ok(Listed {
        alerts: collected.alerts,
        muted: collected.muted,
        invalid: collected.invalid,
    })
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// An alert says itself whether it fires.
    Webhook,
    /// Every alert fires; `endsAt` is when Alertmanager would give it up.
    Api,
}

/// What has been read so far, and what it costs.
#[derive(Debug)]
struct Collected<'l> {
    limits: &'l Limits,
    source: Source,
    alerts: Vec<Alert>,
    muted: Muted,
    invalid: Vec<InvalidAlert>,
    bytes: usize,
}

impl<'l> Collected<'l> {
    fn new(limits: &'l Limits, source: Source) -> Self {
        Self {
            limits,
            source,
            alerts: Vec::new(),
            muted: Muted::new(),
            invalid: Vec::new(),
            bytes: 0,
        }
    }

    /// False when the limit is passed.
    fn add(&mut self, raw: &str) -> bool {
        let read = AlertRead::parse(raw, self.limits).and_then(|mut read| {
            let muted = read.muted.take();
            let alert = read.check(self.source).map_err(Box::new)?;
            Ok((alert, muted))
        });
        match read {
            Ok((alert, muted)) => {
                if let Some(why) = muted {
                    self.bytes += ALERT_BYTES + why.len();
                    self.muted.insert(alert.episode.fingerprint.clone(), why);
                }
                self.bytes +=
                    ALERT_BYTES + alert.labels.heap_bytes() + alert.annotations.heap_bytes();
                self.alerts.push(alert);
            }
            Err(invalid) => {
                self.bytes += ALERT_BYTES + invalid.name.len() + invalid.problem.len();
                self.invalid.push(*invalid);
            }
        }
        self.is_within()
    }

    fn is_within(&self) -> bool {
        self.bytes <= self.limits.parsed_bytes
    }

    fn unless_too_large<T>(&self, read: serde_json::Result<T>) -> Result<T, Unreadable> {
        read.map_err(|error| {
            if self.is_within() {
                Unreadable::Malformed(problem(&error))
            } else {
                Unreadable::TooLarge
            }
        })
    }
}

#[derive(Debug, Default)]
struct EnvelopeRead {
    version: Option<String>,
    receiver: String,
    group_key: String,
    truncated: u64,
}

/// The object around the alerts.
struct Envelope<'c, 'l>(&'c mut Collected<'l>);

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
enum EnvelopeField {
    Version,
    Receiver,
    GroupKey,
    TruncatedAlerts,
    Alerts,
    #[serde(other)]
    Unknown,
}

impl<'de> DeserializeSeed<'de> for Envelope<'_, '_> {
    type Value = EnvelopeRead;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<EnvelopeRead, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Envelope<'_, '_> {
    type Value = EnvelopeRead;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Alertmanager's payload, an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<EnvelopeRead, A::Error> {
        let mut read = EnvelopeRead::default();
        while let Some(field) = map.next_key()? {
            match field {
                EnvelopeField::Version => read.version = Some(map.next_value()?),
                EnvelopeField::Receiver => read.receiver = map.next_value()?,
                EnvelopeField::GroupKey => read.group_key = map.next_value()?,
                EnvelopeField::TruncatedAlerts => read.truncated = map.next_value()?,
                EnvelopeField::Alerts => map.next_value_seed(AlertList(self.0))?,
                EnvelopeField::Unknown => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(read)
    }
}

/// The list of alerts.
struct AlertList<'c, 'l>(&'c mut Collected<'l>);

impl<'de> DeserializeSeed<'de> for AlertList<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for AlertList<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of alerts")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut alerts: A) -> Result<(), A::Error> {
        while let Some(raw) = alerts.next_element::<&RawValue>()? {
            if !self.0.add(raw.get()) {
                return Err(A::Error::custom("too large"));
            }
        }
        Ok(())
    }
}

fn problem(error: &serde_json::Error) -> String {
    let text = error.to_string();
    cut(&text, PROBLEM_BYTES).to_owned()
}

#[cfg(test)]
mod tests;
