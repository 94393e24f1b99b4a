use std::time::Duration;

use super::unit_name;

#[test]
fn the_helper_units_name_says_what_is_kept_and_never_less_than_a_day() {
    let hour = Duration::from_hours(1);
    for (keep, name) in [
        (7 * 24 * hour, "7d"),
        (24 * hour, "1d"),
        (36 * hour, "36h"),
        (Duration::ZERO, "1d"),
        (hour, "1d"),
        // Rather more than less.
        (25 * hour + Duration::from_secs(1), "26h"),
        (24 * hour + Duration::from_nanos(1), "25h"),
        (Duration::MAX, "5124095576030432h"),
    ] {
        let unit = unit_name(keep).unwrap();
        assert_eq!(
            unit.as_str(),
            format!("prunelle-vacuum-journal@{name}.service")
        );
    }
}
