//! When a regular report is due: in the morning after its period's end, by the local clock. Pure.
//!
//! After a time in which nothing could be sent, the last period is due once; those before it are not made up for.

use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, ToSpan as _};

use super::summary::Period;
use crate::policy::ReportPeriod;

/// When people begin to read.
const MORNING: Time = Time::constant(7, 0, 0, 0);

/// A report that is sent regularly.
#[derive(Clone, Debug)]
pub struct Schedule {
    /// How long a period is.
    pub every: ReportPeriod,
    /// By which clock it begins.
    pub zone: TimeZone,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// The report of this period is due.
    Now(Period),
    /// Nothing until then; none: never, for time is not counted that far.
    At(Option<Timestamp>),
}

impl Schedule {
    /// What comes next when the report until `last` was the last one.
    pub fn next(&self, now: Timestamp, last: Timestamp) -> Next {
        match self.last_due(now) {
            Some(period) if period.until > last => Next::Now(period),
            _ => Next::At(self.next_due(now)),
        }
    }

    /// The last period whose report is due at `now` or was before.
    pub fn last_due(&self, now: Timestamp) -> Option<Period> {
        let mut end = self.begin_of_period(now)?;
        if self.due(end)? > now {
            end = end.checked_sub(self.length()).ok()?;
        }
        let since = end.checked_sub(self.length()).ok()?;
        Some(Period {
            since: self.midnight(since)?,
            until: self.midnight(end)?,
        })
    }

    fn next_due(&self, now: Timestamp) -> Option<Timestamp> {
        let begin = self.begin_of_period(now)?;
        let due = self.due(begin)?;
        if due > now {
            return Some(due);
        }
        self.due(begin.checked_add(self.length()).ok()?)
    }

    /// The first day of the period that `now` lies in.
    fn begin_of_period(&self, now: Timestamp) -> Option<Date> {
        let today = self.zone.to_datetime(now).date();
        match self.every {
            ReportPeriod::Day => Some(today),
            ReportPeriod::Week => {
                let passed = today.weekday().to_monday_zero_offset();
                today.checked_sub(i64::from(passed).days()).ok()
            }
            ReportPeriod::Month => Some(today.first_of_month()),
        }
    }

    fn length(&self) -> Span {
        match self.every {
            ReportPeriod::Day => 1.day(),
            ReportPeriod::Week => 1.week(),
            ReportPeriod::Month => 1.month(),
        }
    }

    fn midnight(&self, day: Date) -> Option<Timestamp> {
        self.zone
            .to_timestamp(day.to_datetime(Time::midnight()))
            .ok()
    }

    /// The morning of the first day after the period.
    fn due(&self, end: Date) -> Option<Timestamp> {
        self.zone.to_timestamp(end.to_datetime(MORNING)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(every: ReportPeriod) -> Schedule {
        Schedule {
            every,
            zone: TimeZone::get("Europe/Paris").unwrap(),
        }
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn period(every: ReportPeriod, now: &str) -> [String; 2] {
        let period = schedule(every).last_due(at(now)).unwrap();
        [period.since.to_string(), period.until.to_string()]
    }

    #[test]
    fn it_is_due_at_seven_in_the_morning_after_the_period() {
        use ReportPeriod::{Day, Month, Week};
        // 07:00 in Paris is 06:00 UTC in winter. 2026-11-23 is a Monday.
        let cases = [
            (
                Day,
                "2026-11-24T05:59:59Z",
                ["2026-11-21T23:00:00Z", "2026-11-22T23:00:00Z"],
            ),
            (
                Day,
                "2026-11-24T06:00:00Z",
                ["2026-11-22T23:00:00Z", "2026-11-23T23:00:00Z"],
            ),
            (
                Week,
                "2026-11-23T05:59:59Z",
                ["2026-11-08T23:00:00Z", "2026-11-15T23:00:00Z"],
            ),
            (
                Week,
                "2026-11-23T06:00:00Z",
                ["2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z"],
            ),
            (
                Week,
                "2026-11-29T22:59:59Z",
                ["2026-11-15T23:00:00Z", "2026-11-22T23:00:00Z"],
            ),
            (
                Month,
                "2026-03-01T05:59:59Z",
                ["2025-12-31T23:00:00Z", "2026-01-31T23:00:00Z"],
            ),
            (
                Month,
                "2026-03-01T06:00:00Z",
                ["2026-01-31T23:00:00Z", "2026-02-28T23:00:00Z"],
            ),
        ];
        for (every, now, expected) in cases {
            assert_eq!(period(every, now), expected, "{every:?} {now}");
        }
    }

    #[test]
    fn periods_follow_the_local_clock_over_its_changes() {
        // Clocks go forward on 29 March and back on 25 October: the day has 23 and 25 hours.
        for (now, hours) in [("2026-03-30T05:00:00Z", 23), ("2026-10-26T06:00:00Z", 25)] {
            let day = schedule(ReportPeriod::Day).last_due(at(now)).unwrap();
            assert_eq!(
                day.until.duration_since(day.since).as_hours(),
                hours,
                "{now}"
            );
        }
        let week = schedule(ReportPeriod::Week);
        assert_eq!(
            week.next_due(at("2026-10-24T12:00:00Z")),
            Some(at("2026-10-26T06:00:00Z"))
        );
        assert_eq!(
            week.next_due(at("2026-10-17T12:00:00Z")),
            Some(at("2026-10-19T05:00:00Z"))
        );
    }

    #[test]
    fn each_period_is_due_once_and_after_a_long_time_only_the_last() {
        let week = schedule(ReportPeriod::Week);
        let mut last = at("2026-11-01T23:00:00Z");
        // Three weeks without a healer.
        let now = at("2026-11-23T14:00:00Z");
        let Next::Now(due) = week.next(now, last) else {
            panic!("nothing is due");
        };
        assert_eq!(due.until, at("2026-11-22T23:00:00Z"));
        last = due.until;
        assert_eq!(
            week.next(now, last),
            Next::At(Some(at("2026-11-30T06:00:00Z")))
        );
        let next = week.next(at("2026-11-30T06:00:00Z"), last);
        assert!(
            matches!(next, Next::Now(period) if period.since == last),
            "{next:?}"
        );
    }

    #[test]
    fn the_periods_of_a_year_join_without_gap_or_overlap() {
        for every in [ReportPeriod::Day, ReportPeriod::Week, ReportPeriod::Month] {
            let schedule = schedule(every);
            let mut now = at("2026-01-10T00:00:00Z");
            let mut last = schedule.last_due(now).unwrap().until;
            while now < at("2027-01-10T00:00:00Z") {
                match schedule.next(now, last) {
                    Next::Now(period) => {
                        assert_eq!(period.since, last, "{every:?} at {now}");
                        last = period.until;
                    }
                    Next::At(Some(next)) => {
                        assert!(next > now);
                        now = next;
                    }
                    Next::At(None) => panic!("time ends"),
                }
            }
        }
    }
}
