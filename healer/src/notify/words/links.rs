//! Where to read on: the dashboard at the time of the incident, the alert, the runbook.

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;

use super::{About, Reader};
use crate::incident::Incident;
use crate::notify::wording::Link;

/// The shipped dashboard.
const DASHBOARD: &str = "d/prunelle-overview";
/// What the dashboard shows before and after.
const MARGIN: SignedDuration = SignedDuration::from_mins(30);
/// Longer ones are no addresses that people wrote.
const LONGEST: usize = 2000;

/// All there are.
pub(super) fn links(incident: &Incident, reader: &Reader, about: &About) -> Vec<Link> {
    let link = |english, french, url: String| Link {
        label: reader.say(english, french).to_owned(),
        url,
    };
    let dashboard = about
        .grafana_url
        .as_ref()
        .and_then(|base| dashboard(base, incident));
    let alert = about
        .alertmanager_url
        .as_ref()
        .and_then(|base| alert(base, incident));
    let runbook = incident.annotations.get("runbook_url").and_then(runbook);
    [
        dashboard.map(|url| link("Dashboard", "Tableau de bord", url)),
        alert.map(|url| link("Alert", "Alerte", url)),
        runbook.map(|url| link("Runbook", "Procédure", url)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The dashboard's own address, for messages that are about no incident.
pub(super) fn overview(reader: &Reader, about: &About) -> Vec<Link> {
    let url = about
        .grafana_url
        .as_ref()
        .and_then(|base| below(base, DASHBOARD));
    url.map(|url| Link {
        label: reader.say("Dashboard", "Tableau de bord").to_owned(),
        url: url.into(),
    })
    .into_iter()
    .collect()
}

fn dashboard(base: &Url, incident: &Incident) -> Option<String> {
    let mut url = below(base, DASHBOARD)?;
    let around = |at: Timestamp, margin| at.checked_add(margin).unwrap_or(at).as_millisecond();
    let until = match incident.ended {
        Some(ended) => around(ended, MARGIN).to_string(),
        None => "now".to_owned(),
    };
    url.query_pairs_mut()
        .append_pair("from", &around(incident.began, -MARGIN).to_string())
        .append_pair("to", &until);
    if let Some(instance) = incident.labels.get("instance") {
        url.query_pairs_mut().append_pair("var-instance", instance);
    }
    short(url)
}

/// Alertmanager's page reads a filter out of the fragment.
fn alert(base: &Url, incident: &Incident) -> Option<String> {
    let matchers: Vec<String> = incident
        .labels
        .iter()
        .filter(|(name, _)| ["alertname", "instance", "name", "mountpoint"].contains(name))
        .filter_map(|(name, value)| Some(format!("{name}={}", serde_json::to_string(value).ok()?)))
        .collect();
    let mut query = below(base, "")?;
    query
        .query_pairs_mut()
        .append_pair("filter", &format!("{{{}}}", matchers.join(",")));
    let query = query.query()?.replace('+', "%20");
    let mut url = below(base, "")?;
    url.set_fragment(Some(&format!("/alerts?{query}")));
    short(url)
}

/// Only what a reader can open; anything else out of an annotation is no link.
fn runbook(text: &str) -> Option<String> {
    let url = Url::parse(text.trim()).ok()?;
    let is_known = match url.scheme() {
        "http" | "https" => url.has_host() && url.username().is_empty() && url.password().is_none(),
        "file" => true,
        _ => false,
    };
    is_known.then(|| short(url))?
}

/// A path below a base that may have one itself; credentials stay behind.
fn below(base: &Url, path: &str) -> Option<Url> {
    let mut url = base.clone();
    url.set_username("").ok()?;
    url.set_password(None).ok()?;
    url.set_query(None);
    url.set_fragment(None);
    let folder = url.path().trim_end_matches('/').to_owned();
    url.set_path(&format!("{folder}/{path}"));
    Some(url)
}

fn short(url: Url) -> Option<String> {
    let text = String::from(url);
    (text.len() <= LONGEST).then_some(text)
}
