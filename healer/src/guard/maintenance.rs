//! Maintenance: whether a rule is in force at this time of day, week or year, and when it will be again.
//!
//! Asked by the guard of switches. Time intervals are in the wall clock's time: nothing else could be meant.

use std::time::Duration;

use jiff::Timestamp;

use crate::policy::Rule;

/// Intervals begin and end with whole minutes.
const MINUTE: Duration = Duration::from_mins(1);
/// How far ahead it is looked for the end. Longer maintenance is asked about again, which also follows a clock that was
/// set and a change to summer time.
const MINUTES_AHEAD: u32 = 15;

/// How long to wait until the rule is in force, or until it is worth asking again; none when it is in force now.
pub(super) fn wait_for_rule(rule: &Rule, now: Timestamp) -> Option<Duration> {
    if is_in_force(rule, now) {
        return None;
    }
    let into_minute = now.as_second().rem_euclid(60).unsigned_abs();
    let to_minute = MINUTE
        .saturating_sub(Duration::from_secs(into_minute))
        .saturating_sub(Duration::from_nanos(
            now.subsec_nanosecond().unsigned_abs().into(),
        ));
    let mut waits = (0..MINUTES_AHEAD).map(|minute| to_minute + MINUTE * minute);
    let end = waits.clone().find(|wait| {
        now.checked_add(*wait)
            .is_ok_and(|then| is_in_force(rule, then))
    });
    end.or_else(|| waits.next_back())
}

fn is_in_force(rule: &Rule, at: Timestamp) -> bool {
    let is_active = rule.active_time_intervals.is_empty()
        || rule
            .active_time_intervals
            .iter()
            .any(|interval| interval.contains(at));
    is_active
        && !rule
            .mute_time_intervals
            .iter()
            .any(|interval| interval.contains(at))
}
