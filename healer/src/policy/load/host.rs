//! What is said once for the host: whose alerts, which are critical, the heartbeat, groups, protection.

use std::collections::BTreeSet;
use std::time::Duration;

use super::checker::{Checker, Problem, Read, join};
use super::rule::matchers;
use super::value::{self, count, number};
use super::{PROTECTED_UNITS, paths};
use crate::policy::wire::{GroupWire, HeartbeatWire, HostWire, ProtectedWire, Scalar};
use crate::policy::{Group, Heartbeat, HostSelector, Matcher, MatcherTest, Protected};

const EXAMPLE_HOST: &str =
    "say which alerts are about this host: `host: {label: instance, is: ['web1:9750']}`";

const MISSING_AFTER: Duration = Duration::from_mins(3);
/// A heartbeat is sent at most every few seconds.
const SHORTEST_MISSING_AFTER: Duration = Duration::from_secs(10);
const LONGEST_MISSING_AFTER: Duration = Duration::from_hours(24);

pub(super) fn host(checker: &mut Checker<'_>, wire: Option<HostWire>) -> Option<HostSelector> {
    let wire = checker.present("", "host", wire, EXAMPLE_HOST)?;
    let label = checker.required("host", "label", wire.label, EXAMPLE_HOST, value::name);
    let is = checker.list("host", "is", wire.is, value::name);
    if is.as_ref().is_some_and(Vec::is_empty) {
        checker.report(
            "host.is",
            Problem::new("no alert can be about this host", EXAMPLE_HOST),
        );
    }
    Some(HostSelector {
        label: label?,
        is: is?,
    })
}

pub(super) fn critical(
    checker: &mut Checker<'_>,
    wire: Option<Vec<Scalar>>,
) -> Option<Vec<Matcher>> {
    if wire.is_none() {
        return Some(vec![equal("severity", "critical")]);
    }
    matchers(
        checker,
        "",
        "critical",
        wire,
        "as in `critical: ['severity = \"critical\"']`",
    )
}

pub(super) fn heartbeat(
    checker: &mut Checker<'_>,
    wire: Option<HeartbeatWire>,
) -> Read<Option<Heartbeat>> {
    const EXAMPLE: &str = "as in `matchers: ['alertname = \"Heartbeat\"']`";
    let Some(wire) = wire else {
        return Some(Some(Heartbeat {
            matchers: vec![equal("alertname", "Heartbeat")],
            missing_after: MISSING_AFTER,
        }));
    };
    let is_watched = checker.or("heartbeat", "watch", wire.watch, true, value::boolean);
    let has_matchers = wire.matchers.is_some();
    let matchers = if has_matchers {
        matchers(checker, "heartbeat", "matchers", wire.matchers, EXAMPLE)
    } else {
        Some(vec![equal("alertname", "Heartbeat")])
    };
    let missing_after = checker.or(
        "heartbeat",
        "missing_after",
        wire.missing_after,
        MISSING_AFTER,
        value::duration_within(SHORTEST_MISSING_AFTER, LONGEST_MISSING_AFTER),
    );
    let heartbeat = Heartbeat {
        matchers: matchers?,
        missing_after: missing_after?,
    };
    Some(is_watched?.then_some(heartbeat))
}

fn equal(name: &str, value: &str) -> Matcher {
    Matcher {
        name: name.to_owned(),
        test: MatcherTest::Equal(value.to_owned()),
    }
}

pub(super) fn groups(
    checker: &mut Checker<'_>,
    wires: Option<Vec<GroupWire>>,
) -> Option<Vec<Group>> {
    let mut names = BTreeSet::new();
    checker.each("groups", wires.unwrap_or_default(), |checker, at, wire| {
        group(checker, at, wire, &mut names)
    })
}

fn group(
    checker: &mut Checker<'_>,
    at: &str,
    wire: GroupWire,
    names: &mut BTreeSet<String>,
) -> Option<Group> {
    const EXAMPLE: &str =
        "as in `{name: web, units: ['web-*.service'], max_at_once: 1, min_healthy: 2}`";
    let name = checker.required(at, "name", wire.name, EXAMPLE, |text| {
        value::unique_name(text, "group", names)
    });
    let units = checker.list(at, "units", wire.units, value::unit_glob);
    if units.as_ref().is_some_and(Vec::is_empty) {
        checker.report(
            &join(at, "units"),
            Problem::new("the group has no unit", EXAMPLE),
        );
    }
    let max_at_once = checker.or(at, "max_at_once", wire.max_at_once, 1, count(1000));
    let min_healthy = checker.or(at, "min_healthy", wire.min_healthy, 0, number(0, 1000));
    Some(Group {
        name: name?,
        units: units?,
        max_at_once: max_at_once?,
        min_healthy: min_healthy?,
    })
}

pub(super) fn protected(checker: &mut Checker<'_>, wire: ProtectedWire) -> Option<Protected> {
    let mut units: Vec<_> = PROTECTED_UNITS
        .iter()
        .filter_map(|glob| value::unit_glob(glob).ok())
        .collect();
    let own_units = checker.list_or_empty("protected", "units", wire.units, value::unit_glob);
    let own_folders = checker.list_or_empty("protected", "paths", wire.paths, paths::absolute);
    units.extend(own_units?);
    let mut folders: Vec<_> = paths::PROTECTED.iter().map(Into::into).collect();
    folders.extend(own_folders?);
    Some(Protected {
        units,
        paths: folders,
    })
}
