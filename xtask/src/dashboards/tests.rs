use std::collections::{BTreeMap, BTreeSet};

use super::*;

fn sources() -> Vec<Dashboard> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../grafana/source");
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let text = fs::read_to_string(entry.unwrap().path()).unwrap();
            serde_yaml::from_str(&text).unwrap()
        })
        .collect()
}

#[test]
fn the_dashboards_are_in_step_with_their_sources() {
    let made = made().unwrap();
    let folder = made.first().unwrap().0.parent().unwrap().to_owned();
    for (path, text) in &made {
        let found = fs::read_to_string(path).unwrap_or_default();
        assert!(
            found == *text,
            "{} is out of step: run `cargo xtask dashboards`",
            path.display()
        );
    }
    assert_eq!(
        fs::read_dir(folder).unwrap().count(),
        made.len(),
        "a dashboard without a source"
    );
}

#[test]
fn links_lead_to_dashboards_that_take_what_they_hand_on() {
    let sources = sources();
    let variables: BTreeMap<&str, BTreeSet<&str>> = sources
        .iter()
        .map(|dashboard| {
            let names = dashboard.variables.iter().map(|it| it.name.as_str());
            (dashboard.uid.as_str(), names.collect())
        })
        .collect();
    assert_eq!(variables.len(), sources.len(), "two have one uid");
    let mut leads = 0;
    for panel in panels(&sources) {
        let Some(lead) = &panel.leads_to else {
            continue;
        };
        leads += 1;
        let taken = variables.get(lead.uid.as_str()).unwrap();
        for label in &lead.labels {
            assert!(
                taken.contains(label.as_str()),
                "`{}` hands `{label}` to {}, which has no such variable",
                panel.title,
                lead.uid
            );
        }
    }
    assert!(leads > 0);
}

#[test]
fn tables_are_sorted_by_a_column_and_show_every_query() {
    let sources = sources();
    for panel in panels(&sources).filter(|panel| panel.kind == source::Kind::Table) {
        let names: BTreeSet<&str> = panel.columns.iter().map(|it| it.name.as_str()).collect();
        for query in &panel.queries {
            assert!(names.contains(query.legend.as_str()), "{}", panel.title);
        }
        let sorted_by = panel.sorted_by.as_deref();
        assert!(
            panel
                .columns
                .iter()
                .any(|it| Some(it.title.as_str()) == sorted_by),
            "{}",
            panel.title
        );
    }
}

#[test]
fn panels_have_numbers_of_their_own_and_do_not_overlap() {
    for source in sources() {
        let written = written(&source).unwrap();
        let panels = written["panels"].as_array().unwrap();
        let mut all: Vec<&Value> = panels.iter().collect();
        all.extend(
            panels
                .iter()
                .flat_map(|row| row["panels"].as_array().into_iter().flatten()),
        );
        let ids: BTreeSet<u64> = all
            .iter()
            .map(|panel| panel["id"].as_u64().unwrap())
            .collect();
        assert_eq!(ids.len(), all.len(), "{}", source.uid);
        let mut taken = BTreeSet::new();
        for panel in panels {
            let place = |side: &str| panel["gridPos"][side].as_u64().unwrap();
            for x in place("x")..place("x") + place("w") {
                for y in place("y")..place("y") + place("h") {
                    assert!(taken.insert((x, y)), "{}: {}", source.uid, panel["title"]);
                }
            }
        }
    }
}

#[test]
fn a_band_is_filled_between_edges_that_the_panel_asks_for() {
    let sources = sources();
    let mut bands = 0;
    for source in &sources {
        let written = written(source).unwrap();
        for panel in written["panels"].as_array().unwrap() {
            let legends: Vec<&str> = panel["targets"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|target| target["legendFormat"].as_str())
                .collect();
            for matched in panel["fieldConfig"]["overrides"]
                .as_array()
                .into_iter()
                .flatten()
            {
                let filled = matched["properties"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .find(|property| property["id"] == "custom.fillBelowTo");
                let Some(filled) = filled else { continue };
                bands += 1;
                for edge in [&matched["matcher"]["options"], &filled["value"]] {
                    assert!(legends.contains(&edge.as_str().unwrap()), "{edge}");
                }
            }
        }
    }
    let asked_for = panels(&sources).filter(|panel| panel.usual.is_some());
    assert_eq!(bands, asked_for.count());
    assert!(
        bands >= 6,
        "CPU, memory, two directions, and two of a service"
    );
}

#[test]
fn an_unknown_key_and_a_panel_that_is_too_wide_are_errors() {
    let wrong =
        "uid: a\ntitle: a\nabout: a\nfrom: a\nalerts: a\nvariables: []\nrows: []\ncolour: red\n";
    let error = serde_yaml::from_str::<Dashboard>(wrong).unwrap_err();
    assert!(error.to_string().contains("colour"), "{error}");
    let mut wide = sources().remove(0);
    wide.rows[0].panels[0].width = 25;
    assert!(written(&wide).is_err());
}

fn panels(sources: &[Dashboard]) -> impl Iterator<Item = &source::Panel> {
    sources
        .iter()
        .flat_map(|dashboard| &dashboard.rows)
        .flat_map(|row| &row.panels)
}
