//! What a panel of each kind is told besides its values: legends, tooltips, the order of rows.

use serde_json::{Value, json};

use super::super::source::{Kind, Panel};

/// The options of the panel's kind.
pub(super) fn options(source: &Panel) -> Value {
    match source.kind {
        Kind::Stat => of_stat(source),
        Kind::Graph => of_graph(&["lastNotNull", "max"]),
        // How often it happened in the time chosen.
        Kind::Bars => of_graph(&["sum"]),
        Kind::States => of_states(),
        Kind::Table => of_table(source),
    }
}

fn of_stat(source: &Panel) -> Value {
    let has_names = source
        .queries
        .iter()
        .any(|query| query.legend.contains("{{"));
    json!({
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "textMode": if has_names || source.queries.len() > 1 { "value_and_name" } else { "value" },
        "wideLayout": true,
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": false},
    })
}

fn of_graph(calculated: &[&str]) -> Value {
    json!({
        "tooltip": {"mode": "multi", "sort": "desc"},
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": calculated},
    })
}

fn of_states() -> Value {
    json!({
        "showValue": "never",
        "mergeValues": true,
        "rowHeight": 0.8,
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
        "tooltip": {"mode": "single", "sort": "none"},
    })
}

fn of_table(source: &Panel) -> Value {
    let sorted: Vec<Value> = source
        .sorted_by
        .iter()
        .map(|column| json!({"displayName": column, "desc": true}))
        .collect();
    json!({"showHeader": true, "cellHeight": "sm", "sortBy": sorted})
}
