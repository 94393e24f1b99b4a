//! Looks at JSON as a service does that knows every key.

use serde_json::Value;

/// Collects what is wrong.
#[derive(Default)]
pub(super) struct Shape(pub(super) Vec<String>);

impl Shape {
    pub(super) fn wrong(&mut self, at: &str, what: impl std::fmt::Display) {
        self.0.push(format!("{at}: {what}"));
    }

    /// An object with these keys and no others.
    pub(super) fn object<'v>(
        &mut self,
        at: &str,
        value: &'v Value,
        required: &[&str],
        optional: &[&str],
    ) -> Option<&'v serde_json::Map<String, Value>> {
        let Some(object) = value.as_object() else {
            self.wrong(at, "not an object");
            return None;
        };
        for key in required {
            if !object.contains_key(*key) {
                self.wrong(at, format!("{key} is missing"));
            }
        }
        for key in object.keys() {
            if !required.contains(&key.as_str()) && !optional.contains(&key.as_str()) {
                self.wrong(at, format!("unknown key {key}"));
            }
        }
        Some(object)
    }

    /// A text of that many characters.
    pub(super) fn text(&mut self, at: &str, value: Option<&Value>, from: usize, to: usize) {
        match value.and_then(Value::as_str) {
            None => self.wrong(at, "not a text"),
            Some(text) => {
                let length = text.encode_utf16().count();
                if !(from..=to).contains(&length) {
                    self.wrong(at, format!("{length} characters, not {from} to {to}"));
                }
            }
        }
    }

    /// One of the words.
    pub(super) fn word(&mut self, at: &str, value: Option<&Value>, words: &[&str]) {
        if !value
            .and_then(Value::as_str)
            .is_some_and(|text| words.contains(&text))
        {
            self.wrong(at, format!("none of {words:?}"));
        }
    }

    /// A list of that many items.
    pub(super) fn list<'v>(
        &mut self,
        at: &str,
        value: Option<&'v Value>,
        from: usize,
        to: usize,
    ) -> &'v [Value] {
        match value.and_then(Value::as_array) {
            None => {
                self.wrong(at, "not a list");
                &[]
            }
            Some(list) => {
                if !(from..=to).contains(&list.len()) {
                    self.wrong(at, format!("{} items, not {from} to {to}", list.len()));
                }
                list
            }
        }
    }

    /// `true` or `false`, or nothing.
    pub(super) fn flag(&mut self, at: &str, value: Option<&Value>) {
        if value.is_some_and(|value| !value.is_boolean()) {
            self.wrong(at, "neither true nor false");
        }
    }

    /// An address that a browser opens.
    pub(super) fn address(&mut self, at: &str, value: Option<&Value>, to: usize) {
        self.text(at, value, 1, to);
        let is_address = value
            .and_then(Value::as_str)
            .and_then(|text| reqwest::Url::parse(text).ok())
            .is_some_and(|url| matches!(url.scheme(), "http" | "https"));
        if !is_address {
            self.wrong(at, "not an address");
        }
    }
}
