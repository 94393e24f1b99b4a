//! A file of settings: a closed list of keys, each with a text or a list of texts, so that whoever takes the same settings
//! from flags and variables parses them all in one way.

use std::collections::BTreeMap;

use serde_yaml::Value;

use super::nearest::meant;
use super::tree::{Entry, Node, Position, Shape};
use super::{ConfigError, Document, Fault};
use crate::setting::Place;

/// A key that a file of settings may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// From the top, `web.listen_addresses`; keys have no dots themselves.
    pub path: String,
    /// Whether it may have a list.
    pub takes_list: bool,
}

/// What a key is set to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenValue {
    /// The items of a list, or the one value.
    pub items: Vec<GivenItem>,
    /// Whether it was written as a list.
    pub is_list: bool,
}

/// One value, and where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GivenItem {
    /// As it would be given as a flag.
    pub text: String,
    /// Where.
    pub place: Place,
}

impl Document {
    /// The values by their keys' paths, and everything that is wrong with the shape of the file. A key without a value
    /// counts as not given.
    pub fn values(&self, keys: &[Key]) -> (BTreeMap<String, GivenValue>, Vec<ConfigError>) {
        let mut walk = Walk {
            document: self,
            keys,
            values: BTreeMap::new(),
            faults: Vec::new(),
        };
        walk.group("", &self.root);
        let errors = walk.faults.into_iter();
        let errors = errors.map(|fault| fault.in_file(self.file())).collect();
        (walk.values, errors)
    }
}

struct Walk<'a> {
    document: &'a Document,
    keys: &'a [Key],
    values: BTreeMap<String, GivenValue>,
    faults: Vec<Fault>,
}

impl Walk<'_> {
    /// A mapping of keys that begin with `prefix`, which ends with a dot or is empty.
    fn group(&mut self, prefix: &str, node: &Node) {
        match &node.shape {
            Shape::Map(entries) => {
                for entry in entries {
                    self.entry(prefix, entry);
                }
            }
            Shape::Scalar(Value::Null) => {}
            other => {
                let message = format!("expected a mapping, found {}", name(other));
                let hint = meant("", &self.known(prefix));
                self.fault(node.at, message, hint);
            }
        }
    }

    fn entry(&mut self, prefix: &str, entry: &Entry) {
        let path = format!("{prefix}{}", entry.key);
        if let Some(key) = self.keys.iter().find(|key| key.path == path) {
            self.value(key.takes_list, path, &entry.node);
        } else if self.known(prefix).contains(&entry.key.as_str()) {
            self.group(&format!("{path}."), &entry.node);
        } else {
            let hint = meant(&entry.key, &self.known(prefix));
            self.fault(entry.key_at, format!("unknown key `{}`", entry.key), hint);
        }
    }

    fn value(&mut self, takes_list: bool, path: String, node: &Node) {
        let (nodes, is_list) = match &node.shape {
            Shape::List(items) if takes_list => (items.as_slice(), true),
            _ => (std::slice::from_ref(node), false),
        };
        let mut items = Vec::with_capacity(nodes.len());
        for item in nodes {
            match &item.shape {
                Shape::Scalar(Value::Null) => {}
                Shape::Scalar(value) => items.push(GivenItem {
                    text: text(value),
                    place: Place {
                        file: self.document.file().to_owned(),
                        line: item.at.line,
                        column: item.at.column,
                    },
                }),
                other => {
                    let expected = if takes_list && !is_list {
                        "a value or a list of values"
                    } else {
                        "a value"
                    };
                    let message = format!("`{path}`: expected {expected}, found {}", name(other));
                    self.fault(item.at, message, None);
                }
            }
        }
        // An empty list is an answer: none.
        if is_list || !items.is_empty() {
            self.values.insert(path, GivenValue { items, is_list });
        }
    }

    /// The keys of one mapping.
    fn known(&self, prefix: &str) -> Vec<&str> {
        let mut known: Vec<&str> = Vec::new();
        for key in self.keys {
            let step = key
                .path
                .strip_prefix(prefix)
                .and_then(|rest| rest.split('.').next());
            if let Some(step) = step
                && !known.contains(&step)
            {
                known.push(step);
            }
        }
        known
    }

    fn fault(&mut self, at: Position, message: String, hint: Option<String>) {
        self.faults.push(Fault { at, message, hint });
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => text.clone(),
        _ => String::new(),
    }
}

fn name(shape: &Shape) -> String {
    match shape {
        Shape::Map(_) => "a mapping".to_owned(),
        Shape::List(_) => "a list".to_owned(),
        Shape::Scalar(value) => format!("`{}`", text(value)),
    }
}

#[cfg(test)]
mod tests;
