//! One panel as Grafana wants it: the same look for what is of the same kind.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::data_source;
use super::source::{Column, Kind, Lead, Panel, Query, Step, Word};

/// The name of the query that a card's limit comes from.
const LIMIT: &str = "limit";

pub(super) fn written(source: &Panel, id: u32, place: &Value) -> Result<Value> {
    ensure!(
        source.columns.is_empty() || source.kind == Kind::Table,
        "`{}`: only a table has columns",
        source.title
    );
    let (kind, options) = match source.kind {
        Kind::Stat => ("stat", of_stat(source)),
        Kind::Graph | Kind::Bars => ("timeseries", of_graph()),
        Kind::States => ("state-timeline", of_states()),
        Kind::Table => ("table", of_table(source)),
    };
    let mut panel = json!({
        "id": id,
        "type": kind,
        "title": source.title,
        "description": source.about,
        "datasource": data_source(),
        "gridPos": place,
        "targets": targets(source),
        "fieldConfig": {"defaults": defaults(source), "overrides": overrides(source)},
        "options": options,
    });
    let transformations = transformations(source);
    if let (false, Some(members)) = (transformations.is_empty(), panel.as_object_mut()) {
        members.insert("transformations".to_owned(), transformations.into());
    }
    Ok(panel)
}

fn targets(source: &Panel) -> Vec<Value> {
    let is_instant = matches!(source.kind, Kind::Stat | Kind::Table);
    let names = (b'A'..=b'Z').map(|letter| char::from(letter).to_string());
    let mut targets: Vec<Value> = source
        .queries
        .iter()
        .zip(names)
        .map(|(query, name)| target(&name, query.expr.trim(), &query.legend, is_instant))
        .collect();
    if source.kind == Kind::Table {
        for members in targets.iter_mut().filter_map(Value::as_object_mut) {
            members.insert("format".to_owned(), "table".into());
        }
    }
    if let Some(limit) = &source.limit {
        targets.push(target(LIMIT, limit.trim(), LIMIT, true));
    }
    targets
}

fn target(name: &str, expr: &str, legend: &str, is_instant: bool) -> Value {
    json!({
        "refId": name,
        "datasource": data_source(),
        "expr": expr,
        "legendFormat": legend,
        "instant": is_instant,
        "range": !is_instant,
    })
}

fn defaults(source: &Panel) -> Value {
    let mut defaults = Map::new();
    defaults.insert("unit".to_owned(), source.unit.clone().into());
    if source.unit == "percentunit" {
        defaults.insert("min".to_owned(), 0.into());
        // More than all there is would be cut off.
        if source.kind == Kind::Stat {
            defaults.insert("decimals".to_owned(), 1.into());
        }
    }
    if !source.words.is_empty() {
        defaults.insert("mappings".to_owned(), words(&source.words));
    }
    match source.kind {
        Kind::Stat | Kind::States => {
            defaults.insert("color".to_owned(), json!({"mode": "thresholds"}));
            defaults.insert("thresholds".to_owned(), steps("green", &source.steps));
        }
        Kind::Graph | Kind::Bars => {
            defaults.insert("color".to_owned(), json!({"mode": "palette-classic"}));
        }
        Kind::Table => {}
    }
    let custom = match source.kind {
        Kind::Stat => None,
        Kind::Graph => Some(json!({
            "drawStyle": "line",
            "lineWidth": 1,
            "fillOpacity": if source.stacked { 40 } else { 8 },
            "showPoints": "never",
            "stacking": {"mode": if source.stacked { "normal" } else { "none" }, "group": "A"},
        })),
        Kind::Bars => Some(json!({
            "drawStyle": "bars",
            "lineWidth": 0,
            "fillOpacity": 80,
            "showPoints": "never",
            "stacking": {"mode": "normal", "group": "A"},
        })),
        Kind::States => Some(json!({"fillOpacity": 70, "lineWidth": 0})),
        Kind::Table => {
            Some(json!({"align": "auto", "cellOptions": {"type": "auto"}, "inspect": false}))
        }
    };
    if let Some(custom) = custom {
        defaults.insert("custom".to_owned(), custom);
    }
    if let Some(lead) = &source.leads_to
        && source.kind != Kind::Table
    {
        defaults.insert("links".to_owned(), json!([link(lead, "__field.labels")]));
    }
    defaults.into()
}

fn steps(base: &str, steps: &[Step]) -> Value {
    let mut written = vec![json!({"color": base, "value": null})];
    written.extend(
        steps
            .iter()
            .map(|step| json!({"color": step.color, "value": step.from})),
    );
    json!({"mode": "absolute", "steps": written})
}

fn words(words: &[Word]) -> Value {
    let options: Map<String, Value> = words
        .iter()
        .zip(0..)
        .map(|(word, index)| {
            let said = json!({"text": word.text, "color": word.color, "index": index});
            (word.value.clone(), said)
        })
        .collect();
    json!([{"type": "value", "options": options}])
}

fn link(lead: &Lead, from: &str) -> Value {
    let variables: Vec<String> = lead
        .labels
        .iter()
        .map(|label| format!("var-{label}=${{{from}.{label}}}"))
        .collect();
    json!({
        "title": lead.title,
        "url": format!("/d/{}?{}&${{__url_time_range}}", lead.uid, variables.join("&")),
        "targetBlank": false,
    })
}

fn overrides(source: &Panel) -> Vec<Value> {
    let mut overrides: Vec<Value> = source
        .queries
        .iter()
        .zip(b'A'..=b'Z')
        .filter_map(|(query, letter)| of_query(query, char::from(letter)))
        .collect();
    overrides.extend(
        source
            .columns
            .iter()
            .filter_map(|column| of_column(source, column)),
    );
    overrides
}

fn of_query(query: &Query, letter: char) -> Option<Value> {
    let mut properties = Vec::new();
    if query.is_limit {
        properties.extend([
            json!({"id": "custom.lineStyle", "value": {"fill": "dash", "dash": [6, 6]}}),
            json!({"id": "custom.fillOpacity", "value": 0}),
            json!({"id": "custom.stacking", "value": {"mode": "none", "group": "A"}}),
        ]);
    }
    if query.fills_to_previous {
        properties.extend([
            json!({"id": "color", "value": {"mode": "fixed", "fixedColor": "semi-dark-blue"}}),
            json!({"id": "custom.lineWidth", "value": 0}),
            json!({"id": "custom.fillOpacity", "value": 15}),
            json!({"id": "custom.fillBelowTo", "value": query.legend.replace("upper", "lower")}),
        ]);
    }
    (!properties.is_empty()).then(|| {
        json!({
            "matcher": {"id": "byFrameRefID", "options": letter.to_string()},
            "properties": properties,
        })
    })
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
            json!({"id": "custom.cellOptions", "value": {"type": "color-text"}}),
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

fn of_graph() -> Value {
    json!({
        "tooltip": {"mode": "multi", "sort": "desc"},
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": true, "calcs": []},
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

fn transformations(source: &Panel) -> Vec<Value> {
    if source.limit.is_some() {
        return vec![json!({
            "id": "configFromData",
            "options": {
                "configRefId": LIMIT,
                "mappings": [{
                    "fieldName": LIMIT,
                    "handlerKey": "threshold1",
                    "handlerArguments": {"threshold": {"color": "red"}},
                }],
            },
        })];
    }
    if source.kind != Kind::Table {
        return Vec::new();
    }
    let (mut index, mut names) = (Map::new(), Map::new());
    for (column, place) in source.columns.iter().zip(0..) {
        let known = match source
            .queries
            .iter()
            .zip(b'A'..=b'Z')
            .find(|(query, _)| query.legend == column.name)
        {
            // A table of one query calls the value `Value`, one of several `Value #A`.
            Some(_) if source.queries.len() == 1 => "Value".to_owned(),
            Some((_, letter)) => format!("Value #{}", char::from(letter)),
            None => column.name.clone(),
        };
        index.insert(known.clone(), place.into());
        names.insert(known, column.title.clone().into());
    }
    let shown: Vec<Value> = names.keys().map(|name| name.clone().into()).collect();
    let mut steps = Vec::new();
    if source.queries.len() > 1 {
        steps.push(json!({"id": "merge", "options": {}}));
    }
    steps.push(json!({"id": "filterFieldsByName", "options": {"include": {"names": shown}}}));
    steps.push(json!({
        "id": "organize",
        "options": {"excludeByName": {}, "indexByName": index, "renameByName": names},
    }));
    steps
}
