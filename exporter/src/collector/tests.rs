use std::collections::HashSet;

use super::*;
use crate::metric::Kind;

#[test]
fn each_name_stands_once() {
    let names: HashSet<_> = COLLECTORS.iter().map(|it| it.name).collect();
    assert_eq!(names.len(), COLLECTORS.len());
    let mut metrics = HashSet::new();
    for metric in COLLECTORS.iter().flat_map(|it| it.metrics) {
        assert!(metrics.insert(metric.name), "{} stands twice", metric.name);
    }
}

#[test]
fn names_follow_the_conventions() {
    for metric in COLLECTORS.iter().flat_map(|it| it.metrics) {
        let Metric {
            name,
            help,
            kind,
            labels,
        } = metric;
        let is_counter = *kind == Kind::Counter;
        // A gauge by its type and a counter by its name, as `node_exporter` has it.
        let is_odd = *name == "node_systemd_socket_refused_connections_total";
        assert_eq!(name.ends_with("_total"), is_counter || is_odd, "{name}");
        assert!(
            help.ends_with('.') && !help.contains(['\\', '\n', '"']),
            "{name}: {help}"
        );
        assert!(
            name.starts_with("node_") || name.starts_with("prunelle_"),
            "{name}"
        );
        if name.starts_with("prunelle_") {
            for label in *labels {
                let clashes = ["service", "job", "host", "env", "type"].contains(label);
                assert!(!clashes, "{name}: {label}");
            }
        }
    }
}
