use super::*;

#[test]
fn durations_are_told_as_people_say_them() {
    let seconds = Duration::from_secs;
    for (duration, expected) in [
        (seconds(0), "0 s"),
        (seconds(119), "119 s"),
        (seconds(120), "2 min"),
        (seconds(7200), "2 h"),
        (seconds(172_800), "2 d"),
    ] {
        assert_eq!(about(duration), expected);
    }
    for (micros, expected) in [
        (85, "85 µs"),
        (999, "999 µs"),
        (1240, "1.2 ms"),
        (2_500_000, "2.5 s"),
    ] {
        assert_eq!(took(Duration::from_micros(micros)), expected);
    }
}
