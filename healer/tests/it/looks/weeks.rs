//! Weeks of one machine to report about: nothing, a usual one, and far too much.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use prunelle_healer::journal::{Event, EventType};
use prunelle_healer::report::{Gathering, Period, Report, Subject};
use serde_json::{Value, json};

use super::LONG;

/// A place each in what is made up.
type Services = [&'static str; 6];

const SERVICES: Services = [
    "nginx.service",
    "shop-api.service",
    "postgresql@15-main.service",
    "cron.service",
    LONG,
    "mémoire-œuvre.service",
];
const ORDINARY: Services = [
    "nginx.service",
    "shop-api.service",
    "postgresql@15-main.service",
    "cron.service",
    "redis.service",
    "backup.service",
];
/// An alert and what is done about it.
const KINDS: [(&str, &str, &str); 3] = [
    ("ServiceDown", "critical", "service_restart"),
    ("DiskFull", "warning", "folder_clean"),
    ("MemoryHigh", "warning", "process_end"),
];

/// 16 November 2026, 00:00 in Paris.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_794_783_600 + second).unwrap()
}

struct Week {
    services: Services,
    gathering: Gathering,
    seq: u64,
}

impl Week {
    fn tell(
        &mut self,
        second: i64,
        kind: EventType,
        status: &str,
        what: (usize, usize),
        more: &Value,
    ) {
        self.seq += 1;
        let (alert, _, action) = KINDS[what.1];
        let name = self.services[what.0];
        let mut details = json!({
            "alert": alert, "fingerprint": format!("{:015x}{}", what.0, what.1), "rule": "services",
            "target": format!("unit:{name}"), "duration_ms": 900 + (second.unsigned_abs() % 7) * 800,
        });
        details
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.gathering.take(&Event {
            timestamp: at(second),
            event_type: kind,
            action_type: (kind == EventType::Action).then(|| action.to_owned()),
            status: status.to_owned(),
            service: Some(name.to_owned()),
            message: told(kind, status, name),
            details,
            seq: self.seq,
        });
    }

    fn incident(&mut self, number: i64, second: i64) {
        let place = usize::try_from(number * 7 % 13 % 6).unwrap();
        let what = (place, usize::try_from(number).unwrap() % 3);
        let (alert, severity, _) = KINDS[what.1];
        let labels = json!({"alertname": alert, "name": self.services[what.0], "severity": severity, "instance": "web1:9750"});
        let alert = json!({
            "labels": labels, "starts_at": at(second).to_string(),
            "annotations": {"summary": format!("{} is down on web1:9750", self.services[what.0])},
        });
        self.tell(second + 1, EventType::Alert, "FIRING", what, &alert);
        let took = 2 + (number * number) % 90;
        let end = second + took;
        match number % 9 {
            4 => {
                self.tell(end, EventType::Action, "NOT_VERIFIED", what, &json!({}));
                let why = json!({"reason": "ladder_exhausted", "quarantine_seconds": 1_000_000});
                self.tell(end, EventType::Outcome, "NOT_VERIFIED", what, &why);
            }
            5 => self.tell(
                end,
                EventType::Decision,
                "OBSERVED",
                what,
                &json!({"reason": "observed"}),
            ),
            6 => self.tell(
                end,
                EventType::Decision,
                "SUPPRESSED",
                what,
                &json!({"reason": "budget"}),
            ),
            _ => {
                self.tell(end, EventType::Action, "SUCCESS", what, &json!({}));
                self.tell(end, EventType::Outcome, "SUCCESS", what, &json!({}));
            }
        }
        if number % 9 != 4 {
            self.tell(end + 30, EventType::Alert, "RESOLVED", what, &alert);
        }
    }
}

/// The action log's sentence.
fn told(kind: EventType, status: &str, name: &str) -> String {
    match (kind, status) {
        (EventType::Outcome, "NOT_VERIFIED") => {
            format!("everything that the rule allows was tried; {name} is failed (exit-code)")
        }
        (EventType::Decision, "DEFERRED") => {
            format!("{name} would be restarted; a person has to agree first")
        }
        _ => format!("{name} is up"),
    }
}

/// A week with so many incidents, some of units with names that are hard to lay out.
pub(super) fn with(incidents: i64) -> Report {
    of(incidents, SERVICES)
}

/// A week as many have one.
pub(crate) fn ordinary() -> Report {
    of(9, ORDINARY)
}

fn of(incidents: i64, services: Services) -> Report {
    let mut week = Week {
        services,
        gathering: Gathering::new(Subject {
            period: Period {
                since: at(0),
                until: at(7 * 86_400),
            },
            zone: TimeZone::get("Europe/Paris").unwrap(),
            host: "web1".to_owned(),
            made: at(7 * 86_400 + 7 * 3600),
        }),
        seq: 0,
    };
    let apart = 600_000 / incidents.max(1);
    for number in 0..incidents {
        week.incident(number, 600 + number * apart);
    }
    if incidents > 0 {
        let question = json!({
            "reason": "awaiting_approval", "approval": 7,
            "expires_at": at(8 * 86_400).to_string(),
        });
        week.tell(602_000, EventType::Decision, "DEFERRED", (1, 0), &question);
    }
    week.gathering.finish(90 * 86_400, false)
}
