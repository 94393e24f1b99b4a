//! Time intervals, as Alertmanager means them: a moment lies in an interval when every part that is given fits.

use jiff::Timestamp;
use jiff::civil::Weekday;
use jiff::tz::TimeZone;

/// One named interval of the policy: any of its spans.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeInterval {
    /// Unique.
    pub name: String,
    /// Alternatives.
    pub spans: Vec<TimeSpan>,
}

/// Parts that must all fit; an empty list fits always.
#[derive(Clone, Debug, PartialEq)]
pub struct TimeSpan {
    /// From, inclusive, to, exclusive, in minutes of the day; 1440 is its end.
    pub times: Vec<(u16, u16)>,
    /// From and to, both inclusive; Sunday is 0.
    pub weekdays: Vec<(i8, i8)>,
    /// From and to, both inclusive; negative numbers count from the end of the month.
    pub days_of_month: Vec<(i8, i8)>,
    /// From and to, both inclusive.
    pub months: Vec<(i8, i8)>,
    /// From and to, both inclusive.
    pub years: Vec<(i16, i16)>,
    /// By which clock.
    pub location: TimeZone,
}

impl TimeInterval {
    /// Whether the moment lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        self.spans.iter().any(|span| span.contains(at))
    }
}

impl TimeSpan {
    fn contains(&self, at: Timestamp) -> bool {
        let local = self.location.to_datetime(at);
        let minute =
            u16::from(local.hour().unsigned_abs()) * 60 + u16::from(local.minute().unsigned_abs());
        let fits_time = self.times.is_empty()
            || self
                .times
                .iter()
                .any(|(from, to)| (*from..*to).contains(&minute));
        let last = local.days_in_month();
        let day = local.day();
        let from_start = |wanted: i8| {
            if wanted < 0 {
                last + wanted + 1
            } else {
                wanted
            }
        };
        let fits_day = self.days_of_month.is_empty()
            || self
                .days_of_month
                .iter()
                .any(|(from, to)| (from_start(*from)..=from_start(*to)).contains(&day));
        fits_time
            && fits_day
            && any(&self.weekdays, sunday_is_zero(local.weekday()))
            && any(&self.months, local.month())
            && any(&self.years, local.year())
    }
}

fn sunday_is_zero(weekday: Weekday) -> i8 {
    weekday.to_sunday_zero_offset()
}

fn any<T: PartialOrd + Copy>(ranges: &[(T, T)], value: T) -> bool {
    ranges.is_empty()
        || ranges
            .iter()
            .any(|(from, to)| *from <= value && value <= *to)
}
