//! The mails that a person gets in the course of incidents, as they arrive.

mod several;

use jiff::Timestamp;
use prunelle_healer::incident::Incident;
use prunelle_healer::notify::message::{Content, IncidentNews, Message, MessageId, News};
use prunelle_healer::policy::Language;
use serde_json::{Value, json};

use super::LONG;

/// A mail, and what must be read on it in English and in French.
pub(crate) struct Mail {
    pub(crate) name: &'static str,
    pub(crate) message: Message,
    pub(super) english: &'static [&'static str],
    pub(super) french: &'static [&'static str],
    pub(super) links: usize,
}

impl Mail {
    pub(super) fn words(&self, language: Language) -> &'static [&'static str] {
        match language {
            Language::English => self.english,
            Language::French => self.french,
        }
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_476_185 + second).unwrap()
}

fn service(name: &str, more: &Value) -> Incident {
    incident(
        json!({
            "alert": "ServiceDown", "severity": "critical",
            "labels": {"alertname": "ServiceDown", "name": name, "instance": "web1:9750", "severity": "critical"},
            "annotations": {
                "value": "down", "threshold": "up", "unit": "state",
                "runbook_url": "https://runbooks.example.org/ServiceDown",
            },
        }),
        more,
    )
}

fn disk(more: &Value) -> Incident {
    incident(
        json!({
            "alert": "DiskFull", "severity": "warning",
            "labels": {"alertname": "DiskFull", "mountpoint": "/var", "instance": "web1:9750", "severity": "warning"},
            "annotations": {
                "value": "93.4", "threshold": "90", "unit": "%",
                "runbook_url": "file:///usr/share/doc/prunelle/runbooks/DiskFull.md",
            },
        }),
        more,
    )
}

fn incident(mut what: Value, more: &Value) -> Incident {
    let base = json!({
        "id": "00112233aabbccdd-7", "key": "00112233aabbccdd",
        "began": at(0).to_string(), "noticed": at(1).to_string(), "ended": null,
        "fingerprints": ["0000000000000001"], "firing": [], "relapses": 0,
        "decisions": [], "attempts": [], "ends": [],
    });
    for part in [&base, more] {
        for (name, value) in part.as_object().unwrap() {
            what[name] = value.clone();
        }
    }
    serde_json::from_value(what).unwrap()
}

fn attempt(unit: &str, second: i64, outcome: &str, reason: &Value, message: &str) -> Value {
    json!({
        "at": at(second).to_string(), "action_type": "service_restart", "service": unit,
        "target": format!("unit:{unit}"), "outcome": outcome, "reason": reason, "message": message,
        "duration_ms": 2140,
    })
}

fn end(unit: &str, second: i64, outcome: &str, reason: &Value, quarantine: Option<u64>) -> Value {
    json!({
        "at": at(second).to_string(), "rule": "services", "outcome": outcome, "reason": reason, "message": "",
        "duration_ms": second * 900, "quarantine_seconds": quarantine, "target": format!("unit:{unit}"),
    })
}

fn news(news: News, incident: Incident) -> Content {
    Content::Incident(Box::new(IncidentNews {
        news,
        incident,
        sent_before: 0,
    }))
}

fn not_repaired(unit: &str) -> Incident {
    let failed = json!("remedy_failed");
    let said =
        "the job on the unit ended as failed: main process exited, code=exited, status=203/EXEC";
    service(
        unit,
        &json!({
            "attempts": [attempt(unit, 4, "FAILED", &failed, said), attempt(unit, 41, "FAILED", &failed, said)],
            "ends": [end(unit, 41, "FAILED", &json!("ladder_exhausted"), Some(14_400))],
        }),
    )
}

pub(crate) fn all() -> Vec<Mail> {
    let mut all = of_incidents();
    all.extend(that_ask());
    all.extend(several::all());
    all
}

fn of_incidents() -> Vec<Mail> {
    let nginx = "nginx.service";
    let repaired = service(
        nginx,
        &json!({
            "ended": at(9).to_string(),
            "decisions": [{"at": at(1).to_string(), "rule": "services", "reason": "target_busy", "is_deferred": true, "message": ""}],
            "attempts": [attempt(nginx, 4, "SUCCESS", &Value::Null, "")],
            "ends": [end(nginx, 4, "SUCCESS", &Value::Null, None)],
        }),
    );
    vec![
        Mail {
            name: "first-word",
            message: message(news(News::Began, disk(&json!({})))),
            english: &[
                "⚠️ /var is almost full on web1",
                "93.4%",
                "90%",
                "Warning",
                "24 November 2026, 00:23:05 CET (23 November 23:23:05 UTC)",
                "No repair has been decided yet",
                "You will be told how it goes on",
                "/usr/share/doc/prunelle/runbooks/DiskFull.md",
            ],
            french: &[
                "⚠️ /var est presque plein sur web1",
                "93,4 %",
                "Avertissement",
                "24 novembre 2026 à 00:23:05 CET (23 novembre 23:23:05 UTC)",
                "Vous serez informé de la suite",
            ],
            links: 2,
        },
        Mail {
            name: "repaired",
            message: message(news(News::Repaired, repaired)),
            english: &[
                "✅ Repaired: nginx.service is up again on web1",
                "The repair took 3.6 s",
                "It was restarted, and the check held",
                "Critical",
                "Nothing has to be done",
                "journalctl -u nginx.service -e",
                "Lasted",
            ],
            french: &[
                "✅ Réparé : nginx.service est de nouveau en marche sur web1",
                "La réparation a pris 3,6 s",
                "Critique",
                "Il n’y a rien à faire",
            ],
            links: 3,
        },
        Mail {
            name: "not-repaired",
            message: message(news(News::NotRepaired, not_repaired(nginx))),
            english: &[
                "🚨 Not repaired: nginx.service is down on web1",
                "Tried in vain: restart of nginx.service",
                "Every rung of the ladder was tried",
                "status=203/EXEC",
                "Please look into it",
                "systemctl status nginx.service",
                "Prunelle leaves it alone for 4 h",
                "prunelle-healer release unit:nginx.service",
            ],
            french: &[
                "🚨 Échec de la réparation : nginx.service est à l’arrêt sur web1",
                "Essayé en vain",
                "Une intervention est nécessaire",
                "pendant 4 h",
            ],
            links: 3,
        },
        Mail {
            name: "not-repaired-long-name",
            message: message(news(News::NotRepaired, not_repaired(LONG))),
            english: &[LONG, "Tried in vain"],
            french: &[LONG, "Essayé en vain"],
            links: 3,
        },
    ]
}

fn that_ask() -> Vec<Mail> {
    let nginx = "nginx.service";
    let asked = json!({
        "at": at(1).to_string(), "rule": "services", "reason": "awaiting_approval", "is_deferred": true, "message": "",
        "plan": {"remedy": "restart_service", "target": "unit:nginx.service", "message": ""},
        "question": {"number": 7, "expires": at(901).to_string()},
    });
    vec![
        Mail {
            name: "question",
            message: message(news(
                News::AwaitingApproval,
                service(nginx, &json!({"decisions": [asked]})),
            )),
            english: &[
                "❓ Your answer is needed",
                "prunelle-healer approve 7",
                "prunelle-healer deny 7",
                "24 November 2026, 00:38:06 CET",
            ],
            french: &["❓ Votre accord est demandé", "prunelle-healer approve 7"],
            links: 3,
        },
        Mail {
            name: "test",
            message: message(Content::Test),
            english: &["Test message of Prunelle on web1", "nothing is wrong"],
            french: &["Message d’essai de Prunelle sur web1", "tout va bien"],
            links: 1,
        },
    ]
}

fn message(content: Content) -> Message {
    Message {
        id: MessageId("0192-web1.3".to_owned()),
        created: at(60),
        content,
    }
}
