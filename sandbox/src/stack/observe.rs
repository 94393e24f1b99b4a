//! What a stack shows: alerts, results of queries, lines of the action log.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Value;

use crate::http;

/// Label names and values.
pub type Labels = BTreeMap<String, String>;

/// An alert as Alertmanager's API shows it.
#[derive(Clone, Debug, Deserialize)]
pub struct Alert {
    /// Labels.
    pub labels: Labels,
    /// Annotations.
    pub annotations: Labels,
    /// When it began to fire.
    #[serde(rename = "startsAt")]
    pub starts_at: Timestamp,
    /// Identifies it.
    pub fingerprint: String,
}

impl Alert {
    /// A label's value, or the empty string.
    pub fn label(&self, name: &str) -> &str {
        self.labels.get(name).map_or("", String::as_str)
    }

    /// The label `alertname`.
    pub fn name(&self) -> &str {
        self.label("alertname")
    }
}

/// The alerts that Alertmanager holds as active, silenced or inhibited.
pub fn alerts(alertmanager: u16) -> Result<Vec<Alert>> {
    http::get_json(alertmanager, "/api/v2/alerts")
}

/// One series of an instant query's result.
#[derive(Clone, Debug)]
pub struct Sample {
    /// Its labels.
    pub labels: Labels,
    /// Its value.
    pub value: f64,
}

/// An instant query.
pub fn query(prometheus: u16, expression: &str) -> Result<Vec<Sample>> {
    #[derive(Deserialize)]
    struct Answer {
        data: Data,
    }
    #[derive(Deserialize)]
    struct Data {
        result: Vec<Series>,
    }
    #[derive(Deserialize)]
    struct Series {
        metric: Labels,
        value: (f64, String),
    }
    let path = format!("/api/v1/query?query={}", http::escaped(expression));
    let answer: Answer = http::get_json(prometheus, &path)?;
    answer
        .data
        .result
        .into_iter()
        .map(|series| {
            let (_, value) = series.value;
            Ok(Sample {
                labels: series.metric,
                value: value
                    .parse()
                    .with_context(|| format!("no number: {value}"))?,
            })
        })
        .collect()
}

/// The first sample of the vector's last minute that is written as `wanted` and not older than `since`: its time.
pub fn first_sample(
    prometheus: u16,
    vector: &str,
    wanted: &str,
    since: Timestamp,
) -> Result<Option<Timestamp>> {
    let path = format!(
        "/api/v1/query?query={}",
        http::escaped(&format!("{vector}[1m]"))
    );
    let answer: Value = http::get_json(prometheus, &path)?;
    let samples = answer
        .pointer("/data/result/0/values")
        .and_then(Value::as_array);
    for sample in samples.into_iter().flatten() {
        let (seconds, value): (f64, String) = serde_json::from_value(sample.clone())?;
        let at = Timestamp::from_duration(SignedDuration::try_from_secs_f64(seconds)?)?;
        if at >= since && value == wanted {
            return Ok(Some(at));
        }
    }
    Ok(None)
}

/// How many Alertmanagers Prometheus sends to.
pub fn alertmanagers(prometheus: u16) -> Result<usize> {
    let answer: Value = http::get_json(prometheus, "/api/v1/alertmanagers")?;
    let active = answer
        .pointer("/data/activeAlertmanagers")
        .and_then(Value::as_array);
    Ok(active.map_or(0, Vec::len))
}

/// One line of the action log.
#[derive(Clone, Debug, Deserialize)]
pub struct Action {
    /// When.
    pub timestamp: Timestamp,
    /// `alert`, `decision`, `action` or `outcome`.
    pub event_type: String,
    /// `service_restart`, `folder_clean`; empty for alerts.
    #[serde(default)]
    pub action_type: String,
    /// `SUCCESS`, `FAILED` …
    pub status: String,
    /// The unit; empty for paths.
    #[serde(default)]
    pub service: String,
    /// For people.
    #[serde(default)]
    pub message: String,
    /// What else is known.
    #[serde(default)]
    pub details: Value,
    /// Every field that is not above: `seq`, `previous_hash`, `hash`.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

impl Action {
    /// Whether it is a line of that event type and status.
    pub fn is(&self, event_type: &str, status: &str) -> bool {
        self.event_type == event_type && self.status == status
    }
}

/// All complete lines of an action log; none while there is no log.
pub fn actions(log: &Path) -> Result<Vec<Action>> {
    let Ok(text) = fs::read_to_string(log) else {
        ensure!(!log.exists(), "cannot read {}", log.display());
        return Ok(Vec::new());
    };
    text.split_inclusive('\n')
        .filter_map(|line| line.strip_suffix('\n'))
        .map(|line| {
            serde_json::from_str(line).with_context(|| format!("in the action log: {line}"))
        })
        .collect()
}
