//! A made-up week of one machine.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::journal::{Event, EventType};
use crate::report::{Gathering, Period, Report, Subject};

/// What services are called, the last to provoke.
pub(super) const EVIL: &str = "<script>alert(1)</script>&\"'.service";
const ALERTS: [&str; 3] = ["ServiceDown", "DiskAlmostFull", "MemoryShort"];
const SEVERITIES: [&str; 2] = ["critical", "warning"];
const SERVICES: [&str; 6] = [
    "nginx.service",
    "shop-api.service",
    "postgresql@15-main.service",
    "a-very-long-name-of-a-unit-that-somebody-chose-in-a-hurry@and-with-an-instance.service",
    "mémoire-œuvre.service",
    EVIL,
];

pub(super) fn since() -> Timestamp {
    "2026-11-15T23:00:00Z".parse().unwrap()
}

pub(super) fn until() -> Timestamp {
    "2026-11-22T23:00:00Z".parse().unwrap()
}

struct Week {
    gathering: Gathering,
    seq: u64,
}

impl Week {
    fn tell(&mut self, at: i64, kind: EventType, status: &str, service: usize, more: &Value) {
        self.seq += 1;
        let name = SERVICES[service];
        let action = ["service_restart", "folder_clean", "process_end"][service % 3];
        let mut details = json!({
            "alert": ALERTS[service % 3],
            "fingerprint": format!("{service:016x}"),
            "rule": "web",
            "target": format!("unit:{name}"),
            "duration_ms": 900 + (at.unsigned_abs() % 7) * 800,
        });
        details
            .as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        self.gathering.take(&Event {
            timestamp: moment(at),
            event_type: kind,
            action_type: (kind == EventType::Action).then(|| action.to_owned()),
            status: status.to_owned(),
            service: Some(name.to_owned()),
            message: format!("{name}: as it was told"),
            details,
            seq: self.seq,
        });
    }

    /// One incident from its begin to its end.
    fn incident(&mut self, number: i64, at: i64, service: usize) {
        let labels = json!({
            "alertname": ALERTS[service % 3],
            "name": SERVICES[service],
            "severity": SEVERITIES[service % 2],
        });
        let summary = json!({"summary": format!("{} is not as it should be", SERVICES[service])});
        let alert =
            json!({"labels": labels, "annotations": summary, "starts_at": moment(at).to_string()});
        self.tell(
            at + 1 + number % 4,
            EventType::Alert,
            "FIRING",
            service,
            &alert,
        );
        if number % 5 == 0 {
            self.tell(
                at + 5,
                EventType::Decision,
                "DEFERRED",
                service,
                &json!({"reason": "cooldown"}),
            );
        }
        let took = 5 + (number * number) % 90;
        match number % 9 {
            0 => {
                self.tell(
                    at + took,
                    EventType::Action,
                    "NOT_VERIFIED",
                    service,
                    &json!({}),
                );
                let end = json!({"reason": "ladder_exhausted", "quarantine_seconds": 1_000_000});
                self.tell(at + took, EventType::Outcome, "NOT_VERIFIED", service, &end);
            }
            1 => self.tell(
                at + took,
                EventType::Decision,
                "OBSERVED",
                service,
                &json!({"reason": "observed"}),
            ),
            2 => self.tell(
                at + took,
                EventType::Decision,
                "SUPPRESSED",
                service,
                &json!({"reason": "budget"}),
            ),
            _ => {
                self.tell(at + took, EventType::Action, "SUCCESS", service, &json!({}));
                self.tell(
                    at + took,
                    EventType::Outcome,
                    "SUCCESS",
                    service,
                    &json!({}),
                );
            }
        }
        if number % 9 != 0 {
            self.tell(
                at + took + 30,
                EventType::Alert,
                "RESOLVED",
                service,
                &alert,
            );
        }
    }
}

fn moment(second: i64) -> Timestamp {
    Timestamp::from_second(since().as_second() + second).unwrap()
}

fn subject() -> Subject {
    Subject {
        period: Period {
            since: since(),
            until: until(),
        },
        zone: TimeZone::get("Europe/Paris").unwrap(),
        host: "web1".to_owned(),
        made: "2026-11-23T06:00:00Z".parse().unwrap(),
    }
}

/// A week in which nothing was wrong.
pub(super) fn quiet() -> Report {
    Gathering::new(subject()).finish(90 * 86_400, false)
}

/// A week with all sorts of incidents.
pub(super) fn busy() -> Report {
    let mut week = Week {
        gathering: Gathering::new(subject()),
        seq: 0,
    };
    for number in 0..150 {
        let service = usize::try_from(number * 7 % 13 % 6).unwrap();
        week.incident(number, 600 + number * 4000 + (number % 3) * 900, service);
    }
    let question = json!({
        "reason": "awaiting_approval", "approval": 7, "expires_at": "2026-11-24T00:00:00Z",
    });
    week.tell(600_000, EventType::Decision, "DEFERRED", 1, &question);
    week.gathering.finish(90 * 86_400, false)
}
