//! How values look: unit, colours, words, links, and what is shown where there is none.

use serde_json::{Map, Value, json};

use super::super::source::{Kind, Lead, Panel, Step, Word};

pub(super) fn defaults(source: &Panel) -> Value {
    let mut defaults = Map::new();
    defaults.insert("unit".to_owned(), source.unit.clone().into());
    if source.unit == "percentunit" {
        defaults.insert("min".to_owned(), 0.into());
        // More than all there is would be cut off.
        if source.kind == Kind::Stat {
            defaults.insert("decimals".to_owned(), 1.into());
        }
    }
    if let Some(absent) = &source.absent {
        defaults.insert("noValue".to_owned(), absent.clone().into());
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

pub(super) fn steps(base: &str, steps: &[Step]) -> Value {
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

pub(super) fn link(lead: &Lead, from: &str) -> Value {
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
