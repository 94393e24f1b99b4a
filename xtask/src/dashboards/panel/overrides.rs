//! What single queries and columns look like: limits, bands, columns that lead somewhere.

use serde_json::{Value, json};

use super::super::source::{Column, Panel, Query};
use super::band;
use super::fields::{link, steps};

/// In a limit's legend: which of the limits it is.
const SEVERITY: &str = "{{severity}}";

/// What differs from the panel's own look.
pub(super) fn overrides(source: &Panel) -> Vec<Value> {
    let mut overrides: Vec<Value> = source
        .queries
        .iter()
        .zip(b'A'..=b'Z')
        .filter(|(query, _)| query.is_limit)
        .flat_map(|(query, letter)| of_limit(query, char::from(letter)))
        .collect();
    if source.usual.is_some() {
        overrides.extend(band::overrides());
    }
    overrides.extend(
        source
            .columns
            .iter()
            .filter_map(|column| of_column(source, column)),
    );
    overrides
}

/// A limit is a dashed line, orange for the warning and red for the critical one.
fn of_limit(query: &Query, letter: char) -> Vec<Value> {
    let mut overrides = vec![json!({
        "matcher": {"id": "byFrameRefID", "options": letter.to_string()},
        "properties": [
            {"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}},
            {"id": "custom.fillOpacity", "value": 0},
            {"id": "custom.stacking", "value": {"mode": "none", "group": "A"}},
        ],
    })];
    if query.legend.starts_with(SEVERITY) {
        overrides.extend([("warning", "orange"), ("critical", "red")].map(|(severity, color)| {
            json!({
                "matcher": {"id": "byName", "options": query.legend.replace(SEVERITY, severity)},
                "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": color}}],
            })
        }));
    }
    overrides
}

fn of_column(source: &Panel, column: &Column) -> Option<Value> {
    let mut properties = Vec::new();
    if let Some(unit) = &column.unit {
        properties.push(json!({"id": "unit", "value": unit}));
    }
    if !column.steps.is_empty() {
        properties.extend([
            json!({"id": "thresholds", "value": steps("green", &column.steps)}),
            json!({"id": "color", "value": {"mode": "thresholds"}}),
            json!({"id": "custom.cellOptions", "value": cell(column)}),
        ]);
    }
    if column.bar {
        properties.extend([
            json!({"id": "min", "value": 0}),
            json!({"id": "max", "value": 1}),
        ]);
    }
    if let Some(lead) = &source.leads_to
        && lead.labels.contains(&column.name)
    {
        properties.push(json!({"id": "links", "value": [link(lead, "__data.fields")]}));
    }
    (!properties.is_empty()).then(|| {
        json!({
            "matcher": {"id": "byName", "options": column.title},
            "properties": properties,
        })
    })
}

fn cell(column: &Column) -> Value {
    if column.bar {
        json!({"type": "gauge", "mode": "basic", "valueDisplayMode": "text"})
    } else {
        json!({"type": "color-text"})
    }
}
