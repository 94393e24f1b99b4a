//! The configuration of a stack: the shipped files with other addresses, paths and receivers, and nothing else.
//!
//! Pure functions over the text of the shipped files. A place that is no longer where it was is an error, so that a
//! changed file cannot silently stay as shipped and reach for the real ports.

use std::path::Path;

use anyhow::{Context, Result, bail, ensure};
use serde_yaml::{Mapping, Value};

/// Address of the exporter in the shipped files, hence the label `instance` there.
const EXPORTER: &str = "localhost:9750";
/// Address of the healer in the shipped prometheus.yml.
const HEALER: &str = "localhost:8050";
/// The healer's receiver in the shipped alertmanager.yml.
const HEALER_RECEIVER: &str = "prunelle-healer";
/// The receiver of people in the shipped alertmanager.yml.
const OPERATORS_RECEIVER: &str = "operators";

/// `prometheus.yml` or `fast.yml` with the stack's targets.
pub(super) fn prometheus(
    shipped: &str,
    alertmanagers: &[u16],
    exporters: &[String],
    healers: &[String],
) -> Result<String> {
    let mut root = parse(shipped)?;
    for job in items(&mut root, "scrape_configs")? {
        let targets = at(job, "static_configs/0/targets")?;
        let list = match at(targets, "0")?.as_str() {
            Some(EXPORTER) => exporters,
            Some(HEALER) => healers,
            other => bail!("a scrape job with the unknown target {other:?}"),
        };
        *targets = strings(list);
    }
    let targets = at(
        &mut root,
        "alerting/alertmanagers/0/static_configs/0/targets",
    )?;
    let alertmanagers = alertmanagers.iter().map(|port| format!("127.0.0.1:{port}"));
    *targets = strings(&alertmanagers.collect::<Vec<_>>());
    Ok(serde_yaml::to_string(&root)?)
}

/// `alertmanager.yml` with a webhook for each healer, and a webhook in the place of mail.
pub(super) fn alertmanager(
    shipped: &str,
    healers: &[u16],
    token_file: &Path,
    operators: u16,
) -> Result<String> {
    let mut root = parse(shipped)?;
    let mut found = 0;
    for receiver in items(&mut root, "receivers")? {
        match at(receiver, "name")?.as_str() {
            Some(HEALER_RECEIVER) => {
                let shipped = at(receiver, "webhook_configs/0")?.clone();
                let webhooks = healers
                    .iter()
                    .map(|port| healer_webhook(shipped.clone(), *port, token_file));
                *at(receiver, "webhook_configs")? =
                    Value::Sequence(webhooks.collect::<Result<_>>()?);
                found += 1;
            }
            Some(OPERATORS_RECEIVER) => {
                let mut webhook = Mapping::new();
                let url = format!("http://127.0.0.1:{operators}/");
                webhook.insert("url".into(), url.into());
                webhook.insert("send_resolved".into(), true.into());
                let receiver = receiver.as_mapping_mut().context("no receiver")?;
                receiver
                    .remove("email_configs")
                    .context("operators get no mail")?;
                receiver.insert("webhook_configs".into(), vec![Value::from(webhook)].into());
                found += 1;
            }
            _ => {}
        }
    }
    ensure!(
        found == 2,
        "the receivers in alertmanager.yml have other names"
    );
    Ok(serde_yaml::to_string(&root)?)
}

fn healer_webhook(mut webhook: Value, port: u16, token_file: &Path) -> Result<Value> {
    let url = at(&mut webhook, "url")?;
    let (_, path) = url
        .as_str()
        .and_then(|url| url.split_once(":8050"))
        .context("the healer's webhook has another port")?;
    *url = format!("http://127.0.0.1:{port}{path}").into();
    *at(&mut webhook, "http_config/authorization/credentials_file")? =
        token_file.display().to_string().into();
    Ok(webhook)
}

/// A rule file with other values of a field (`for`, `keep_firing_for`) in the alerts named, and other group names.
pub(super) fn rules(shipped: &str, changes: &[RuleChange], group_suffix: &str) -> Result<String> {
    if changes.is_empty() && group_suffix.is_empty() {
        return Ok(shipped.to_owned());
    }
    let mut root = parse(shipped)?;
    for group in items(&mut root, "groups")? {
        let name = at(group, "name")?;
        let shipped = name.as_str().context("a group without a name")?;
        *name = format!("{shipped}{group_suffix}").into();
        for rule in items(group, "rules")? {
            let rule = rule.as_mapping_mut().context("no rule")?;
            let alert = rule.get("alert").and_then(Value::as_str).map(str::to_owned);
            for change in changes
                .iter()
                .filter(|it| alert.as_ref() == Some(&it.alert))
            {
                rule.insert(change.field.as_str().into(), change.value.as_str().into());
            }
        }
    }
    Ok(serde_yaml::to_string(&root)?)
}

/// Another value of a field in every rule of one alert; for durations that a test cannot wait for.
#[derive(Clone, Debug)]
pub struct RuleChange {
    /// The alert's name.
    pub alert: String,
    /// `for`, `keep_firing_for` or `expr`.
    pub field: String,
    /// The value.
    pub value: String,
}

/// A policy for the host whose alerts have this `instance`.
pub(super) fn policy(text: &str, instance: &str) -> Result<String> {
    ensure!(
        text.contains(EXPORTER),
        "the policy does not name its host as `{EXPORTER}`"
    );
    Ok(text.replace(EXPORTER, instance))
}

fn parse(text: &str) -> Result<Value> {
    Ok(serde_yaml::from_str(text)?)
}

fn items<'a>(value: &'a mut Value, path: &str) -> Result<&'a mut Vec<Value>> {
    let list = at(value, path)?;
    list.as_sequence_mut()
        .with_context(|| format!("`{path}` is no list"))
}

/// What is at `a/0/b`.
fn at<'a>(value: &'a mut Value, path: &str) -> Result<&'a mut Value> {
    path.split('/')
        .try_fold(value, |value, step| match step.parse::<usize>() {
            Ok(index) => value.get_mut(index),
            Err(_) => value.get_mut(step),
        })
        .with_context(|| format!("`{path}` is missing"))
}

fn strings(list: &[String]) -> Value {
    Value::Sequence(list.iter().map(|text| text.as_str().into()).collect())
}

#[cfg(test)]
mod tests;
