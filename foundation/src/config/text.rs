//! Reading a value that is written as text, with a hint that survives serde.

use std::fmt;

use serde::Deserializer;
use serde::de::{Error, Visitor};

/// For `Deserialize` implementations of types that are written as text: `parse` yields the value, or a message and a
/// hint. `expected` completes "expected …" when something other than text is found.
pub fn from_text<'de, D, T, F>(
    deserializer: D,
    expected: &'static str,
    parse: F,
) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    F: FnOnce(&str) -> Result<T, (String, &'static str)>,
{
    deserializer.deserialize_str(Text { expected, parse })
}

struct Text<F> {
    expected: &'static str,
    parse: F,
}

impl<T, F> Visitor<'_> for Text<F>
where
    F: FnOnce(&str) -> Result<T, (String, &'static str)>,
{
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(|(message, hint)| E::custom(format_args!("{message}\n{hint}")))
    }

    /// A bare `0` is a number to YAML, and a duration to Prometheus.
    fn visit_u64<E: Error>(self, number: u64) -> Result<T, E> {
        self.visit_str(&number.to_string())
    }
}
