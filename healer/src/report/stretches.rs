//! The period in equal stretches by the local clock: hours, days or weeks.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan as _};

use super::summary::{Fate, Fates, Period, Stretch};

/// Up to this many hours by the hour, up to this many days by the day, else by the week.
const HOURS: i64 = 72;
const DAYS: i64 = 120;
/// A longer period has its rest in the last one.
const MOST: usize = 600;

/// The stretches of a period with their counts.
#[derive(Clone, Debug)]
pub(super) struct Stretches(Vec<Stretch>);

impl Stretches {
    pub(super) fn of(period: Period, zone: &TimeZone) -> Self {
        let mut ends = ends(period, zone);
        ends.push(period.until);
        let mut from = period.since;
        let stretches = ends.into_iter().map(|to| {
            let stretch = Stretch {
                from,
                to,
                fates: Fates::default(),
            };
            from = to;
            stretch
        });
        Self(stretches.collect())
    }

    pub(super) fn count(&mut self, at: Timestamp, fate: Fate) {
        let place = self.0.partition_point(|stretch| stretch.to <= at);
        if let Some(stretch) = self.0.get_mut(place) {
            stretch.fates.count(fate);
        }
    }

    pub(super) fn into_vec(self) -> Vec<Stretch> {
        self.0
    }
}

/// Moments inside the period at which a stretch ends and the next begins.
fn ends(period: Period, zone: &TimeZone) -> Vec<Timestamp> {
    let length = period.until.duration_since(period.since);
    let mut ends = Vec::new();
    if length <= SignedDuration::from_hours(HOURS) {
        // Hours of the clock, by time that passes: the hour that a change of clocks repeats is two.
        let first = zone.to_datetime(period.since);
        let into = i64::from(first.minute()) * 60 + i64::from(first.second());
        let mut end = period.since.as_second() - into + 3600;
        while end < period.until.as_second() && ends.len() < MOST {
            ends.extend(Timestamp::from_second(end));
            end += 3600;
        }
        return ends;
    }
    let days = if length <= SignedDuration::from_hours(DAYS * 24) {
        1
    } else {
        7
    };
    let mut day: DateTime = zone.to_datetime(period.since).date().into();
    while ends.len() < MOST {
        let Ok(next) = day.checked_add(days.days()) else {
            break;
        };
        day = next;
        match zone.to_timestamp(day) {
            Ok(end) if end < period.until => ends.push(end),
            _ => break,
        }
    }
    ends
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stretches(since: &str, until: &str, zone: &str) -> Vec<Stretch> {
        let period = Period {
            since: since.parse().unwrap(),
            until: until.parse().unwrap(),
        };
        let stretches = Stretches::of(period, &TimeZone::get(zone).unwrap()).into_vec();
        assert_eq!(stretches.first().unwrap().from, period.since);
        assert_eq!(stretches.last().unwrap().to, period.until);
        for pair in stretches.windows(2) {
            assert_eq!(pair[0].to, pair[1].from);
        }
        stretches
    }

    #[test]
    fn days_are_those_of_the_local_clock_also_when_it_changes() {
        // Clocks go back on the 25th: that day has 25 hours.
        let days = stretches(
            "2026-10-22T22:00:00Z",
            "2026-10-28T23:00:00Z",
            "Europe/Paris",
        );
        let hours: Vec<i64> = days
            .iter()
            .map(|day| day.to.duration_since(day.from).as_hours())
            .collect();
        assert_eq!(hours, [24, 24, 25, 24, 24, 24]);
    }

    #[test]
    fn a_short_period_is_cut_into_hours_and_a_long_one_into_weeks() {
        let hours = stretches(
            "2026-11-24T10:20:00Z",
            "2026-11-24T13:00:00Z",
            "Asia/Kolkata",
        );
        let froms: Vec<String> = hours.iter().map(|hour| hour.from.to_string()).collect();
        assert_eq!(
            froms,
            [
                "2026-11-24T10:20:00Z",
                "2026-11-24T10:30:00Z",
                "2026-11-24T11:30:00Z",
                "2026-11-24T12:30:00Z"
            ]
        );
        assert_eq!(
            stretches("2026-01-01T00:00:00Z", "2026-12-31T00:00:00Z", "UTC").len(),
            52
        );
    }

    #[test]
    fn a_moment_counts_where_it_lies() {
        let period = Period {
            since: "2026-11-20T00:00:00Z".parse().unwrap(),
            until: "2026-11-27T00:00:00Z".parse().unwrap(),
        };
        let mut days = Stretches::of(period, &TimeZone::UTC);
        for at in [
            "2026-11-20T00:00:00Z",
            "2026-11-20T23:59:59.9Z",
            "2026-11-21T00:00:00Z",
        ] {
            days.count(at.parse().unwrap(), Fate::Repaired);
        }
        let counts: Vec<u64> = days
            .into_vec()
            .iter()
            .map(|day| day.fates.repaired)
            .collect();
        assert_eq!(counts, [2, 1, 0, 0, 0, 0, 0]);
    }
}
