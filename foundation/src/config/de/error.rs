//! What serde is told, and what becomes of it: message, hint, and the innermost node that it is about.

use std::fmt;

use serde::de::{Expected, Unexpected};

use crate::config::nearest::meant;
use crate::config::tree::{Node, Position};

/// An error that learns its place on the way out.
#[derive(Debug)]
pub(super) struct Error {
    pub(super) message: String,
    pub(super) hint: Option<String>,
    pub(super) missing: Option<&'static str>,
    /// The content was set aside, which has been reported.
    pub(super) is_echo: bool,
    pub(super) place: Option<(usize, Position)>,
}

impl Error {
    pub(super) fn new(message: String, hint: Option<String>) -> Self {
        Self {
            message,
            hint,
            missing: None,
            is_echo: false,
            place: None,
        }
    }

    /// The innermost node wins.
    pub(super) fn at(mut self, node: &Node) -> Self {
        self.place.get_or_insert((node.id, node.at));
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl serde::de::Error for Error {
    /// A second line is the hint.
    fn custom<T: fmt::Display>(message: T) -> Self {
        let text = message.to_string();
        match text.split_once('\n') {
            Some((message, hint)) => Self::new(message.to_owned(), Some(hint.to_owned())),
            None => Self::new(text, None),
        }
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        // Serde's word, of a derived type; people know lists.
        let expected = match expected.to_string().as_str() {
            "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
            other => other.replace("a sequence", "a list"),
        };
        let hint = match found {
            Unexpected::Unit => Some("give it a value, or remove the key".to_owned()),
            Unexpected::Bool(_)
            | Unexpected::Unsigned(_)
            | Unexpected::Signed(_)
            | Unexpected::Float(_)
                if expected.contains("string") =>
            {
                Some("put it in quotes".to_owned())
            }
            Unexpected::Str(text) if expected == "a list" => {
                Some(format!("write a list, also of one: `['{text}']`"))
            }
            _ if expected == "a boolean" => Some("write `true` or `false`".to_owned()),
            _ if expected == "a whole number" => {
                Some("write digits alone, without a sign, a point or quotes".to_owned())
            }
            _ => None,
        };
        let found = match found {
            Unexpected::Unit => "nothing".to_owned(),
            Unexpected::Seq => "a list".to_owned(),
            Unexpected::Map => "a mapping".to_owned(),
            Unexpected::Str(text) => format!("the text `{text}`"),
            Unexpected::Bool(value) => format!("`{value}`"),
            Unexpected::Unsigned(number) => format!("the number `{number}`"),
            Unexpected::Signed(number) => format!("the number `{number}`"),
            Unexpected::Float(number) => format!("the number `{number}`"),
            other => other.to_string(),
        };
        Self::new(format!("expected {expected}, found {found}"), hint)
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::invalid_type(found, expected)
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::new(
            format!("unknown value `{variant}`"),
            meant(variant, expected),
        )
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::new(format!("unknown key `{field}`"), meant(field, expected))
    }

    fn missing_field(field: &'static str) -> Self {
        Self {
            missing: Some(field),
            ..Self::new(
                format!("missing key `{field}`"),
                Some(format!("add `{field}: …` here")),
            )
        }
    }
}
