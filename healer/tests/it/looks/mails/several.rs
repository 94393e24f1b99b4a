//! Mails about no single incident.

use prunelle_healer::notify::message::{
    Content, Digest, Gathered, HeldWhy, Line, News, ReportNotice, Undelivered,
};
use serde_json::json;

use super::super::LONG;
use super::{Mail, at, message};

pub(super) fn all() -> Vec<Mail> {
    vec![
        Mail {
            name: "gathered",
            message: message(Content::Gathered(Gathered {
                alert: Some("ServiceDown".to_owned()),
                severity: serde_json::from_value(json!("critical")).unwrap(),
                total: 12,
                lines: lines(4),
            })),
            english: &[
                "12 incidents of ServiceDown on web1",
                "shop-3.service is down",
            ],
            french: &["12 incidents ServiceDown sur web1", "shop-3.service"],
            links: 1,
        },
        Mail {
            name: "digest",
            message: message(Content::Digest(Digest {
                since: at(-43_200),
                total: 37,
                held: HeldWhy::ALL.into_iter().zip([30, 1, 5, 1]).collect(),
                by_alert: vec![("ServiceDown".to_owned(), 21), ("DiskFull".to_owned(), 4)],
                lines: lines(30),
                undelivered: vec![Undelivered {
                    receiver: "on-call".to_owned(),
                    integration: "slack".to_owned(),
                    total: 3,
                    why: "hooks.slack.com answers 404 Not Found: no_service".to_owned(),
                }],
            })),
            english: &[
                "37 messages held back on web1",
                "21 incidents",
                "no_service",
            ],
            french: &["37 messages de web1", "21 incidents", "no_service"],
            links: 1,
        },
        Mail {
            name: "report",
            message: message(Content::Report(ReportNotice {
                since: at(-86_400 * 7 - 1385),
                until: at(-1385),
            })),
            english: &[
                "Incident report of web1",
                "17 November 2026",
                "24 November 2026",
            ],
            french: &["Rapport d’incidents de web1", "17 novembre 2026"],
            links: 1,
        },
    ]
}

fn lines(number: i64) -> Vec<Line> {
    let line = |number: i64| Line {
        incident: serde_json::from_value(json!(format!("00112233aabbccdd-{number}"))).unwrap(),
        news: [News::NotRepaired, News::Repaired, News::Ended]
            [usize::try_from(number % 3).unwrap()],
        severity: serde_json::from_value(json!(if number % 2 == 0 {
            "critical"
        } else {
            "warning"
        }))
        .unwrap(),
        began: at(number * 900 - 40_000),
        ended: (number % 3 != 0).then(|| at(number * 900 - 39_500)),
        summary: if number == 1 {
            format!("{LONG} is down on web1")
        } else {
            format!("shop-{number}.service is down on web1")
        },
    };
    (0..number).map(line).collect()
}
