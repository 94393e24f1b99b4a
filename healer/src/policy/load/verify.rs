//! Checks: each with its settings and bounds, suiting the rule's target, nested at most [`MAX_DEPTH`] deep.

use std::time::Duration;

use reqwest::Url;

use super::checker::{Checker, Problem, join};
use super::remedy::foreign;
use super::target::TargetKind;
use super::{suits, value};
use crate::policy::wire::{CheckSettingsWire, CheckWire, OF_CHECKS, Scalar};
use crate::policy::{Pressure, Verify};
use crate::target::Resource;

/// `all` and `any` within each other.
pub(super) const MAX_DEPTH: usize = 3;
const MOST_CHECKS: usize = 10;
const STABLE_FOR: Duration = Duration::from_secs(2);
const LONGEST_STABLE_FOR: Duration = Duration::from_hours(1);
const LONGEST_EXPRESSION: usize = 10_000;

const NAMES: [&str; 12] = [
    "unit_active",
    "unit_inactive",
    "free_space",
    "memory_below",
    "cpu_below",
    "pressure_below",
    "promql",
    "http",
    "tcp",
    "alert_inactive",
    "all",
    "any",
];

const CHECKS: &str = "checks: `unit_active: {stable_for: 2s}`, `unit_inactive: {stable_for: 2s}`, `free_space: {at_least: 15%}`, `memory_below: 85%`, `cpu_below: 80%`, `pressure_below: {cpu: 20%}`, `promql: 'up == 1'`, `http: {url: 'http://127.0.0.1/'}`, `tcp: '127.0.0.1:80'`, `alert_inactive: {}`, and `all: […]`, `any: […]` of them";

/// The check of the rung at `at`.
pub(super) fn verify(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<CheckWire>,
    target: Option<TargetKind>,
) -> Option<Verify> {
    let wire = checker.present(at, "verify", wire, CHECKS)?;
    check(checker, &join(at, "verify"), wire, target, 0)
}

/// One key of a check, with what it was given.
enum Given {
    Settings(CheckSettingsWire),
    Value(Scalar),
    Checks(Vec<CheckWire>),
}

fn given(wire: CheckWire) -> Vec<(&'static str, Given)> {
    let settings = [
        ("unit_active", wire.unit_active),
        ("unit_inactive", wire.unit_inactive),
        ("free_space", wire.free_space),
        ("pressure_below", wire.pressure_below),
        ("http", wire.http),
        ("alert_inactive", wire.alert_inactive),
    ];
    let values = [
        ("memory_below", wire.memory_below),
        ("cpu_below", wire.cpu_below),
        ("promql", wire.promql),
        ("tcp", wire.tcp),
    ];
    let checks = [("all", wire.all), ("any", wire.any)];
    let settings = settings
        .into_iter()
        .filter_map(|(name, value)| Some((name, Given::Settings(value?))));
    let values = values
        .into_iter()
        .filter_map(|(name, value)| Some((name, Given::Value(value?))));
    let checks = checks
        .into_iter()
        .filter_map(|(name, value)| Some((name, Given::Checks(value?))));
    settings.chain(values).chain(checks).collect()
}

fn check(
    checker: &mut Checker<'_>,
    at: &str,
    wire: CheckWire,
    target: Option<TargetKind>,
    depth: usize,
) -> Option<Verify> {
    let mut given = given(wire).into_iter();
    let (name, given) = match (given.next(), given.next()) {
        (Some(one), None) => one,
        (None, _) => {
            checker.report(at, Problem::new("there is no check in it", CHECKS));
            return None;
        }
        (Some(_), Some(_)) => {
            checker.report(
                at,
                Problem::new(
                    "more than one check in one mapping",
                    "join them: `all: [{…}, {…}]` when each must hold, `any: [{…}, {…}]` when one is enough",
                ),
            );
            return None;
        }
    };
    let at = join(at, name);
    if let Err(problem) = suits::check(name, target, &NAMES) {
        checker.report(&at, problem);
    }
    match given {
        Given::Settings(settings) => with_settings(checker, &at, name, settings),
        Given::Value(text) => with_value(checker, &at, name, &text),
        Given::Checks(checks) => joined(checker, &at, name, checks, target, depth),
    }
}

fn joined(
    checker: &mut Checker<'_>,
    at: &str,
    name: &str,
    wires: Vec<CheckWire>,
    target: Option<TargetKind>,
    depth: usize,
) -> Option<Verify> {
    let problem = if wires.is_empty() {
        Some("there is no check in it".to_owned())
    } else if wires.len() > MOST_CHECKS {
        Some(format!("more than {MOST_CHECKS} checks in one list"))
    } else if depth >= MAX_DEPTH {
        Some(format!("checks are nested more than {MAX_DEPTH} deep"))
    } else {
        None
    };
    if let Some(message) = problem {
        checker.report(at, Problem::new(message, CHECKS));
        return None;
    }
    let checks = checker.each(at, wires, |checker, at, wire| {
        check(checker, at, wire, target, depth + 1)
    })?;
    Some(if name == "all" {
        Verify::All(checks)
    } else {
        Verify::Any(checks)
    })
}

fn with_settings(
    checker: &mut Checker<'_>,
    at: &str,
    name: &str,
    wire: CheckSettingsWire,
) -> Option<Verify> {
    refuse_others(checker, at, name, &wire);
    match name {
        "unit_active" => Some(Verify::UnitActive {
            stable_for: stable_for(checker, at, wire.stable_for)?,
        }),
        "unit_inactive" => Some(Verify::UnitInactive {
            stable_for: stable_for(checker, at, wire.stable_for)?,
        }),
        "free_space" => {
            let hint = "as in `free_space: {at_least: 15%}`";
            let at_least =
                checker.required(at, "at_least", wire.at_least, hint, value::ratio_above_zero)?;
            Some(Verify::FreeSpace { at_least })
        }
        "pressure_below" => pressure(checker, at, wire),
        "http" => http(checker, at, wire),
        _ => Some(Verify::AlertInactive),
    }
}

/// Settings of other checks are told with their owners.
fn refuse_others(checker: &mut Checker<'_>, at: &str, name: &str, wire: &CheckSettingsWire) {
    let is_of = |check: &str, key: &str| {
        OF_CHECKS
            .iter()
            .any(|(other, keys)| *other == check && keys.contains(&key))
    };
    for key in wire.given().into_iter().filter(|key| !is_of(name, key)) {
        let owners = OF_CHECKS
            .iter()
            .map(|(owner, _)| *owner)
            .filter(|owner| is_of(owner, key));
        checker.report(&join(at, key), foreign(name, key, owners));
    }
}

fn stable_for(checker: &mut Checker<'_>, at: &str, wire: Option<Scalar>) -> Option<Duration> {
    let read = value::duration_within(Duration::ZERO, LONGEST_STABLE_FOR);
    checker.or(at, "stable_for", wire, STABLE_FOR, read)
}

fn pressure(checker: &mut Checker<'_>, at: &str, wire: CheckSettingsWire) -> Option<Verify> {
    let mut given = [
        (Pressure::Cpu, wire.cpu),
        (Pressure::Memory, wire.memory),
        (Pressure::Io, wire.io),
    ]
    .into_iter()
    .filter_map(|(resource, value)| Some((resource, value?)));
    let (Some((resource, share)), None) = (given.next(), given.next()) else {
        checker.report(
            at,
            Problem::new(
                "the pressure is of one resource",
                "write one of `{cpu: 20%}`, `{memory: 10%}`, `{io: 30%}`; join several with `all`",
            ),
        );
        return None;
    };
    let ratio = checker.required(
        at,
        resource.as_str(),
        Some(share),
        "",
        value::ratio_above_zero,
    )?;
    Some(Verify::PressureBelow { resource, ratio })
}

fn http(checker: &mut Checker<'_>, at: &str, wire: CheckSettingsWire) -> Option<Verify> {
    let hint = "as in `http: {url: 'http://127.0.0.1/', status: [200]}`";
    let url = checker.required(at, "url", wire.url, hint, |text| {
        let is_valid = Url::parse(text)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host());
        if is_valid {
            Ok(text.to_owned())
        } else {
            Err(Problem::new(
                format!("`{text}` is not a URL that can be asked"),
                "write it in full: `http://127.0.0.1:8080/health`",
            ))
        }
    });
    let status = match wire.status {
        None => Some(vec![200]),
        Some(list) => {
            if list.is_empty() {
                checker.report(
                    &join(at, "status"),
                    Problem::new("no answer would be good", hint),
                );
            }
            checker.list(at, "status", Some(list), |text| {
                text.parse()
                    .ok()
                    .filter(|code| (100..=599).contains(code))
                    .ok_or_else(|| {
                        Problem::new(
                            format!("`{text}` is not a status code"),
                            "write numbers from 100 to 599",
                        )
                    })
            })
        }
    };
    Some(Verify::Http {
        url: url?,
        status: status?,
    })
}

fn with_value(checker: &mut Checker<'_>, at: &str, name: &str, text: &Scalar) -> Option<Verify> {
    let text = text.0.as_str();
    let read = match name {
        "memory_below" => value::ratio_above_zero(text).map(|ratio| Verify::UsageBelow {
            resource: Resource::Memory,
            ratio,
        }),
        "cpu_below" => value::ratio_above_zero(text).map(|ratio| Verify::UsageBelow {
            resource: Resource::Cpu,
            ratio,
        }),
        "promql" => expression(text),
        _ => address(text),
    };
    read.map_err(|problem| checker.report(at, problem)).ok()
}

fn expression(text: &str) -> Result<Verify, Problem> {
    if text.trim().is_empty() || text.len() > LONGEST_EXPRESSION {
        return Err(Problem::new(
            "an expression that asks nothing, or too much",
            "as in `promql: 'up{job=\"x\"} == 1'`: it holds when something is returned",
        ));
    }
    Ok(Verify::Promql {
        expr: text.to_owned(),
    })
}

fn address(text: &str) -> Result<Verify, Problem> {
    let is_valid = text.rsplit_once(':').is_some_and(|(host, port)| {
        let is_host = if let Some(inner) = host.strip_prefix('[') {
            inner
                .strip_suffix(']')
                .is_some_and(|address| address.parse::<std::net::Ipv6Addr>().is_ok())
        } else {
            !host.is_empty() && !host.contains([':', '/', ' ', '@'])
        };
        is_host && port.parse::<u16>().is_ok_and(|port| port > 0)
    });
    if !is_valid {
        return Err(Problem::new(
            format!("`{text}` is not an address"),
            "write host and port: `127.0.0.1:80`, `db.example.org:5432`, `[::1]:80`",
        ));
    }
    Ok(Verify::Tcp {
        address: text.to_owned(),
    })
}
