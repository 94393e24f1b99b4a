use std::collections::BTreeMap;

use serde_json::Value;

use super::*;
use crate::incident::Incident;
use crate::notify::samples;
use crate::policy::Language;

const FROM: &str = "from=1795533190000";

fn links_of(incident: &Incident) -> Vec<String> {
    let reader = samples::reader(Language::English);
    let links = links(incident, &reader, &samples::about());
    links.into_iter().map(|link| link.url).collect()
}

fn dashboard_of(incident: &Incident) -> String {
    let url = links_of(incident).remove(0);
    url.strip_prefix("https://grafana.example.org/monitoring/")
        .unwrap()
        .to_owned()
}

fn labelled(pairs: &[(&str, &str)]) -> Incident {
    let mut incident = samples::incident();
    incident.labels = samples::labels(pairs);
    if let Some(alert) = incident.labels.get("alertname") {
        incident.alert = alert.to_owned();
    }
    incident
}

#[test]
fn the_dashboard_is_the_one_of_what_is_wrong_around_that_time() {
    assert_eq!(
        dashboard_of(&samples::incident()),
        format!("d/prunelle-service?var-instance=web1%3A9750&var-name=nginx.service&{FROM}&to=now")
    );
    assert_eq!(
        dashboard_of(&samples::ended(samples::disk(), 60)),
        format!("d/prunelle-host?var-instance=web1%3A9750&{FROM}&to=1795536850000")
    );
    let healer = labelled(&[("alertname", "HealerDown"), ("instance", "web1:8050")]);
    assert_eq!(
        dashboard_of(&healer),
        format!("d/prunelle-healing?var-healer=web1%3A8050&{FROM}&to=now")
    );
    let nowhere = labelled(&[("alertname", "HeartbeatMissing"), ("name", "a.service")]);
    assert_eq!(
        dashboard_of(&nowhere),
        format!("d/prunelle-overview?{FROM}&to=now")
    );
    // Other exporters have labels of that name that are no units.
    let other = labelled(&[("name", "eth 0+1"), ("instance", "a b&c=d#e:1")]);
    assert_eq!(
        dashboard_of(&other),
        format!("d/prunelle-host?var-instance=a%20b%26c%3Dd%23e%3A1&{FROM}&to=now")
    );
    let escaped = labelled(&[
        ("name", r"srv-a\x2db@1+2.service"),
        ("instance", "[::1]:9750"),
    ]);
    assert_eq!(
        dashboard_of(&escaped),
        format!(
            "d/prunelle-service?var-instance=%5B%3A%3A1%5D%3A9750&var-name=srv-a%5Cx2db%401%2B2.service&{FROM}&to=now"
        )
    );
}

#[test]
fn a_period_is_shown_from_its_begin_to_its_end() {
    let time = Some((samples::at(0), samples::at(60)));
    let reader = samples::reader(Language::French);
    let links = overview(&reader, &samples::about(), time);
    assert_eq!(
        links[0].url,
        "https://grafana.example.org/monitoring/d/prunelle-overview?from=1795534990000&to=1795535050000"
    );
}

/// The dashboards that ship, by uid: the variables of each, and whether one has to be chosen, because not all are shown else.
fn shipped() -> BTreeMap<String, Vec<(String, bool)>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../grafana/dashboards");
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let file = std::fs::read(entry.unwrap().path()).unwrap();
            let dashboard: Value = serde_json::from_slice(&file).unwrap();
            let variables = dashboard["templating"]["list"].as_array().unwrap();
            let names = variables
                .iter()
                .map(|variable| (text(&variable["name"]), variable["includeAll"] != true));
            (text(&dashboard["uid"]), names.collect())
        })
        .collect()
}

#[test]
fn dashboards_that_are_linked_ship_and_have_these_variables() {
    let shipped = shipped();
    let incidents = [
        labelled(&[("alertname", "HeartbeatMissing")]),
        labelled(&[("alertname", "HealerDown"), ("instance", "a:8050")]),
        samples::disk(),
        samples::incident(),
    ];
    let mut linked = Vec::new();
    for incident in incidents {
        let url = Url::parse(&links_of(&incident)[0]).unwrap();
        let uid = url.path().rsplit('/').next().unwrap().to_owned();
        let variables = shipped
            .get(&uid)
            .unwrap_or_else(|| panic!("{uid} is not in grafana/dashboards"));
        let asked: Vec<String> = url
            .query_pairs()
            .filter_map(|(name, _)| name.strip_prefix("var-").map(str::to_owned))
            .collect();
        for name in &asked {
            let is_there = variables.iter().any(|(variable, _)| variable == name);
            assert!(is_there, "{uid} has no variable {name}");
        }
        if uid != OVERVIEW {
            for (name, _) in variables
                .iter()
                .filter(|(_, must_be_chosen)| *must_be_chosen)
            {
                assert!(asked.contains(name), "{uid} needs its variable {name}");
            }
        }
        linked.push(uid);
    }
    assert_eq!(linked, [OVERVIEW, HEALING, HOST, SERVICE]);
}
