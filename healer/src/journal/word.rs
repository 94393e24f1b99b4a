//! Enums and ids read back from the single words that they are in columns: serde's own names.

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::operation::Run;

/// The value of a word.
pub(super) fn read<T: DeserializeOwned>(word: &str) -> Run<T> {
    Ok(serde_json::from_value(Value::String(word.to_owned()))?)
}
