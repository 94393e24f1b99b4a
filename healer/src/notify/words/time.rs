//! Times and durations as people say them.

use std::time::Duration;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ZonedDateTime};

use super::Reader;
use crate::policy::Language;

const ENGLISH_MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
const FRENCH_MONTHS: [&str; 12] = [
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
];

/// A moment in the reader's time zone.
#[derive(Clone, Debug)]
pub struct Moment<'a> {
    local: ZonedDateTime,
    reader: &'a Reader,
}

impl<'a> Moment<'a> {
    /// Of an instant.
    pub fn new(at: Timestamp, reader: &'a Reader) -> Self {
        Self {
            local: at.to_zoned_datetime(reader.time_zone.clone()),
            reader,
        }
    }

    /// `16:43:10`
    pub fn clock(&self) -> String {
        clock(&self.local)
    }

    /// `24 November 2026`
    pub fn day(&self) -> String {
        day(self.local.date(), self.reader.language)
    }

    /// `16:43:10`, with the day when it is not the one of `first`.
    pub fn clock_after(&self, first: Timestamp) -> String {
        let first = first.to_zoned_datetime(self.reader.time_zone.clone());
        if first.date() == self.local.date() {
            return self.clock();
        }
        format!(
            "{} {}",
            day_and_month(self.local.date(), self.reader.language),
            self.clock()
        )
    }

    /// `24 November 2026, 16:43:10`
    pub fn day_and_clock(&self) -> String {
        let join = self.reader.say(",", " à");
        format!("{}{join} {}", self.day(), self.clock())
    }

    /// `24 November 2026, 16:43:10 CET (15:43:10 UTC)`; once only where both are the same. What stands in brackets goes
    /// to the next line as a whole.
    pub fn full(&self) -> String {
        let zone = zone(&self.local);
        let here = format!("{}\u{a0}{zone}", self.day_and_clock());
        if zone == "UTC" {
            return here;
        }
        let universal = self.local.timestamp().to_zoned_datetime(TimeZone::UTC);
        let mut there = format!("{} UTC", clock(&universal));
        if universal.date() != self.local.date() {
            let day = day_and_month(universal.date(), self.reader.language);
            there = format!("{day} {there}");
        }
        format!("{here} ({})", there.replace(' ', "\u{a0}"))
    }
}

impl Reader {
    pub(super) fn moment(&self, at: Timestamp) -> Moment<'_> {
        Moment::new(at, self)
    }

    /// `0.8 s`, `42 s`, `3 min 20 s`, `1 h 5 min`, `2 days 3 h`
    pub(crate) fn duration(&self, duration: Duration) -> String {
        let seconds = duration.as_secs();
        if seconds < 10 {
            let tenths = duration.as_millis().div_ceil(100);
            let (whole, tenth) = (tenths / 10, tenths % 10);
            let point = self.say(".", ",");
            return if tenth == 0 {
                format!("{whole}\u{a0}s")
            } else {
                format!("{whole}{point}{tenth}\u{a0}s")
            };
        }
        let days = |count| match (count, self.language) {
            (1, Language::English) => "1\u{a0}day".to_owned(),
            (count, Language::English) => format!("{count}\u{a0}days"),
            (1, Language::French) => "1\u{a0}jour".to_owned(),
            (count, Language::French) => format!("{count}\u{a0}jours"),
        };
        let (large, small) = match seconds {
            0..60 => return format!("{seconds}\u{a0}s"),
            60..3600 => (format!("{}\u{a0}min", seconds / 60), (seconds % 60, "s")),
            3600..86_400 => (
                format!("{}\u{a0}h", seconds / 3600),
                (seconds % 3600 / 60, "min"),
            ),
            _ => (days(seconds / 86_400), (seconds % 86_400 / 3600, "h")),
        };
        match small {
            (0, _) => large,
            (small, unit) => format!("{large} {small}\u{a0}{unit}"),
        }
    }

    /// From one moment to a later one.
    pub(super) fn between(&self, from: Timestamp, to: Timestamp) -> String {
        self.duration(Duration::try_from(to.duration_since(from)).unwrap_or_default())
    }
}

fn clock(at: &ZonedDateTime) -> String {
    format!("{:02}:{:02}:{:02}", at.hour(), at.minute(), at.second())
}

fn day(date: Date, language: Language) -> String {
    format!("{} {}", day_and_month(date, language), date.year())
}

fn day_and_month(date: Date, language: Language) -> String {
    let months = match language {
        Language::English => ENGLISH_MONTHS,
        Language::French => FRENCH_MONTHS,
    };
    let month = usize::try_from(date.month() - 1)
        .ok()
        .and_then(|index| months.get(index))
        .copied()
        .unwrap_or_default();
    match (date.day(), language) {
        (1, Language::French) => format!("1er {month}"),
        (day, _) => format!("{day} {month}"),
    }
}

/// `CET`, or `UTC+03` of zones that have no name for their time.
fn zone(at: &ZonedDateTime) -> String {
    let name = at.strftime("%Z").to_string();
    if name.starts_with(['+', '-']) {
        format!("UTC{name}")
    } else {
        name
    }
}
