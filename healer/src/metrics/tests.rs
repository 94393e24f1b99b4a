use prometheus_client::encoding::text::encode;

use super::*;
use crate::headroom::{BudgetUse, Headroom, Scope};
use crate::notify::gauging::QueueDepth;

fn text(registry: &Registry) -> String {
    let mut text = String::new();
    encode(&mut text, registry).unwrap();
    text
}

#[test]
fn all_series_of_closed_sets_exist_from_the_start() {
    let mut registry = Registry::default();
    let _metrics = Metrics::register(&mut registry);
    let text = text(&registry);
    for line in [
        "prunelle_healer_notifications_total{result=\"accepted\"} 0",
        "prunelle_healer_alerts_received_total{status=\"invalid\"} 0",
        "prunelle_healer_decisions_total{reason=\"other_host\"} 0",
        "prunelle_healer_remediations_total{remedy=\"clean_folder\",outcome=\"not_verified\"} 0",
        "prunelle_healer_remediations_running 0",
        "prunelle_healer_time_to_heal_seconds_count 0",
        "prunelle_healer_journal_commit_seconds_count 0",
        "prunelle_healer_mode{mode=\"observe\"} 0",
        "prunelle_healer_reconciliations_total{result=\"failure\"} 0",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
    assert!(
        !text.contains("\nprunelle_healer_heartbeat_timestamp_seconds"),
        "no heartbeat arrived: no value\n{text}"
    );
}

#[test]
fn values_arrive_under_their_names() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    metrics.heartbeat(Timestamp::from_millisecond(1_800_000_000_250).unwrap());
    metrics.mode(Mode::Enforce);
    metrics.mode(Mode::Observe);
    metrics.remediation_ended(RemedyKind::RestartService, Outcome::Success);
    metrics.journal_sequence(7);
    metrics.journal_writable(true);
    metrics.healed_after(Duration::from_millis(300));
    let text = text(&registry);
    for line in [
        "prunelle_healer_heartbeat_timestamp_seconds{} 1800000000.25",
        "prunelle_healer_mode{mode=\"observe\"} 1",
        "prunelle_healer_mode{mode=\"enforce\"} 0",
        "prunelle_healer_remediations_total{remedy=\"restart_service\",outcome=\"success\"} 1",
        "prunelle_healer_journal_sequence 7",
        "prunelle_healer_journal_writable 1",
        "prunelle_healer_time_to_heal_seconds_bucket{le=\"0.5\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
}

#[test]
fn limits_and_queues_are_told_as_they_are_now() {
    let mut registry = Registry::default();
    let metrics = Metrics::register(&mut registry);
    let headroom = |rule: &str, used| Headroom {
        budgets: vec![
            BudgetUse {
                rule: None,
                scope: Scope::Host,
                used,
                limit: 20,
            },
            BudgetUse {
                rule: Some(rule.to_owned()),
                scope: Scope::RuleAndTarget,
                used,
                limit: 5,
            },
        ],
        breakers: vec![(rule.to_owned(), true)],
    };
    metrics.headroom(headroom("gone", 1));
    metrics.headroom(headroom("service-down", 3));
    let oldest = Timestamp::from_second(1_800_000_000).unwrap();
    metrics.queues(vec![
        QueueDepth {
            key: ("ops".to_owned(), "slack"),
            waiting: 2,
            oldest: Some(oldest),
        },
        QueueDepth {
            key: ("ops".to_owned(), "email"),
            waiting: 0,
            oldest: None,
        },
    ]);
    metrics.noticed_after(Duration::from_millis(700));
    let text = text(&registry);
    for line in [
        "prunelle_healer_budget_used{scope=\"host\"} 3",
        "prunelle_healer_budget_used{rule=\"service-down\",scope=\"rule_and_target\"} 3",
        "prunelle_healer_budget_limit{rule=\"service-down\",scope=\"rule_and_target\"} 5",
        "prunelle_healer_breaker_open{rule=\"service-down\"} 1",
        "prunelle_healer_queue_waiting{receiver=\"ops\",integration=\"slack\"} 2",
        "prunelle_healer_queue_waiting{receiver=\"ops\",integration=\"email\"} 0",
        "prunelle_healer_queue_oldest_timestamp_seconds{receiver=\"ops\",integration=\"slack\"} 1800000000.0",
        "prunelle_healer_time_to_notice_seconds_bucket{le=\"0.75\"} 1",
    ] {
        assert!(text.lines().any(|l| l == line), "no `{line}` in:\n{text}");
    }
    assert!(
        !text.contains("gone"),
        "a rule that is gone is gone\n{text}"
    );
    assert!(!text.contains("oldest_timestamp_seconds{receiver=\"ops\",integration=\"email\""));
}
