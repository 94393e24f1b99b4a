//! Notifications as Alertmanager sends them, about alerts of this bench's own.

use std::fmt::Write as _;
use std::ops::Range;

use super::client::Turn;

/// The label `instance` of the alerts, and the host of the policy.
pub(super) const INSTANCE: &str = "bench:9750";

/// Makes bodies.
pub(super) struct Notifications;

impl Notifications {
    /// One notification of new alerts with these numbers.
    pub(super) fn one_of(numbers: Range<u64>) -> String {
        let mut alerts = String::new();
        for number in numbers {
            if !alerts.is_empty() {
                alerts.push(',');
            }
            write_alert(&mut alerts, number, "firing");
        }
        whole("firing", &alerts)
    }

    /// Each connection begins an alert and then ends it, so that few fire at any time, and all that is posted is news.
    pub(super) fn begins_or_ends(turn: Turn) -> String {
        let status = if turn.round.is_multiple_of(2) {
            "firing"
        } else {
            "resolved"
        };
        let mut alert = String::new();
        write_alert(&mut alert, turn.in_round(turn.round / 2), status);
        whole(status, &alert)
    }
}

fn whole(status: &str, alerts: &str) -> String {
    format!(
        r#"{{"version":"4","groupKey":"{{}}:{{}}","truncatedAlerts":0,"status":"{status}","receiver":"prunelle-healer","groupLabels":{{}},"commonLabels":{{}},"commonAnnotations":{{}},"externalURL":"http://alertmanager:9093","alerts":[{alerts}]}}"#
    )
}

/// Labels and annotations of `ServiceDown` as the shipped rules make it.
fn write_alert(text: &mut String, number: u64, status: &str) {
    let ends = if status == "firing" {
        "0001-01-01T00:00:00Z"
    } else {
        "2100-01-01T00:00:00Z"
    };
    // Writing to a string cannot fail.
    let _ = write!(
        text,
        r#"{{"status":"{status}","labels":{{"alertname":"ServiceDown","instance":"{INSTANCE}","job":"prunelle-services","name":"app-{number}.service","severity":"critical"}},"annotations":{{"summary":"app-{number}.service is down on {INSTANCE}","description":"systemd says that the service does not run.","runbook_url":"https://prunelle.example/runbooks/service-down"}},"startsAt":"2026-01-01T00:00:00Z","endsAt":"{ends}","generatorURL":"http://prometheus:9090/graph?g0.expr=prunelle_service_up+%3D%3D+0","fingerprint":"{number:016x}"}}"#
    );
}
