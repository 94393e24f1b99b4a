//! A rehearsed month.

use std::path::Path;
use std::time::Duration;

use jiff::Timestamp;
use prunelle_healer::policy::load;
use prunelle_healer::simulate::{Assume, Coverage, Reading, Recorded, Report, Span, run};

use super::LONG;

const POLICY: &str = "
version: 1
host: {label: instance, is: ['web1:9750']}
mode: observe
defaults: {boot_grace: 0s}
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {unit: {label: name, allow: ['*.service']}}
    ladder: [{remedy: restart_service, verify: {unit_active: {stable_for: 2s}}}]
";
const MINUTE: i64 = 60_000;
const BEGIN: i64 = 1_792_000_000_000;
const MONTH: i64 = 30 * 24 * 60 * MINUTE;

fn down(name: &str, from: i64, minutes: i64) -> Recorded {
    let labels = [
        ("alertname", "ServiceDown"),
        ("instance", "web1:9750"),
        ("name", name),
        ("severity", "critical"),
    ];
    Recorded {
        labels: labels
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        from: BEGIN + from,
        to: BEGIN + from + minutes * MINUTE,
    }
}

/// With so many episodes.
pub(super) fn with(episodes: i64) -> Report {
    let moment = |at| Timestamp::from_millisecond(BEGIN + at).unwrap();
    let apart = MONTH / episodes.max(1);
    let name = |number: i64| match number % 5 {
        0 => LONG.to_owned(),
        _ => format!("shop-{}.service", number % 23),
    };
    let mut episodes: Vec<Recorded> = (0..episodes)
        .map(|number| down(&name(number), number * apart, 3 + number % 40))
        .collect();
    // One that flaps, until its budget is used up.
    if !episodes.is_empty() {
        episodes.extend((0..40).map(|number| down("cron.service", number * 2 * MINUTE, 1)));
    }
    episodes.sort_by_key(|episode| episode.from);
    let reading = Reading {
        span: Span {
            from: moment(0),
            to: moment(MONTH),
            step: None,
        },
        episodes,
        coverage: Coverage {
            first: Some(moment(0)),
            last: Some(moment(MONTH - 3000 * MINUTE)),
            gaps: Vec::new(),
            ratio: 0.93,
        },
        step: Duration::from_secs(15),
        prometheus: "2.42.0".to_owned(),
    };
    let policy = load::parse(Path::new("policy.yml"), POLICY).unwrap();
    run(&policy, reading, Assume::Success)
}
