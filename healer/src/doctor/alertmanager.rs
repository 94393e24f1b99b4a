//! Alertmanager: whether it answers, whether it has a route to here, and whether the heartbeat reaches it.

use serde_json::Value;

use super::http::{self, Answer};
use super::{Patient, Peer, shown};
use crate::intake::WEBHOOK_PATH;

const TOPIC: &str = "alertmanager";
const NAME: &str = "Alertmanager";

pub(super) async fn examine(patient: &Patient) -> Peer {
    let mut peer = Peer::default();
    let base = &patient.settings.alertmanager_url;
    let address = shown(base);
    let cure = "is Alertmanager running there? Set --alertmanager.url to it";
    let reached = peer
        .reach(TOPIC, NAME, base, &["api", "v2", "status"], cure)
        .await;
    let Some((client, answer)) = reached else {
        return peer;
    };
    let Some(status) = good(&answer) else {
        peer.report.failure(
            TOPIC,
            format!(
                "{address} answered {}, not as Alertmanager does",
                answer.status
            ),
            cure,
        );
        return peer;
    };
    let version = status
        .pointer("/versionInfo/version")
        .and_then(Value::as_str);
    peer.report.good(
        TOPIC,
        format!("{address} is Alertmanager {}", version.unwrap_or("?")),
    );
    let config = status
        .pointer("/config/original")
        .and_then(Value::as_str)
        .unwrap_or_default();
    match webhook(config) {
        Webhook::There => peer
            .report
            .good(TOPIC, format!("a receiver posts to {WEBHOOK_PATH}")),
        Webhook::Hidden => peer.report.note(
            TOPIC,
            "it has webhooks and hides their addresses: whether one of them is ours cannot be told",
        ),
        Webhook::WithoutResolved => peer.report.warning(
            TOPIC,
            "the receiver that posts to us has `send_resolved: false`",
            "leave it out: the healer must learn that an alert is over",
        ),
        Webhook::Missing => peer.report.failure(
            TOPIC,
            format!("no receiver posts to {WEBHOOK_PATH}: no alert will ever arrive by itself"),
            "add the receiver and the routes from /usr/share/prunelle/alertmanager/alertmanager.yml",
        ),
    }
    heartbeat(&mut peer, patient, &client).await;
    peer
}

/// Whether the alert that always fires has come as far as Alertmanager.
async fn heartbeat(peer: &mut Peer, patient: &Patient, client: &reqwest::Client) {
    let base = &patient.settings.alertmanager_url;
    let url = http::address(
        base,
        &["api", "v2", "alerts"],
        &[("active", "true"), ("filter", "alertname=\"Heartbeat\"")],
    );
    let Ok(answer) = http::get(client, url).await else {
        return;
    };
    let is_there =
        good(&answer).is_some_and(|list| list.as_array().is_some_and(|list| !list.is_empty()));
    if is_there {
        peer.report
            .good(TOPIC, "the heartbeat is there: Prometheus reaches it");
    } else {
        peer.report.warning(
            TOPIC,
            "the alert `Heartbeat` is not there: Prometheus does not reach it, or has no such rule",
            "load prometheus/rules, and name this Alertmanager under `alerting` in prometheus.yml",
        );
    }
}

fn good(answer: &Answer) -> Option<Value> {
    answer.status.is_success().then(|| answer.json()).flatten()
}

/// What the configuration says about webhooks to us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Webhook {
    There,
    WithoutResolved,
    /// Newer versions show no addresses.
    Hidden,
    Missing,
}

pub(super) fn webhook(config: &str) -> Webhook {
    let config: serde_yaml::Value = serde_yaml::from_str(config).unwrap_or_default();
    let receivers = config
        .get("receivers")
        .and_then(serde_yaml::Value::as_sequence);
    let webhooks = receivers
        .into_iter()
        .flatten()
        .filter_map(|receiver| receiver.get("webhook_configs")?.as_sequence())
        .flatten();
    let mut found = Webhook::Missing;
    for webhook in webhooks {
        let url = webhook
            .get("url")
            .and_then(serde_yaml::Value::as_str)
            .unwrap_or_default();
        if url
            .split('?')
            .next()
            .is_some_and(|url| url.trim_end_matches('/').ends_with(WEBHOOK_PATH))
        {
            let is_silent = webhook
                .get("send_resolved")
                .and_then(serde_yaml::Value::as_bool)
                == Some(false);
            if !is_silent {
                return Webhook::There;
            }
            found = Webhook::WithoutResolved;
        } else if url == "<secret>" && found == Webhook::Missing {
            found = Webhook::Hidden;
        }
    }
    found
}
