//! Time intervals in Alertmanager's words: names of days and months, ranges, days from the end of the month.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;

use super::checker::{Checker, Problem, join};
use crate::policy::wire::{Scalar, TimeIntervalWire, TimeSpanWire, TimesWire};
use crate::policy::{TimeInterval, TimeSpan};

const EXAMPLE: &str = "as in `{name: office, time_intervals: [{weekdays: ['monday:friday'], times: [{start_time: '09:00', end_time: '17:00'}]}]}`";
const WEEKDAYS: [&str; 7] = [
    "sunday",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
];
const MONTHS: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

pub(super) fn intervals(
    checker: &mut Checker<'_>,
    wires: Option<Vec<TimeIntervalWire>>,
) -> Option<Vec<TimeInterval>> {
    let mut names = BTreeSet::new();
    checker.each(
        "time_intervals",
        wires.unwrap_or_default(),
        |checker, at, wire| interval(checker, at, wire, &mut names),
    )
}

fn interval(
    checker: &mut Checker<'_>,
    at: &str,
    wire: TimeIntervalWire,
    names: &mut BTreeSet<String>,
) -> Option<TimeInterval> {
    let name = checker.required(at, "name", wire.name, EXAMPLE, |text| {
        super::value::unique_name(text, "time interval", names)
    });
    let spans = checker.present(at, "time_intervals", wire.time_intervals, EXAMPLE)?;
    let at = join(at, "time_intervals");
    if spans.is_empty() {
        checker.report(&at, empty());
    }
    let spans = checker.each(&at, spans, span);
    Some(TimeInterval {
        name: name?,
        spans: spans?,
    })
}

/// Alertmanager takes an empty list for one that nothing fits.
fn empty() -> Problem {
    Problem::new(
        "an empty list fits no moment",
        "leave the key out: what is not given fits always",
    )
}

fn span(checker: &mut Checker<'_>, at: &str, wire: TimeSpanWire) -> Option<TimeSpan> {
    let times = match wire.times {
        None => Some(Vec::new()),
        Some(wires) => {
            let at = join(at, "times");
            if wires.is_empty() {
                checker.report(&at, empty());
            }
            checker.each(&at, wires, times)
        }
    };
    let weekdays = ranges(checker, at, "weekdays", wire.weekdays, weekdays);
    let days_of_month = ranges(checker, at, "days_of_month", wire.days_of_month, days);
    let months = ranges(checker, at, "months", wire.months, months);
    let years = ranges(checker, at, "years", wire.years, years);
    let location = checker.or(at, "location", wire.location, TimeZone::UTC, location);
    Some(TimeSpan {
        times: times?,
        weekdays: weekdays?,
        days_of_month: days_of_month?,
        months: months?,
        years: years?,
        location: location?,
    })
}

/// A list that may be missing, but not empty.
fn ranges<T>(
    checker: &mut Checker<'_>,
    parent: &str,
    key: &str,
    values: Option<Vec<Scalar>>,
    read: impl Fn(&str) -> Result<T, Problem>,
) -> Option<Vec<T>> {
    let Some(values) = values else {
        return Some(Vec::new());
    };
    if values.is_empty() {
        checker.report(&join(parent, key), empty());
    }
    checker.list(parent, key, Some(values), read)
}

fn times(checker: &mut Checker<'_>, at: &str, wire: TimesWire) -> Option<(u16, u16)> {
    const EXAMPLE: &str = "as in `{start_time: '09:00', end_time: '17:00'}`";
    let start = checker.required(at, "start_time", wire.start_time, EXAMPLE, minute);
    let end = checker.required(at, "end_time", wire.end_time, EXAMPLE, minute);
    let (start, end) = (start?, end?);
    if start >= end {
        checker.report(
            at,
            Problem::new(
                "the start is not before the end",
                "a night is two intervals: `{start_time: '22:00', end_time: '24:00'}` and `{start_time: '00:00', end_time: '06:00'}`",
            ),
        );
        return None;
    }
    Some((start, end))
}

/// `HH:MM` in minutes of the day, up to `24:00`.
fn minute(text: &str) -> Result<u16, Problem> {
    let two = |digits: &str| {
        Some(digits)
            .filter(|digits| digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()))
            .and_then(|digits| digits.parse::<u16>().ok())
    };
    text.split_once(':')
        .and_then(|(hours, minutes)| Some((two(hours)?, two(minutes)?)))
        .filter(|&(hours, minutes)| minutes < 60 && (hours < 24 || (hours == 24 && minutes == 0)))
        .map(|(hours, minutes)| hours * 60 + minutes)
        .ok_or_else(|| {
            Problem::new(
                format!("`{text}` is not a time of the day"),
                "write `HH:MM` in quotes, from `'00:00'` to `'24:00'`",
            )
        })
}

/// `from:to` or one value for both; the order is the caller's matter.
fn range<T: Copy>(text: &str, one: impl Fn(&str) -> Option<T>) -> Option<(T, T)> {
    let text = text.trim().to_ascii_lowercase();
    match text.split_once(':') {
        Some((from, to)) => Some((one(from.trim())?, one(to.trim())?)),
        None => one(&text).map(|value| (value, value)),
    }
}

fn in_order<T: PartialOrd>(text: &str, (from, to): (T, T)) -> Result<(T, T), Problem> {
    if from <= to {
        return Ok((from, to));
    }
    Err(Problem::new(
        format!("`{text}` ends before it begins"),
        "write it as two: the part up to the end, and the part from the start",
    ))
}

fn weekdays(text: &str) -> Result<(i8, i8), Problem> {
    const HINT: &str = "write `monday`, or `monday:friday`; a week begins with `sunday`";
    let range = range(text, |name| position(&WEEKDAYS, name))
        .ok_or_else(|| Problem::new(format!("`{text}` is not a day of the week"), HINT))?;
    in_order(text, range)
}

fn days(text: &str) -> Result<(i8, i8), Problem> {
    const HINT: &str =
        "write days from 1 to 31, or from -31 to -1 counted from the end: `1:5`, `-3:-1`, `15:-1`";
    let day = |digits: &str| {
        digits
            .parse::<i8>()
            .ok()
            .filter(|day| (1..=31).contains(&day.abs()))
    };
    let (from, to) = range(text, day)
        .ok_or_else(|| Problem::new(format!("`{text}` is not a day of the month"), HINT))?;
    if from < 0 && to > 0 {
        return Err(Problem::new(
            format!("`{text}` begins at the end of the month and ends at its start"),
            HINT,
        ));
    }
    // `15:-1` is known to be in order only in a given month, which may be as long as 31 days.
    let end = if from > 0 && to < 0 { to + 32 } else { to };
    in_order(text, (from, end)).map(|_| (from, to))
}

fn months(text: &str) -> Result<(i8, i8), Problem> {
    const HINT: &str = "write `january` or `1`, or `may:august`";
    let month = |name: &str| {
        let number = name
            .parse::<i8>()
            .ok()
            .filter(|month| (1..=12).contains(month));
        number.or_else(|| position(&MONTHS, name).map(|index| index + 1))
    };
    let range =
        range(text, month).ok_or_else(|| Problem::new(format!("`{text}` is not a month"), HINT))?;
    in_order(text, range)
}

fn years(text: &str) -> Result<(i16, i16), Problem> {
    const HINT: &str = "write `2026`, or `2026:2027`";
    let year = |digits: &str| {
        digits
            .parse::<i16>()
            .ok()
            .filter(|year| (1970..=9999).contains(year))
    };
    let range =
        range(text, year).ok_or_else(|| Problem::new(format!("`{text}` is not a year"), HINT))?;
    in_order(text, range)
}

fn location(text: &str) -> Result<TimeZone, Problem> {
    if text.eq_ignore_ascii_case("local") {
        return Ok(TimeZone::system());
    }
    TimeZone::get(text).map_err(|_| {
        Problem::new(
            format!("unknown location `{text}`"),
            "write a name of the IANA database, as in `Europe/Paris`, or `Local`; if the name is right, install the package `tzdata`",
        )
    })
}

fn position(names: &[&str], name: &str) -> Option<i8> {
    names
        .iter()
        .position(|known| *known == name)
        .and_then(|index| i8::try_from(index).ok())
}
