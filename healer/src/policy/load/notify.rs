//! What is told to whom, and when: `notify`, with the receivers and time intervals that it names.

use std::time::Duration;

use jiff::tz::TimeZone;

use super::checker::{Checker, Problem, join};
use super::receivers::{language, message_limit};
use super::rule::{each_matcher, intervals_by_name, named_receiver};
use super::value::{boolean, duration_within};
use crate::policy::wire::{HoldWire, MessageLimitWire, NotifyWire, RouteWire, ScheduledReportWire};
use crate::policy::{
    Integration, MessageLimit, Receiver, ReportPeriod, Route, ScheduledReport, Telling,
    TimeInterval,
};

/// Waiting longer is no gathering any more, it is keeping something from people.
const LONGEST_WAIT: Duration = Duration::from_mins(10);
const SHORTEST_DIGEST: Duration = Duration::from_mins(1);
const LONGEST_DIGEST: Duration = Duration::from_hours(24);
const ROUTE_EXAMPLE: &str = "write `receivers: [ops]`, or `receivers: []` to tell nobody";
const REPORT_EXAMPLE: &str = "as in `report: {every: week, receivers: [ops]}`";

/// What `notify` refers to; a part that has errors of its own is missing and not checked against.
pub(super) struct Known<'a> {
    pub(super) receivers: Option<&'a [Receiver]>,
    pub(super) time_intervals: Option<&'a [TimeInterval]>,
}

pub(super) fn telling(
    checker: &mut Checker<'_>,
    wire: Option<NotifyWire>,
    known: &Known<'_>,
) -> Option<Telling> {
    const AT: &str = "notify";
    let default = Telling::default();
    let wire = wire.unwrap_or_default();
    let language = checker.or(AT, "language", wire.language, default.language, language);
    let time_zone = checker.or(AT, "time_zone", wire.time_zone, None, |text| {
        time_zone(text).map(Some)
    });
    let hold = hold(checker, wire.hold.unwrap_or_default(), &default);
    let gather = checker.or(AT, "gather", wire.gather, default.gather, wait);
    let of_receiver = limit(checker, "notify.limit", wire.limit.as_ref(), default.limit);
    let of_incident = limit(
        checker,
        "notify.incident_limit",
        wire.incident_limit.as_ref(),
        default.incident_limit,
    );
    let quiet_hours = intervals_by_name(
        checker,
        AT,
        "quiet_hours",
        wire.quiet_hours,
        known.time_intervals,
    );
    let digest_every = checker.or(
        AT,
        "digest_every",
        wire.digest_every,
        default.digest_every,
        duration_within(SHORTEST_DIGEST, LONGEST_DIGEST),
    );
    let routes = checker.each(
        "notify.routes",
        wire.routes.unwrap_or_default(),
        |checker, at, wire| route(checker, at, wire, known),
    );
    let report = match wire.report {
        Some(wire) => report(checker, wire, known).map(Some),
        None => Some(None),
    };
    let (hold_critical, hold_warning) = hold?;
    Some(Telling {
        language: language?,
        time_zone: time_zone?,
        hold_critical,
        hold_warning,
        gather: gather?,
        limit: of_receiver?,
        incident_limit: of_incident?,
        quiet_hours: quiet_hours?,
        digest_every: digest_every?,
        routes: routes?,
        report: report?,
    })
}

fn time_zone(text: &str) -> Result<String, Problem> {
    TimeZone::get(text)
        .map(|_| text.to_owned())
        .map_err(|_| {
            Problem::new(
                format!("unknown time zone `{text}`"),
                "write a name of the IANA database, as in `Europe/Paris`, or leave it out for the machine's; if the name is right, install the package `tzdata`",
            )
        })
}

fn hold(
    checker: &mut Checker<'_>,
    wire: HoldWire,
    default: &Telling,
) -> Option<(Duration, Duration)> {
    const AT: &str = "notify.hold";
    let critical = checker.or(AT, "critical", wire.critical, default.hold_critical, wait);
    let warning = checker.or(AT, "warning", wire.warning, default.hold_warning, wait);
    Some((critical?, warning?))
}

fn wait(text: &str) -> Result<Duration, Problem> {
    duration_within(Duration::ZERO, LONGEST_WAIT)(text)
}

fn limit(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<&MessageLimitWire>,
    default: MessageLimit,
) -> Option<MessageLimit> {
    wire.map_or(Some(default), |wire| message_limit(checker, at, wire))
}

fn route(checker: &mut Checker<'_>, at: &str, wire: RouteWire, known: &Known<'_>) -> Option<Route> {
    let matchers = each_matcher(checker, at, "matchers", wire.matchers.unwrap_or_default());
    let named = checker.present(at, "receivers", wire.receivers, ROUTE_EXAMPLE);
    let receivers = named
        .and_then(|named| checker.list(at, "receivers", Some(named), |text| receiver(text, known)));
    let is_continued = checker.or(at, "continue", wire.continues, false, boolean);
    Some(Route {
        matchers: matchers?,
        receivers: receivers?,
        is_continued: is_continued?,
    })
}

fn receiver(text: &str, known: &Known<'_>) -> Result<String, Problem> {
    known
        .receivers
        .map_or(Ok(text.to_owned()), |known| named_receiver(text, known))
}

fn report(
    checker: &mut Checker<'_>,
    wire: ScheduledReportWire,
    known: &Known<'_>,
) -> Option<ScheduledReport> {
    const AT: &str = "notify.report";
    let every = checker.required(AT, "every", wire.every, REPORT_EXAMPLE, period);
    let named = checker.present(AT, "receivers", wire.receivers, REPORT_EXAMPLE);
    let receivers = named.and_then(|named| {
        checker.list(AT, "receivers", Some(named), |text| {
            let name = receiver(text, known)?;
            takes_mail(&name, known).map(|()| name)
        })
    });
    if receivers.as_ref().is_some_and(Vec::is_empty) {
        checker.report(
            &join(AT, "receivers"),
            Problem::new(
                "the report goes to nobody",
                format!("name a receiver with mail, {REPORT_EXAMPLE}, or remove `report`"),
            ),
        );
    }
    Some(ScheduledReport {
        every: every?,
        receivers: receivers?,
    })
}

fn period(text: &str) -> Result<ReportPeriod, Problem> {
    ReportPeriod::ALL
        .into_iter()
        .find(|period| period.as_str() == text)
        .ok_or_else(|| {
            let words = ReportPeriod::ALL.map(|period| format!("`{}`", period.as_str()));
            Problem::new(
                format!("unknown period `{text}`"),
                format!("one of {}", words.join(", ")),
            )
        })
}

/// A report is a mail with files; no other way carries it.
fn takes_mail(name: &str, known: &Known<'_>) -> Result<(), Problem> {
    let has_mail = |receiver: &Receiver| {
        let mut ways = receiver.integrations.iter();
        ways.any(|way| matches!(way, Integration::Email { .. }))
    };
    let found = known
        .receivers
        .and_then(|known| known.iter().find(|receiver| receiver.name == name));
    match found {
        Some(receiver) if !has_mail(receiver) => Err(Problem::new(
            format!("`{name}` takes no mail, and a report goes by mail only"),
            format!("add `email: {{to: [ops@example.org]}}` to `{name}`, or name another receiver"),
        )),
        _ => Ok(()),
    }
}
