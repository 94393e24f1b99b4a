//! The demo of docker-compose.yml acts by the shipped policy: only what an operator is to write into it may differ, and
//! nothing sets another threshold or takes other rules.

use std::path::Path;

use prunelle_healer::policy::load;
use serde_yaml::Value;

/// Where the two may differ, and what the demo says there.
const MAY_DIFFER: [(&str, &str); 8] = [
    ("mode", "enforce"),
    ("rules.service-down.target.unit.allow", "[demo-*.service]"),
    (
        "rules.disk-full.target.mount.allow",
        "[/tmp, /var/tmp, /var/cache]",
    ),
    ("rules.disk-full.mode", "enforce"),
    (
        "rules.memory-critical.target.process_group.allow",
        "[demo-*.service]",
    ),
    ("rules.memory-critical.ladder.0.allow", "[demo-hog.service]"),
    (
        "rules.cpu-critical.target.process_group.allow",
        "[demo-*.service]",
    ),
    ("rules.cpu-critical.ladder.1.allow", "[demo-burner.service]"),
];

fn read(path: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Every value of a policy with the way to it; rules go by their names, lists of plain values are one value.
fn values(path: &str) -> Vec<(String, String)> {
    let text = read(path);
    load::parse(Path::new(path), &text).unwrap_or_else(|errors| panic!("{errors}"));
    let mut found = Vec::new();
    walk("", &serde_yaml::from_str(&text).unwrap(), &mut found);
    found.sort();
    found
}

fn walk(way: &str, value: &Value, found: &mut Vec<(String, String)>) {
    let below = |key: &str| {
        if way.is_empty() {
            key.to_owned()
        } else {
            format!("{way}.{key}")
        }
    };
    match value {
        Value::Mapping(mapping) => {
            for (key, value) in mapping {
                walk(&below(key.as_str().unwrap()), value, found);
            }
        }
        Value::Sequence(items) if items.iter().any(Value::is_mapping) => {
            for (index, item) in items.iter().enumerate() {
                let name = item.get("name").and_then(Value::as_str);
                walk(&below(name.unwrap_or(&index.to_string())), item, found);
            }
        }
        Value::Sequence(items) => {
            let items: Vec<_> = items.iter().map(plain).collect();
            found.push((way.to_owned(), format!("[{}]", items.join(", "))));
        }
        _ => found.push((way.to_owned(), plain(value))),
    }
}

fn plain(value: &Value) -> String {
    serde_yaml::to_string(value).unwrap().trim().to_owned()
}

#[test]
fn the_demo_differs_from_the_shipped_policy_in_its_modes_and_lists_only() {
    let shipped = values("deploy/policy.yml");
    let demo = values("deploy/compose/policy.yml");
    assert!(shipped.len() > 60, "{shipped:#?}");
    let ways = |values: &[(String, String)]| -> Vec<String> {
        values.iter().map(|(way, _)| way.clone()).collect()
    };
    assert_eq!(ways(&demo), ways(&shipped));
    let mut differ: Vec<_> = demo
        .iter()
        .zip(&shipped)
        .filter(|(demo, shipped)| demo != shipped)
        .map(|((way, value), _)| (way.as_str(), value.as_str()))
        .collect();
    let mut may_differ = MAY_DIFFER;
    differ.sort_unstable();
    may_differ.sort_unstable();
    assert_eq!(differ, may_differ);
}

#[test]
fn the_demo_sets_no_threshold_and_takes_the_shipped_rules() {
    for path in [
        "deploy/prunelle.env",
        "deploy/compose/prepare-host.sh",
        "deploy/compose/host.Dockerfile",
    ] {
        let sets = read(path)
            .lines()
            .filter(|line| !line.starts_with('#') && line.contains("THRESHOLD"))
            .count();
        assert_eq!(sets, 0, "{path}");
    }
    let compose: Value = serde_yaml::from_str(&read("docker-compose.yml")).unwrap();
    let host = &compose["services"]["host"];
    let handed_on = host["environment"].as_mapping().unwrap();
    let thresholds: Vec<_> = handed_on
        .iter()
        .filter(|(name, _)| name.as_str().unwrap().contains("THRESHOLD"))
        .collect();
    assert_eq!(thresholds.len(), 8);
    // No value of its own: only what the shell or .env says is handed on.
    assert!(thresholds.iter().all(|(_, value)| value.is_null()));

    let prometheus = &compose["services"]["prometheus"];
    let has = |list: &Value, wanted: &str| {
        let items = list.as_sequence().unwrap();
        items.iter().any(|item| item.as_str() == Some(wanted))
    };
    assert!(has(
        &prometheus["volumes"],
        "./prometheus:/etc/prometheus:ro"
    ));
    assert!(has(
        &prometheus["command"],
        "--config.file=/etc/prometheus/prometheus.yml"
    ));
    let alertmanager = &compose["services"]["alertmanager"];
    assert!(has(
        &alertmanager["volumes"],
        "./alertmanager:/etc/alertmanager:ro"
    ));
}

#[test]
fn every_port_of_the_demo_is_published_on_loopback_unless_another_address_is_asked_for() {
    let compose: Value = serde_yaml::from_str(&read("docker-compose.yml")).unwrap();
    let mut published = 0;
    for (name, service) in compose["services"].as_mapping().unwrap() {
        let network = service.get("network_mode").and_then(Value::as_str);
        let is_host = name.as_str() == Some("host");
        assert!(
            is_host || matches!(network, Some("none" | "service:host")),
            "{name:?}"
        );
        let ports = service.get("ports").and_then(Value::as_sequence);
        for port in ports.into_iter().flatten() {
            let port = port.as_str().unwrap();
            let rest = port.strip_prefix("${PRUNELLE_DEMO_ADDRESS:-127.0.0.1}:");
            assert!(rest.is_some(), "{port}");
            published += 1;
        }
    }
    assert_eq!(published, 6);
}

#[test]
fn the_image_is_built_by_the_toolchain_of_the_workspace() {
    let toolchain = read("rust-toolchain.toml");
    let mut quoted = toolchain.split('"').skip(1);
    let channel = quoted.next().unwrap();
    let dockerfile = read("deploy/compose/host.Dockerfile");
    for line in [
        format!("FROM rust:{channel}-slim-bookworm AS build"),
        format!("ENV RUSTUP_TOOLCHAIN={channel}"),
    ] {
        assert!(dockerfile.lines().any(|it| it == line), "{line}");
    }
}
