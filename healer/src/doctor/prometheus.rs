//! Prometheus: whether it answers, knows this host by the name that the policy gives it, has the rules, and has an
//! Alertmanager to send to.

use reqwest::Url;
use serde_json::Value;

use super::http;
use super::{Patient, Peer, Report, host_selector, shown};
use crate::policy::Policy;

const TOPIC: &str = "prometheus";
const NAME: &str = "Prometheus";
/// Rules without which nothing is noticed.
const RULES: [&str; 2] = ["ServiceDown", "Heartbeat"];

struct Api<'a> {
    client: reqwest::Client,
    base: &'a Url,
}

pub(super) async fn examine(patient: &Patient, policy: Option<&Policy>) -> Peer {
    let mut peer = Peer::default();
    let base = &patient.settings.prometheus_url;
    let address = shown(base);
    let cure = "is Prometheus running there? Set --prometheus.url to it";
    let reached = peer
        .reach(
            TOPIC,
            NAME,
            base,
            &["api", "v1", "status", "buildinfo"],
            cure,
        )
        .await;
    let Some((client, answer)) = reached else {
        return peer;
    };
    let build = answer.json();
    let Some(version) = build
        .as_ref()
        .and_then(|build| build.pointer("/data/version")?.as_str())
    else {
        peer.report.failure(
            TOPIC,
            format!(
                "{address} answered {}, not as Prometheus does",
                answer.status
            ),
            cure,
        );
        return peer;
    };
    peer.report
        .good(TOPIC, format!("{address} is Prometheus {version}"));
    let api = Api { client, base };
    alertmanagers(&mut peer.report, &api).await;
    rules(&mut peer.report, &api).await;
    if let Some(policy) = policy {
        this_host(&mut peer.report, &api, policy).await;
    }
    peer
}

impl Api<'_> {
    async fn data(&self, segments: &[&str], query: &[(&str, &str)]) -> Option<Value> {
        let mut path = vec!["api", "v1"];
        path.extend(segments);
        let answer = http::get(&self.client, http::address(self.base, &path, query))
            .await
            .ok()?;
        answer.json()?.get_mut("data").map(Value::take)
    }
}

async fn alertmanagers(report: &mut Report, api: &Api<'_>) {
    let Some(data) = api.data(&["alertmanagers"], &[]).await else {
        return;
    };
    let active = data
        .get("activeAlertmanagers")
        .and_then(Value::as_array)
        .map_or(0, Vec::len);
    if active == 0 {
        report.failure(
            TOPIC,
            "it has no Alertmanager to send alerts to",
            "name it under `alerting: alertmanagers` in prometheus.yml",
        );
    } else {
        report.good(
            TOPIC,
            format!("it sends alerts to {active} Alertmanager(s)"),
        );
    }
}

async fn rules(report: &mut Report, api: &Api<'_>) {
    let Some(data) = api.data(&["rules"], &[("type", "alert")]).await else {
        return;
    };
    let empty = Vec::new();
    let groups = data
        .get("groups")
        .and_then(Value::as_array)
        .unwrap_or(&empty);
    let names: Vec<&str> = groups
        .iter()
        .filter_map(|group| group.get("rules")?.as_array())
        .flatten()
        .filter_map(|rule| rule.get("name")?.as_str())
        .collect();
    let missing: Vec<&str> = RULES
        .into_iter()
        .filter(|rule| !names.contains(rule))
        .collect();
    if missing.is_empty() {
        report.good(TOPIC, format!("{} alerting rules are loaded", names.len()));
    } else {
        report.warning(
            TOPIC,
            format!("it has no rule {}", missing.join(", ")),
            "load /usr/share/prunelle/prometheus/rules/*.yml under `rule_files` in prometheus.yml",
        );
    }
}

async fn this_host(report: &mut Report, api: &Api<'_>, policy: &Policy) {
    let Some(selector) = host_selector(policy) else {
        return;
    };
    let query = format!("count(up{{{selector}}})");
    let Some(data) = api.data(&["query"], &[("query", &query)]).await else {
        return;
    };
    let is_known = data
        .get("result")
        .and_then(Value::as_array)
        .is_some_and(|found| !found.is_empty());
    if is_known {
        report.good(TOPIC, format!("it scrapes this host, {selector}"));
        return;
    }
    let label = &policy.host.label;
    let query = format!("count by ({label}) (prunelle_service_up) or count by ({label}) (up)");
    let known = api
        .data(&["query"], &[("query", &query)])
        .await
        .map(|data| values(&data, label))
        .unwrap_or_default();
    let known = if known.is_empty() {
        "none".to_owned()
    } else {
        known.join(", ")
    };
    report.failure(
        TOPIC,
        format!("it knows no target with {selector}: no alert would be about this host"),
        format!("under `host` in the policy, write the value that Prometheus gives to `{label}`; it knows {known}"),
    );
}

/// The values of a label in an instant query's answer, the first few.
fn values(data: &Value, label: &str) -> Vec<String> {
    const LISTED: usize = 5;
    let empty = Vec::new();
    data.get("result")
        .and_then(Value::as_array)
        .unwrap_or(&empty)
        .iter()
        .filter_map(|sample| sample.get("metric")?.get(label)?.as_str())
        .take(LISTED)
        .map(|value| format!("`{value}`"))
        .collect()
}
