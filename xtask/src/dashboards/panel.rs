//! One panel as Grafana wants it: the same look for what is of the same kind.

mod band;
mod fields;
mod options;
mod overrides;

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use super::data_source;
use super::source::{Kind, Panel};

/// The name of the query that a card's limit comes from.
const LIMIT: &str = "limit";
/// Bars are of one step of the graph each, so that each event is in one of them. No shorter one: a counter is read every
/// few seconds.
const SHORTEST_BAR: &str = "1m";

pub(super) fn written(source: &Panel, id: u32, place: &Value) -> Result<Value> {
    ensure!(
        source.columns.is_empty() || source.kind == Kind::Table,
        "`{}`: only a table has columns",
        source.title
    );
    ensure!(
        source.usual.is_none() || source.kind == Kind::Graph,
        "`{}`: only a graph has a band",
        source.title
    );
    let kind = match source.kind {
        Kind::Stat => "stat",
        Kind::Graph | Kind::Bars => "timeseries",
        Kind::States => "state-timeline",
        Kind::Table => "table",
    };
    let mut panel = json!({
        "id": id,
        "type": kind,
        "title": source.title,
        "description": source.about,
        "datasource": data_source(),
        "gridPos": place,
        "targets": targets(source),
        "fieldConfig": {
            "defaults": fields::defaults(source),
            "overrides": overrides::overrides(source),
        },
        "options": options::options(source),
    });
    if let Some(members) = panel.as_object_mut() {
        let transformations = transformations(source);
        if !transformations.is_empty() {
            members.insert("transformations".to_owned(), transformations.into());
        }
        if source.kind == Kind::Bars {
            members.insert("interval".to_owned(), SHORTEST_BAR.into());
        }
    }
    Ok(panel)
}

fn targets(source: &Panel) -> Vec<Value> {
    let is_instant = matches!(source.kind, Kind::Stat | Kind::Table);
    let mut names = (b'A'..=b'Z').map(|letter| char::from(letter).to_string());
    let own = source
        .queries
        .iter()
        .map(|query| (query.legend.clone(), query.expr.trim().to_owned()));
    // After the others: overrides know those by their letters.
    let usual = source
        .usual
        .iter()
        .flat_map(band::queries)
        .map(|(legend, expr)| (legend.to_owned(), expr));
    let mut targets: Vec<Value> = own
        .chain(usual)
        .zip(&mut names)
        .map(|((legend, expr), name)| target(&name, &expr, &legend, is_instant))
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
