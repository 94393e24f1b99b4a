//! The policy's JSON Schema, for editors: made from the wire types, so that it knows the keys that the loader knows.
//!
//! It is laxer than the loader, and stricter only about spelling: it takes no quoted `"true"`, and no word of a closed
//! set left out behind its key. What passes here may still be refused by `check-config`, which knows how the parts go
//! together. Closed sets of words come from where the program has them, and a test holds them against the loader. A field
//! with such a set says `default` beside `schema_with`, which makes it required otherwise.

use schemars::generate::SchemaSettings;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use super::wire::PolicyWire;
use super::{Language, Mode, RemedyKind, ReportPeriod};
use crate::target::Resource;

/// Words of `when` of a path.
const WHEN: [&str; 2] = ["same_file_system", "always"];
/// Words of `live` of `restart_service`.
const LIVE: [&str; 2] = ["leave", "restart"];
/// Words of `after_clean_stop`.
const AFTER_CLEAN_STOP: [&str; 2] = ["repair", "respect"];

/// The schema. Draft 7: every editor knows it.
pub fn json() -> Value {
    let mut schema = SchemaSettings::draft07()
        .into_generator()
        .into_root_schema_for::<PolicyWire>();
    schema.insert("title".into(), "Policy of prunelle-healer".into());
    schema.to_value()
}

/// The one thing that a target has to name.
pub(super) fn one_target() -> Value {
    let named = ["unit", "path", "mount", "process_group", "host"];
    named.map(|key| json!({"required": [key]})).into()
}

pub(super) fn version(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [1, "1"]})
}

pub(super) fn mode(_: &mut SchemaGenerator) -> Schema {
    words(&Mode::ALL.map(Mode::as_str))
}

pub(super) fn remedy(_: &mut SchemaGenerator) -> Schema {
    words(&RemedyKind::ALL.map(RemedyKind::as_str))
}

pub(super) fn resource(_: &mut SchemaGenerator) -> Schema {
    words(&Resource::ALL.map(Resource::as_str))
}

pub(super) fn when(_: &mut SchemaGenerator) -> Schema {
    words(&WHEN)
}

pub(super) fn live(_: &mut SchemaGenerator) -> Schema {
    words(&LIVE)
}

pub(super) fn after_clean_stop(_: &mut SchemaGenerator) -> Schema {
    words(&AFTER_CLEAN_STOP)
}

pub(super) fn language(_: &mut SchemaGenerator) -> Schema {
    words(&Language::ALL.map(Language::as_str))
}

pub(super) fn report_period(_: &mut SchemaGenerator) -> Schema {
    words(&ReportPeriod::ALL.map(ReportPeriod::as_str))
}

pub(super) fn boolean(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"type": "boolean"})
}

/// Says that the target is this machine; there is no other answer.
pub(super) fn yes(_: &mut SchemaGenerator) -> Schema {
    json_schema!({"enum": [true]})
}

fn words(words: &[&str]) -> Schema {
    json_schema!({"enum": words})
}

#[cfg(test)]
mod tests;
