//! Every expression of every rule runs on a real Prometheus that the real programs feed, everything that it selects is
//! there, and what it compares has values: so no alert is silent for a name or a label that nobody writes.
//!
//! That alerts fire in the states where they should is tested by `prometheus/rules/tests` for each of them.

mod expression;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::{Stack, http, wait_until};
use serde_json::Value;

use super::dashboards::{LIMIT, after_a_repair};
use expression::{selectors, value};

const NO_CGROUPS: &str = "no cgroups in the sandbox";
const NO_DEVICE: &str = "no physical network device";
const NO_TLS: &str = "nobody set up TLS";
const NO_HISTORY: &str = "weeks have not passed";

/// The beginnings of selectors that find something on some machines only, each with what others lack: hardware, or what
/// their kernel offers.
const OF_SOME_MACHINES: [(&str, &str); 15] = [
    ("node_md_", "no RAID of disks"),
    ("node_bonding_", "no bonded devices"),
    ("node_nf_conntrack_", "no connection tracking"),
    ("node_cpu_package_throttles_total", "a virtual machine"),
    ("node_pressure_", "a kernel without PSI"),
    ("node_disk_", "no disk of its own"),
    ("node_network_", NO_DEVICE),
    ("prunelle_network_", NO_DEVICE),
    ("prunelle:signal:avg5m{resource=\"network\"}", NO_DEVICE),
    ("prunelle_service_cpu_", NO_CGROUPS),
    ("prunelle_service_memory_", NO_CGROUPS),
    ("prunelle_service_oom_kills_total", NO_CGROUPS),
    ("prunelle_service_pressure_", NO_CGROUPS),
    ("prunelle_service_tasks", NO_CGROUPS),
    ("prunelle:signal:avg5m{resource=\"service_", NO_CGROUPS),
];

/// The beginnings of selectors that find nothing in this test, each with why; when one finds something, its row must go.
const OF_OTHER_STATES: [(&str, &str); 10] = [
    ("prunelle:signal:median1h", NO_HISTORY),
    ("prunelle:signal:spread1h", NO_HISTORY),
    ("prunelle:band:", NO_HISTORY),
    (
        "ALERTS{alertname=\"FilesystemReadOnly\"",
        "none is read-only",
    ),
    ("node_textfile_mtime_seconds", "nobody writes textfiles"),
    ("prunelle_collector_dropped_series", "none is dropped"),
    ("prunelle_exporter_web_", NO_TLS),
    ("prunelle_healer_web_", NO_TLS),
    (
        "prunelle_healer_queue_oldest_timestamp_seconds",
        "nothing waits to be sent",
    ),
    (NETWORK_CRITICAL, "no such limit is set"),
];
const NETWORK_CRITICAL: &str =
    "prunelle_threshold_bytes_per_second{resource=\"network\", severity=\"critical\"}";

/// Of recorded series, this is the slowest that is waited for.
const RECORDED_LIMIT: std::time::Duration = std::time::Duration::from_secs(150);

struct Rule {
    name: String,
    expression: String,
}

#[test]
fn every_expression_of_every_rule_runs_and_has_values_to_compare() -> Result<()> {
    let rules = rules()?;
    ensure!(rules.len() > 80, "only {} rules were found", rules.len());
    after_a_repair(|stack| {
        runs(stack, &rules)?;
        let (found, absent) = selected(stack, &rules);
        let mut problems = rows_that_are_wrong(&rules, &found);
        for selector in absent.iter().filter(|it| !may_be_absent(it)) {
            problems.push(format!("nothing is selected by {selector}"));
        }
        let documented = documented()?;
        for selector in &absent {
            let name = selector.split('{').next().unwrap_or_default();
            let is_recorded = rules.iter().any(|rule| rule.name == name);
            if !is_recorded && name != "ALERTS" && !documented.contains(name) {
                problems.push(format!("{name} is neither here nor documented"));
            }
        }
        let (silent, wrong) = silent(stack, &rules, &absent);
        problems.extend(wrong);
        println!("without a value to compare on this machine: {silent:?}");
        ensure!(problems.is_empty(), "{}", problems.join("\n"));
        Ok(())
    })
}

/// Prometheus has loaded all of them, takes each as it stands, and could evaluate those whose time has come.
fn runs(stack: &Stack, rules: &[Rule]) -> Result<()> {
    for rule in rules {
        stack
            .query(&rule.expression)
            .with_context(|| format!("{}: {}", rule.name, rule.expression))?;
    }
    let answer: Value = http::get_json(stack.prometheus.port(), "/api/v1/rules")?;
    let groups = answer.pointer("/data/groups").and_then(Value::as_array);
    let mut loaded = 0;
    for rule in groups
        .into_iter()
        .flatten()
        .flat_map(|group| group["rules"].as_array().into_iter().flatten())
    {
        loaded += 1;
        let error = rule["lastError"].as_str().unwrap_or_default();
        ensure!(
            rule["health"] != "err" && error.is_empty(),
            "{}: {error}",
            rule["name"]
        );
    }
    ensure!(
        loaded == rules.len(),
        "{loaded} of {} are loaded",
        rules.len()
    );
    Ok(())
}

/// Which selectors of all rules find series, and which do not, though they were waited for.
fn selected(stack: &Stack, rules: &[Rule]) -> (BTreeSet<String>, BTreeSet<String>) {
    let all: BTreeSet<String> = rules
        .iter()
        .flat_map(|rule| selectors(&rule.expression))
        .collect();
    let is_there =
        |selector: &&String| stack.query(selector).is_ok_and(|series| !series.is_empty());
    for (is_recorded, limit) in [(false, LIMIT), (true, RECORDED_LIMIT)] {
        let mut needed: Vec<&String> = all
            .iter()
            .filter(|it| !may_be_absent(it) && it.contains("prunelle:") == is_recorded)
            .collect();
        // What does not come is told by the caller, all of it.
        let _ = wait_until("all selectors", limit, || {
            needed.retain(|selector| !is_there(selector));
            needed.is_empty().then_some(())
        });
    }
    let (found, absent): (BTreeSet<_>, BTreeSet<_>) = all.iter().partition(is_there);
    (
        found.into_iter().cloned().collect(),
        absent.into_iter().cloned().collect(),
    )
}

/// The rules that compare nothing here, for what they select may be absent; and those that compare nothing without such a
/// reason.
fn silent<'a>(
    stack: &Stack,
    rules: &'a [Rule],
    absent: &BTreeSet<String>,
) -> (BTreeSet<&'a str>, Vec<String>) {
    let mut silent = BTreeSet::new();
    let mut problems = Vec::new();
    for rule in rules {
        let value = value(&rule.expression);
        let has_values = || {
            let series = stack.query(&value).ok()?;
            (!series.is_empty()).then_some(())
        };
        if selectors(&value).iter().any(|it| absent.contains(it)) {
            if has_values().is_none() {
                silent.insert(rule.name.as_str());
            }
        } else {
            // Rates need a second scrape.
            if wait_until("a value", LIMIT, has_values).is_err() {
                problems.push(format!("{}: nothing is compared: {value}", rule.name));
            }
        }
    }
    (silent, problems)
}

fn may_be_absent(selector: &str) -> bool {
    let rows = OF_SOME_MACHINES.iter().chain(&OF_OTHER_STATES);
    rows.into_iter()
        .any(|(begin, _)| selector.starts_with(begin))
}

fn rows_that_are_wrong(rules: &[Rule], found: &BTreeSet<String>) -> Vec<String> {
    let all: Vec<String> = rules
        .iter()
        .flat_map(|rule| selectors(&rule.expression))
        .collect();
    let mut problems = Vec::new();
    for (begin, _) in OF_SOME_MACHINES.iter().chain(&OF_OTHER_STATES) {
        if !all.iter().any(|selector| selector.starts_with(begin)) {
            problems.push(format!("no rule needs the row `{begin}`"));
        }
    }
    for (begin, why) in OF_OTHER_STATES {
        if let Some(here) = found.iter().find(|it| it.starts_with(begin)) {
            problems.push(format!("the row `{begin}` ({why}) is wrong: {here}"));
        }
    }
    problems
}

/// The words in backticks of the references of metrics: so that the name of what is absent here is right, too.
fn documented() -> Result<BTreeSet<String>> {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs");
    let mut words = BTreeSet::new();
    for page in ["reference/metrics.md", "metrics.md"] {
        let text = fs::read_to_string(docs.join(page))?;
        words.extend(text.split('`').skip(1).step_by(2).map(|quoted| {
            let name = quoted.split('{').next().unwrap_or_default();
            name.to_owned()
        }));
    }
    Ok(words)
}

fn rules() -> Result<Vec<Rule>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../prometheus/rules");
    let mut rules = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_none_or(|it| it != "yml") {
            continue;
        }
        let file: serde_yaml::Value = serde_yaml::from_str(&fs::read_to_string(&path)?)?;
        let groups = file["groups"].as_sequence().context("no groups")?;
        for rule in groups
            .iter()
            .flat_map(|group| group["rules"].as_sequence().into_iter().flatten())
        {
            let text = |key: &str| rule[key].as_str().map(ToOwned::to_owned);
            rules.push(Rule {
                name: text("alert").or(text("record")).context("no name")?,
                expression: text("expr").context("no expression")?,
            });
        }
    }
    Ok(rules)
}
