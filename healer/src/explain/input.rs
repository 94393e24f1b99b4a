//! Alerts as people have them at hand: one as Alertmanager's API or its webhook writes it, a list of them, a whole payload
//! of the webhook, or just labels.

use jiff::Timestamp;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::alert::Alert;
use crate::intake::read_alerts;

/// A file that is larger is no file of a few alerts.
pub(super) const MOST_BYTES: usize = 1 << 20;
/// More are not explained at once.
const MOST_ALERTS: usize = 20;

/// Why there is nothing to explain.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputError {
    /// It is no JSON.
    #[error("this is not JSON: {0}")]
    NotJson(String),
    /// It is JSON, and no alert.
    #[error(
        "this is no alert: {0}\n  hint: write at least `{{\"labels\": {{\"alertname\": \"…\"}}}}`, or save one with `amtool alert query -o json`"
    )]
    NoAlert(String),
    /// It is no file of a few alerts.
    #[error("this is larger than {} KiB, and no file of a few alerts", MOST_BYTES >> 10)]
    TooLarge,
    /// They are too many.
    #[error("{0} alerts are more than the {MOST_ALERTS} that are explained at once")]
    TooMany(usize),
}

/// The alerts in a text, each taken for one that fires.
pub fn alerts(text: &str, now: Timestamp) -> Result<Vec<Alert>, InputError> {
    if text.len() > MOST_BYTES {
        return Err(InputError::TooLarge);
    }
    let value: Value =
        serde_json::from_str(text).map_err(|error| InputError::NotJson(error.to_string()))?;
    let list = match value {
        Value::Array(list) => list,
        Value::Object(mut payload) => match payload.remove("alerts") {
            Some(Value::Array(list)) => list,
            Some(_) => return Err(InputError::NoAlert("`alerts` is no list".to_owned())),
            None => vec![Value::Object(payload)],
        },
        _ => return Err(InputError::NoAlert("it is no object".to_owned())),
    };
    if list.len() > MOST_ALERTS {
        return Err(InputError::TooMany(list.len()));
    }
    let list: Vec<Value> = list
        .into_iter()
        .map(|alert| completed(alert, now))
        .collect::<Result<_, _>>()?;
    let read =
        read_alerts(Value::Array(list).to_string().as_bytes()).map_err(InputError::NoAlert)?;
    if read.is_empty() {
        return Err(InputError::NoAlert("the list is empty".to_owned()));
    }
    Ok(read)
}

/// An alert with what people leave out: when it began, and what Alertmanager would call it.
fn completed(alert: Value, now: Timestamp) -> Result<Value, InputError> {
    let Value::Object(mut alert) = alert else {
        return Err(InputError::NoAlert("it is no object".to_owned()));
    };
    let Some(Value::Object(labels)) = alert.get("labels") else {
        return Err(InputError::NoAlert("it has no `labels`".to_owned()));
    };
    let fingerprint = fingerprint(labels);
    let given = |value: Option<&Value>| value.is_some_and(|value| !value.is_null());
    if !given(alert.get("startsAt")) {
        alert.insert("startsAt".to_owned(), json!(now));
    }
    if !given(alert.get("fingerprint")) {
        alert.insert("fingerprint".to_owned(), json!(fingerprint));
    }
    Ok(Value::Object(alert))
}

/// Not Alertmanager's own, but as long, and the same for the same labels.
fn fingerprint(labels: &Map<String, Value>) -> String {
    let digest = Sha256::digest(Value::Object(labels.clone()).to_string().as_bytes());
    let number = digest
        .iter()
        .take(8)
        .fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
    format!("{number:016x}")
}
