//! Every query of every dashboard runs on a real Prometheus that the real programs feed, and returns what it is for.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::{Stack, StackOptions, wait_until};
use serde_json::Value;

const WEB: &str = "demo-web.service";
/// How long a series may take to appear.
pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// The figures of services that come from cgroups.
const OF_CGROUPS: [&str; 5] = ["cpu", "memory", "io", "pressure", "oom"];

/// What a sandbox does not have, so that queries which name it may return nothing.
const MAY_BE_ABSENT: [(&str, &str); 13] = [
    ("prunelle_healer_messages_", "nobody is told"),
    ("prunelle_healer_queue_", "there is nobody to tell"),
    ("prunelle:band:", "nothing has been learnt in a minute"),
    ("prunelle_network_", "no physical device"),
    ("prunelle_threshold_bytes_per_second", "no physical device"),
    ("node_disk_", "some machines have no disk of their own"),
    ("node_network_", "nothing is damaged or dropped"),
    ("prunelle_swap_", "no swap"),
    ("node_systemd_", "a collector that is off by default"),
    ("ALERTS", "the alert ends with the repair"),
    ("prunelle_healer_decisions_total", "nothing is left alone"),
    (
        "prunelle_service_tasks",
        "a systemd of a user has no cgroups here",
    ),
    (
        "prunelle_service_open_files",
        "a systemd of a user has no cgroups here",
    ),
];

#[test]
fn every_query_of_every_dashboard_returns_what_it_is_for() -> Result<()> {
    after_a_repair(|stack| {
        let mut asked = 0;
        for (file, dashboard) in dashboards()? {
            let chosen = chosen(stack, &dashboard).with_context(|| file.clone())?;
            for query in queries(&dashboard) {
                let asks = filled_in(query, &chosen);
                let may_be_empty = may_be_empty(&asks);
                let answer = if may_be_empty {
                    stack.query(&asks).map(drop)
                } else {
                    // Rates and counters need a second scrape.
                    wait_until(&asks, LIMIT, || {
                        let series = stack.query(&asks).ok()?;
                        (!series.is_empty()).then_some(())
                    })
                };
                answer.with_context(|| format!("{file}: {asks}"))?;
                asked += 1;
            }
        }
        ensure!(asked > 80, "only {asked} queries were found");
        Ok(())
    })
}

/// The demo, after a service of it has died and was repaired.
pub(crate) fn after_a_repair(story: impl FnOnce(&Stack) -> Result<()>) -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        // So that the repair is seen as an increase.
        stack.wait_for_series("prunelle_healer_mode == 1", 1)?;
        let before = stack.host().invocation(WEB)?;
        stack.host().manager().kill_main(WEB)?;
        stack.host().wait_until_restarted(WEB, &before, LIMIT)?;
        stack.wait_for_series("prunelle_healer_time_to_heal_seconds_count > 0", 1)?;
        story(stack)
    })
}

fn may_be_empty(query: &str) -> bool {
    MAY_BE_ABSENT.iter().any(|(name, _)| query.contains(name))
        || OF_CGROUPS
            .iter()
            .any(|kind| query.contains(&format!("prunelle_service_{kind}_")))
}

fn dashboards() -> Result<Vec<(String, Value)>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/dashboards");
    fs::read_dir(folder)?
        .map(|entry| {
            let path = entry?.path();
            let text = fs::read_to_string(&path)?;
            Ok((path.display().to_string(), serde_json::from_str(&text)?))
        })
        .collect()
}

/// The first value of each variable, or the one about the demo's web server.
fn chosen(stack: &Stack, dashboard: &Value) -> Result<BTreeMap<String, String>> {
    let mut chosen = BTreeMap::new();
    let variables = dashboard
        .pointer("/templating/list")
        .and_then(Value::as_array);
    for variable in variables.into_iter().flatten() {
        let text = |at: &str| variable.pointer(at).and_then(Value::as_str);
        let name = text("/name").context("a variable without a name")?;
        let (metric, label) = text("/query/query")
            .and_then(|it| {
                it.strip_prefix("label_values(")?
                    .strip_suffix(')')?
                    .rsplit_once(", ")
            })
            .with_context(|| format!("{name}: not `label_values(metric, label)`"))?;
        let metric = filled_in(metric, &chosen);
        if may_be_empty(&metric) {
            chosen.insert(name.to_owned(), ".+".to_owned());
            continue;
        }
        let values = wait_until("a value of a variable", LIMIT, || {
            let series = stack
                .query(&format!("group by ({label}) ({metric})"))
                .ok()?;
            let values: Vec<String> = series
                .iter()
                .filter_map(|series| series.labels.get(label).cloned())
                .collect();
            (!values.is_empty()).then_some(values)
        })
        .with_context(|| format!("{name}: {metric}"))?;
        let value = values
            .iter()
            .find(|value| *value == WEB)
            .unwrap_or(&values[0]);
        chosen.insert(name.to_owned(), value.clone());
    }
    Ok(chosen)
}

/// All queries of panels, those in closed rows too, and of annotations.
fn queries(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(members) => members
            .iter()
            .flat_map(|(name, member)| match member {
                Value::String(text) if name == "expr" => vec![text.as_str()],
                member => queries(member),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(queries).collect(),
        _ => Vec::new(),
    }
}

/// As Grafana fills variables in.
fn filled_in(query: &str, chosen: &BTreeMap<String, String>) -> String {
    let mut query = query
        .replace("$__rate_interval", "1m")
        .replace("$__interval", "1m")
        .replace("$__range", "5m");
    for (name, value) in chosen {
        query = query.replace(&format!("${name}"), value);
    }
    query
}
