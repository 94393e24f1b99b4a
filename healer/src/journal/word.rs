//! Enums and ids as the single words they are in columns and lines: serde's own names, so that each is stated once.

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::operation::{OperationError, Run};

/// The word of a value that serde writes as a string.
pub(super) fn write(value: &impl Serialize) -> Run<String> {
    match serde_json::to_value(value)? {
        Value::String(word) => Ok(word),
        other => Err(OperationError::Refused(format!("`{other}` is not a word"))),
    }
}

/// The inverse of [`write`].
pub(super) fn read<T: DeserializeOwned>(word: &str) -> Run<T> {
    Ok(serde_json::from_value(Value::String(word.to_owned()))?)
}
