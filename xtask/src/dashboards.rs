//! Grafana's dashboards, made from short sources that a person can review: `grafana/source/*.yml` say what is shown,
//! this says how it is shown, the same way everywhere. `cargo xtask dashboards` writes `grafana/dashboards/*.json` anew;
//! a test fails when they are out of step.

mod layout;
mod panel;
mod source;

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};
use serde_json::{Value, json};

use self::source::Dashboard;

/// The data source's name in `grafana/provisioning`.
const DATA_SOURCE: &str = "prometheus";
/// All dashboards have it: it joins them in the links at the top.
const TAG: &str = "prunelle";
/// Dashboards of this schema are read by Grafana 11 and 12.
const SCHEMA_VERSION: u32 = 39;

/// Writes all dashboards anew.
pub(crate) fn run() -> Result<()> {
    for (path, text) in made()? {
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))?;
        println!("{}", path.display());
    }
    Ok(())
}

/// Each dashboard's file and what belongs in it.
fn made() -> Result<Vec<(PathBuf, String)>> {
    let grafana = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana");
    let mut made = Vec::new();
    for entry in fs::read_dir(grafana.join("source"))? {
        let path = entry?.path();
        let (Some(name), true) = (
            path.file_stem().and_then(|name| name.to_str()),
            path.extension().is_some_and(|ending| ending == "yml"),
        ) else {
            continue;
        };
        let text = fs::read_to_string(&path)?;
        let dashboard: Dashboard =
            serde_yaml::from_str(&text).with_context(|| format!("{}", path.display()))?;
        let json = serde_json::to_string_pretty(&written(&dashboard)?)?;
        made.push((
            grafana.join("dashboards").join(format!("{name}.json")),
            json + "\n",
        ));
    }
    made.sort();
    Ok(made)
}

fn written(dashboard: &Dashboard) -> Result<Value> {
    let variables: Vec<Value> = dashboard.variables.iter().map(variable).collect();
    Ok(json!({
        "uid": dashboard.uid,
        "title": dashboard.title,
        "description": dashboard.about,
        "tags": [TAG],
        "schemaVersion": SCHEMA_VERSION,
        "version": 1,
        "editable": false,
        "refresh": "5s",
        "time": {"from": dashboard.from, "to": "now"},
        "timezone": "browser",
        // One crosshair over all graphs.
        "graphTooltip": 1,
        "links": [{
            "type": "dashboards",
            "title": "Prunelle",
            "tags": [TAG],
            "asDropdown": false,
            "icon": "dashboard",
            "includeVars": true,
            "keepTime": true,
            "targetBlank": false,
            "tooltip": "",
            "url": "",
        }],
        "templating": {"list": variables},
        "annotations": {"list": annotations(&dashboard.alerts)},
        "panels": layout::panels(dashboard)?,
    }))
}

fn data_source() -> Value {
    json!({"type": "prometheus", "uid": DATA_SOURCE})
}

fn variable(variable: &source::Variable) -> Value {
    let mut written = json!({
        "name": variable.name,
        "label": variable.label,
        "type": "query",
        "datasource": data_source(),
        "query": {"query": variable.values, "refId": variable.name},
        // When the time range changes: hosts come and go.
        "refresh": 2,
        "includeAll": variable.several,
        "multi": variable.several,
        // By name.
        "sort": 1,
    });
    if let (true, Some(members)) = (variable.several, written.as_object_mut()) {
        members.insert("allValue".to_owned(), ".+".into());
        members.insert(
            "current".to_owned(),
            json!({"text": "All", "value": "$__all"}),
        );
    }
    written
}

/// What is marked on all graphs: alerts that begin, and repairs, which the healer tells Grafana itself.
fn annotations(alerts: &str) -> Value {
    let firing = format!("ALERTS{{alertstate=\"firing\",{alerts}}}");
    json!([
        {
            "name": "Alerts",
            "datasource": data_source(),
            "enable": true,
            "hide": false,
            "iconColor": "red",
            "expr": format!("{firing} unless {firing} offset $__interval"),
            "titleFormat": "{{alertname}}",
            "textFormat": "{{name}} {{instance}}",
        },
        {
            "name": "Repairs",
            "datasource": {"type": "grafana", "uid": "-- Grafana --"},
            "enable": true,
            "hide": false,
            "iconColor": "green",
            "target": {"type": "tags", "tags": [TAG], "matchAny": false, "limit": 100},
        },
    ])
}

#[cfg(test)]
mod tests;
