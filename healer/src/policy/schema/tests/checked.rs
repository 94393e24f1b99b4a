//! As much of JSON Schema as the policy's needs. A keyword that it does not know fails the test.

use serde_json::{Map, Value};

/// Where the value does not fit the schema and by which keyword, as `/place: keyword`.
pub(super) fn check(root: &Value, value: &Value) -> Vec<String> {
    let mut refused = Vec::new();
    Checked { root }.value(root, value, "", &mut refused);
    refused
}

struct Checked<'a> {
    root: &'a Value,
}

impl Checked<'_> {
    fn fits(&self, schema: &Value, value: &Value) -> bool {
        let mut refused = Vec::new();
        self.value(schema, value, "", &mut refused);
        refused.is_empty()
    }

    fn value(&self, schema: &Value, value: &Value, at: &str, refused: &mut Vec<String>) {
        let place = if at.is_empty() { "/" } else { at };
        for (keyword, wanted) in schema.as_object().unwrap() {
            let is_right = match keyword.as_str() {
                "$schema" | "title" | "description" | "definitions" => true,
                "$ref" => {
                    let pointer = wanted.as_str().unwrap().strip_prefix('#').unwrap();
                    self.value(self.root.pointer(pointer).unwrap(), value, at, refused);
                    true
                }
                "allOf" => {
                    for part in wanted.as_array().unwrap() {
                        self.value(part, value, at, refused);
                    }
                    true
                }
                "anyOf" => self.fitting(wanted, value) > 0,
                "oneOf" => self.fitting(wanted, value) == 1,
                "const" => wanted == value,
                "enum" => wanted.as_array().unwrap().contains(value),
                "type" => match wanted {
                    Value::Array(types) => types.iter().any(|kind| is_a(kind, value)),
                    kind => is_a(kind, value),
                },
                "minProperties" => members(value).len() as u64 >= wanted.as_u64().unwrap(),
                "maxProperties" => members(value).len() as u64 <= wanted.as_u64().unwrap(),
                "required" => {
                    let names = wanted.as_array().unwrap().iter();
                    for name in names.map(|name| name.as_str().unwrap()) {
                        if !members(value).contains_key(name) {
                            refused.push(format!("{place}: {name} is missing"));
                        }
                    }
                    true
                }
                "items" => {
                    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                        self.value(wanted, item, &format!("{at}/{index}"), refused);
                    }
                    true
                }
                "properties" => {
                    for (key, member) in members(value) {
                        if let Some(known) = wanted.get(&key) {
                            self.value(known, &member, &format!("{at}/{key}"), refused);
                        }
                    }
                    true
                }
                "additionalProperties" => {
                    let known = schema.get("properties").map(members).unwrap_or_default();
                    for (key, member) in members(value) {
                        if known.contains_key(&key) {
                            continue;
                        }
                        if *wanted == Value::Bool(false) {
                            refused.push(format!("{at}/{key}: unknown key"));
                        } else {
                            self.value(wanted, &member, &format!("{at}/{key}"), refused);
                        }
                    }
                    true
                }
                other => panic!("the keyword {other} is not known here"),
            };
            if !is_right {
                refused.push(format!("{place}: {keyword}"));
            }
        }
    }

    fn fitting(&self, alternatives: &Value, value: &Value) -> usize {
        let alternatives = alternatives.as_array().unwrap().iter();
        alternatives.filter(|part| self.fits(part, value)).count()
    }
}

fn members(value: &Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn is_a(kind: &Value, value: &Value) -> bool {
    match kind.as_str().unwrap() {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("the type {other} is not known here"),
    }
}
