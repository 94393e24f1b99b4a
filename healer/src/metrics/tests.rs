use prometheus_client::encoding::text::encode;

use super::*;

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
