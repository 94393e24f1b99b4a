//! Where to read on: the dashboard of what is wrong at the time of the incident, the alert, the runbook.
//!
//! Dashboards and their variables are those in `grafana/dashboards/`: a test opens them.

use jiff::{SignedDuration, Timestamp};
use reqwest::Url;

use super::{About, Reader};
use crate::incident::Incident;
use crate::notify::wording::Link;

/// All hosts.
const OVERVIEW: &str = "prunelle-overview";
/// One host, the one in `instance`.
const HOST: &str = "prunelle-host";
/// One service, `name`, of the host in `instance`.
const SERVICE: &str = "prunelle-service";
/// One healer, the one in `healer`.
const HEALING: &str = "prunelle-healing";
/// Of this alert, `instance` is a healer and no host.
const HEALER_DOWN: &str = "HealerDown";
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

/// The dashboard of all hosts, in some time, for messages that are about no single incident.
pub(super) fn overview(
    reader: &Reader,
    about: &About,
    time: Option<(Timestamp, Timestamp)>,
) -> Vec<Link> {
    let url = about.grafana_url.as_ref().and_then(|base| {
        let mut url = below(base, &format!("d/{OVERVIEW}"))?;
        if let Some((from, to)) = time {
            let to = to.as_millisecond().to_string();
            ask(&mut url, &[("from", &from.as_millisecond().to_string())]);
            ask(&mut url, &[("to", &to)]);
        }
        short(url)
    });
    url.map(|url| Link {
        label: reader.say("Dashboard", "Tableau de bord").to_owned(),
        url,
    })
    .into_iter()
    .collect()
}

/// Which dashboard shows what is wrong, and what it is asked.
fn place(incident: &Incident) -> (&'static str, Vec<(&'static str, &str)>) {
    let label = |name| incident.labels.get(name).filter(|value| !value.is_empty());
    let unit = label("name").filter(|name| name.contains('.'));
    match (label("instance"), unit) {
        (Some(instance), _) if incident.alert == HEALER_DOWN => {
            (HEALING, vec![("var-healer", instance)])
        }
        (Some(instance), Some(unit)) => (
            SERVICE,
            vec![("var-instance", instance), ("var-name", unit)],
        ),
        (Some(instance), None) => (HOST, vec![("var-instance", instance)]),
        (None, _) => (OVERVIEW, Vec::new()),
    }
}

fn dashboard(base: &Url, incident: &Incident) -> Option<String> {
    let (uid, variables) = place(incident);
    let mut url = below(base, &format!("d/{uid}"))?;
    let until = match incident.ended {
        Some(ended) => {
            let after = ended.checked_add(MARGIN).unwrap_or(ended);
            after.as_millisecond().to_string()
        }
        None => "now".to_owned(),
    };
    let from = before(incident.began).as_millisecond().to_string();
    ask(&mut url, &variables);
    ask(&mut url, &[("from", &from), ("to", &until)]);
    short(url)
}

/// Early enough to see how it came to it.
pub(super) fn before(began: Timestamp) -> Timestamp {
    began.checked_sub(MARGIN).unwrap_or(began)
}

/// Adds to what a page is asked. A space is `%20`: not everything that reads a query takes `+` for one.
fn ask(url: &mut Url, pairs: &[(&str, &str)]) {
    url.query_pairs_mut().extend_pairs(pairs);
    let query = url.query().map(|query| query.replace('+', "%20"));
    url.set_query(query.as_deref());
}

/// Alertmanager's page reads a filter out of the fragment.
fn alert(base: &Url, incident: &Incident) -> Option<String> {
    let matchers: Vec<String> = incident
        .labels
        .iter()
        .filter(|(name, _)| ["alertname", "instance", "name", "mountpoint"].contains(name))
        .filter_map(|(name, value)| Some(format!("{name}={}", serde_json::to_string(value).ok()?)))
        .collect();
    let mut asked = below(base, "")?;
    let filter = format!("{{{}}}", matchers.join(","));
    ask(&mut asked, &[("filter", &filter)]);
    let mut url = below(base, "")?;
    url.set_fragment(Some(&format!("/alerts?{}", asked.query()?)));
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

#[cfg(test)]
mod tests;
