//! Messages to test words and channels with: one dead service through all that can become of it.

use jiff::Timestamp;
use serde_json::json;

use super::message::{
    Content, Digest, Gathered, HeldWhy, IncidentNews, Line, Message, MessageId, News, ReportNotice,
    Undelivered,
};
use super::words::{About, Reader};
use crate::incident::{Incident, IncidentId, Severity};
use crate::policy::Language;

/// 24 November 2026, 15:43:10 UTC, and so many seconds.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_534_990 + seconds).unwrap()
}

/// Of `web1`, with Grafana and Alertmanager.
pub(crate) fn about() -> About {
    About {
        hostname: "web1".to_owned(),
        version: "0.1.0".to_owned(),
        grafana_url: Some("https://grafana.example.org/monitoring".parse().unwrap()),
        alertmanager_url: Some("https://alerts.example.org".parse().unwrap()),
    }
}

/// In Paris, whatever the language.
pub(crate) fn reader(language: Language) -> Reader {
    Reader {
        language,
        time_zone: jiff::tz::TimeZone::get("Europe/Paris").unwrap(),
    }
}

/// nginx is down since [`at`]`(0)`; nothing was decided.
pub(crate) fn incident() -> Incident {
    serde_json::from_value(json!({
        "id": "00112233aabbccdd-7",
        "key": "00112233aabbccdd",
        "alert": "ServiceDown",
        "labels": {
            "alertname": "ServiceDown", "name": "nginx.service", "instance": "web1:9750",
            "job": "prunelle-services", "severity": "critical",
        },
        "annotations": {
            "summary": "nginx.service is down on web1:9750", "value": "down", "threshold": "up", "unit": "state",
            "runbook_url": "https://runbooks.example.org/ServiceDown",
        },
        "severity": "critical",
        "began": at(0).to_string(), "noticed": at(1).to_string(), "ended": null,
        "fingerprints": ["0000000000000001"], "firing": [], "relapses": 0,
        "decisions": [], "attempts": [], "ends": [],
    }))
    .unwrap()
}

/// The disk of web1 is full, told with its value.
pub(crate) fn disk() -> Incident {
    let mut incident = incident();
    "DiskFull".clone_into(&mut incident.alert);
    incident.severity = Severity::Warning;
    incident.labels = labels(&[
        ("alertname", "DiskFull"),
        ("instance", "web1:9750"),
        ("mountpoint", "/var"),
        ("severity", "warning"),
    ]);
    incident.annotations = labels(&[
        ("summary", "/var is almost full on web1:9750"),
        ("value", "93.4"),
        ("threshold", "90"),
        ("unit", "%"),
        (
            "runbook_url",
            "file:///usr/share/doc/prunelle/runbooks/DiskFull.md",
        ),
    ]);
    incident
}

pub(crate) fn labels(pairs: &[(&str, &str)]) -> crate::alert::Labels {
    pairs
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
        .collect()
}

/// Adds a member to one of the lists of an incident.
pub(crate) fn with(incident: &Incident, list: &str, member: &serde_json::Value) -> Incident {
    let mut value = serde_json::to_value(incident).unwrap();
    value[list].as_array_mut().unwrap().push(member.clone());
    serde_json::from_value(value).unwrap()
}

/// It waited for systemd, was restarted and is up.
pub(crate) fn repaired() -> Incident {
    let incident = with(
        &incident(),
        "decisions",
        &json!({"at": at(1).to_string(), "rule": "web", "reason": "target_busy", "is_deferred": true, "message": ""}),
    );
    let incident = with(
        &incident,
        "attempts",
        &json!({
            "at": at(4).to_string(), "action_type": "service_restart", "service": "nginx.service",
            "target": "unit:nginx.service", "outcome": "SUCCESS", "reason": null,
            "message": "`nginx.service` is up", "duration_ms": 2140,
        }),
    );
    with(
        &incident,
        "ends",
        &json!({
            "at": at(4).to_string(), "rule": "web", "outcome": "SUCCESS", "reason": null,
            "message": "`nginx.service` is up", "duration_ms": 2140, "quarantine_seconds": null,
            "target": "unit:nginx.service",
        }),
    )
}

/// Two restarts in vain.
pub(crate) fn not_repaired() -> Incident {
    let mut failed = incident();
    for second in [4, 40] {
        failed = with(
            &failed,
            "attempts",
            &json!({
                "at": at(second).to_string(), "action_type": "service_restart", "service": "nginx.service",
                "target": "unit:nginx.service", "outcome": "FAILED", "reason": "remedy_failed",
                "message": "the job on `nginx.service` ended as failed: exit status 1", "duration_ms": 640,
            }),
        );
    }
    with(
        &failed,
        "ends",
        &json!({
            "at": at(41).to_string(), "rule": "web", "outcome": "FAILED", "reason": "ladder_exhausted",
            "message": "everything that the rule allows was tried", "duration_ms": 37_000,
            "quarantine_seconds": 3600, "target": "unit:nginx.service",
        }),
    )
}

/// A decision with a reason.
pub(crate) fn decided(reason: &str, is_deferred: bool) -> Incident {
    with(
        &incident(),
        "decisions",
        &json!({"at": at(1).to_string(), "rule": "web", "reason": reason, "is_deferred": is_deferred, "message": ""}),
    )
}

/// Question 7 waits.
pub(crate) fn asked() -> Incident {
    with(
        &incident(),
        "decisions",
        &json!({
            "at": at(1).to_string(), "rule": "web", "reason": "awaiting_approval", "is_deferred": true, "message": "",
            "plan": {"remedy": "restart_service", "target": "unit:nginx.service", "message": "it would be restarted"},
            "question": {"number": 7, "expires": at(901).to_string()},
        }),
    )
}

/// Observed, with a plan.
pub(crate) fn observed() -> Incident {
    with(
        &disk(),
        "decisions",
        &json!({
            "at": at(1).to_string(), "rule": "disk", "reason": "observed", "is_deferred": false, "message": "",
            "plan": {"remedy": "clean_folder", "target": "path:/var/tmp", "message": "3 files would be removed"},
        }),
    )
}

/// With its end.
pub(crate) fn ended(incident: Incident, seconds: i64) -> Incident {
    Incident {
        ended: Some(at(seconds)),
        ..incident
    }
}

/// A message with a content.
pub(crate) fn message(content: Content) -> Message {
    Message {
        id: MessageId("0192-web1.3".to_owned()),
        created: at(6),
        content,
    }
}

/// News of an incident.
pub(crate) fn news(news: News, incident: Incident, sent_before: u32) -> Message {
    message(Content::Incident(Box::new(IncidentNews {
        news,
        incident,
        sent_before,
    })))
}

fn line(number: i64) -> Line {
    Line {
        incident: IncidentId(format!("00112233aabbccdd-{number}")),
        news: News::NotRepaired,
        severity: Severity::Critical,
        began: at(number),
        ended: (number == 1).then(|| at(86_400)),
        summary: format!("shop-{number}.service is down on web1"),
    }
}

/// Every kind of content and news, each with its name.
pub(crate) fn all() -> Vec<(&'static str, Message)> {
    let mut relapsed = decided("cooldown", true);
    relapsed.relapses = 1;
    let worsened = Incident {
        severity: Severity::Critical,
        ..disk()
    };
    vec![
        ("began", news(News::Began, incident(), 0)),
        (
            "began, left alone",
            news(News::Began, decided("not_allowed", false), 0),
        ),
        (
            "began, in quarantine",
            news(News::Began, decided("quarantined", true), 0),
        ),
        ("began, a warning", news(News::Began, disk(), 0)),
        (
            "began and repaired",
            news(News::BeganAndRepaired, repaired(), 0),
        ),
        ("worsened", news(News::Worsened, worsened, 1)),
        ("repaired", news(News::Repaired, ended(repaired(), 9), 1)),
        ("not repaired", news(News::NotRepaired, not_repaired(), 1)),
        (
            "awaiting approval",
            news(News::AwaitingApproval, asked(), 0),
        ),
        ("observed", news(News::Observed, observed(), 0)),
        ("ended", news(News::Ended, ended(incident(), 95), 1)),
        ("relapsed", news(News::Relapsed, relapsed, 2)),
        (
            "gathered",
            message(Content::Gathered(Gathered {
                alert: Some("ServiceDown".to_owned()),
                severity: Severity::Critical,
                total: 12,
                lines: vec![line(1), line(2)],
            })),
        ),
        (
            "gathered, of several alerts",
            message(Content::Gathered(Gathered {
                alert: None,
                severity: Severity::Critical,
                total: 2,
                lines: vec![line(1), line(2)],
            })),
        ),
        (
            "digest",
            message(Content::Digest(Digest {
                since: at(-3600),
                total: 37,
                held: vec![
                    (HeldWhy::ReceiverLimit, 30),
                    (HeldWhy::QuietHours, 6),
                    (HeldWhy::Late, 1),
                ],
                by_alert: vec![("ServiceDown".to_owned(), 1), ("DiskFull".to_owned(), 4)],
                lines: vec![line(1), line(2)],
                undelivered: vec![Undelivered {
                    receiver: "ops".to_owned(),
                    integration: "slack".to_owned(),
                    total: 3,
                    why: "the server does not answer".to_owned(),
                }],
            })),
        ),
        (
            "report",
            message(Content::Report(ReportNotice {
                since: at(-86_400 * 7),
                until: at(0),
            })),
        ),
        ("test", message(Content::Test)),
    ]
}
