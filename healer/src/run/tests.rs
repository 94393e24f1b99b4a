use prometheus_client::encoding::text::encode;
use prunelle_foundation::clock::Clock as _;

use super::*;
use crate::headroom::{BudgetUse, Headroom, Scope};
use crate::notify::gauging::QueueDepth;

const REFERENCE: &str = include_str!("../../../docs/metrics.md");

/// Everything that `/metrics` can show, as OpenMetrics text.
fn exposition() -> String {
    let now = SystemClock::new().unwrap().now().wall;
    let web = move || WebStatus {
        is_last_reload_successful: true,
        last_success: now,
        certificate_not_after: Some(now),
        failed_handshakes: 0,
        refused: [("credentials", 0), ("rate", 0), ("busy", 0)],
    };
    let (registry, metrics) = registry(Some(web));
    // Absent before the first one.
    metrics.heartbeat(now);
    metrics.policy_in_force("000000000000", now);
    metrics.outbox(crate::notify::outbox::Depth {
        waiting: 1,
        oldest: Some(now),
    });
    let rule = || Some("service-down".to_owned());
    let scopes = [Scope::RuleAndTarget, Scope::Rule, Scope::Target];
    let of_rule = scopes.map(|scope| (rule(), scope));
    metrics.headroom(Headroom {
        budgets: of_rule
            .into_iter()
            .chain([(None, Scope::Host)])
            .map(|(rule, scope)| BudgetUse {
                rule,
                scope,
                used: 0,
                limit: 1,
            })
            .collect(),
        breakers: vec![("service-down".to_owned(), false)],
    });
    metrics.queues(vec![QueueDepth {
        key: ("ops".to_owned(), "email"),
        waiting: 1,
        oldest: Some(now),
    }]);
    let mut text = String::new();
    encode(&mut text, &registry).unwrap();
    text
}

#[test]
fn every_metric_is_in_the_reference_with_its_type() {
    let text = exposition();
    let families: Vec<(&str, &str)> = text
        .lines()
        .filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' '))
        .filter(|(name, _)| !name.starts_with("process_"))
        .collect();
    assert!(families.len() > 10, "{text}");
    for (name, kind) in families {
        let total = if kind == "counter" { "_total" } else { "" };
        let row = format!("\n| `{name}{total}` | {kind} |");
        assert!(REFERENCE.contains(&row), "docs/metrics.md lacks a row{row}");
    }
}

#[test]
fn the_reference_names_no_metric_that_does_not_exist() {
    let text = exposition();
    let rows = REFERENCE
        .lines()
        .filter_map(|line| line.strip_prefix("| `prunelle_healer_")?.split('`').next());
    for name in rows {
        let family = format!(
            "# TYPE prunelle_healer_{} ",
            name.trim_end_matches("_total")
        );
        assert!(
            text.contains(&family),
            "prunelle_healer_{name} is no metric"
        );
    }
}

#[test]
fn every_label_value_is_in_the_reference() {
    let text = exposition();
    let healer = REFERENCE.split("## prunelle-healer").nth(1).unwrap();
    let samples = text
        .lines()
        .filter(|line| line.starts_with("prunelle_healer_") && !line.contains("_bucket{"))
        .filter(|line| !line.contains("version=") && !line.contains("revision="));
    for sample in samples {
        // Every second piece between quotation marks is a value.
        for value in sample.split('"').skip(1).step_by(2) {
            let is_there = healer.contains(&format!("`{value}`"));
            assert!(
                is_there,
                "docs/metrics.md does not tell of `{value}`: {sample}"
            );
        }
    }
}
