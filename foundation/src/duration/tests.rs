use proptest::prelude::*;

use super::*;

fn check(text: &str, expected: Result<u64, &str>) {
    let parsed = text
        .parse::<PromDuration>()
        .map(|duration| duration.get().as_millis())
        .map_err(|error| error.to_string());
    assert_eq!(
        parsed,
        expected.map(u128::from).map_err(ToOwned::to_owned),
        "{text}"
    );
}

#[test]
fn reads_prometheus_grammar() {
    check("0", Ok(0));
    check("0s", Ok(0));
    check("250ms", Ok(250));
    check("5m", Ok(300_000));
    check("1h30m", Ok(5_400_000));
    check("1y1w1d1h1m1s1ms", Ok(32_230_861_001));
    check("90s", Ok(90_000));
    check("292y", Ok(9_208_512_000_000));
}

#[test]
fn refuses_all_else() {
    check("", Err("empty duration"));
    check("5", Err("`5` has no unit"));
    check("1h5", Err("`1h5` has no unit"));
    check("5M", Err("`5M` is not a duration"));
    check("-5m", Err("`-5m` is not a duration"));
    check("1.5h", Err("`1.5h` is not a duration"));
    check("1h 30m", Err("`1h 30m` is not a duration"));
    check("h", Err("`h` is not a duration"));
    check("5\u{b5}s", Err("`5\u{b5}s` is not a duration"));
    check("30m1h", Err("units are out of order in `30m1h`"));
    check("1m1m", Err("units are out of order in `1m1m`"));
    check("293y", Err("`293y` is too long"));
    check(
        "99999999999999999999s",
        Err("`99999999999999999999s` is too long"),
    );
}

#[test]
fn prints_as_prometheus_does() {
    for text in [
        "0s", "1ms", "1m40s", "1h30m", "8d", "1w", "2w", "1y", "366d", "1d1ms",
    ] {
        assert_eq!(text.parse::<PromDuration>().unwrap().to_string(), text);
    }
    assert_eq!(PromDuration::from_secs(90).to_string(), "1m30s");
}

proptest! {
    #[test]
    fn reads_back_what_it_prints(millis in 0..=LONGEST_MILLIS) {
        let duration = PromDuration::from(Duration::from_millis(millis));
        prop_assert_eq!(duration.to_string().parse(), Ok(duration));
    }

    #[test]
    fn never_panics(text in "[0-9ywdhms. ]{0,24}|.{0,8}") {
        if let Ok(duration) = text.parse::<PromDuration>() {
            prop_assert_eq!(duration.to_string().parse(), Ok(duration));
        }
    }
}
