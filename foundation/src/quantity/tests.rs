use proptest::prelude::*;

use super::*;

#[test]
fn reads_sizes() {
    let check = |text: &str, expected: Option<u64>| {
        assert_eq!(
            text.parse::<ByteSize>().ok().map(ByteSize::get),
            expected,
            "{text}"
        );
    };
    check("0B", Some(0));
    check("20GiB", Some(20 << 30));
    check("100MB", Some(100_000_000));
    check("1kB", Some(1000));
    check("1KB", Some(1000));
    check("4 KiB", Some(4096));
    check("16777215TiB", Some(16_777_215 << 40));
    check("16777216TiB", None);
    check("", None);
    check("20", None);
    check("GiB", None);
    check("1.5GiB", None);
    check("-1B", None);
    check("20gib", None);
    check("20G", None);
}

#[test]
fn reads_percentages() {
    let check = |text: &str, expected: Result<f64, &str>| {
        let parsed = text
            .parse::<Ratio>()
            .map(Ratio::get)
            .map_err(|error| error.to_string());
        assert_eq!(parsed, expected.map_err(ToOwned::to_owned), "{text}");
    };
    check("25%", Ok(0.25));
    check("0%", Ok(0.0));
    check("100%", Ok(1.0));
    check("12.5 %", Ok(0.125));
    check("0.8", Err("`0.8` is not a percentage"));
    check("80", Err("`80` is not a percentage"));
    check("%", Err("`%` is not a percentage"));
    check("inf%", Err("`inf%` is not a percentage"));
    check("NaN%", Err("`NaN%` is not a percentage"));
    check("101%", Err("`101%` is not between 0% and 100%"));
    check("-1%", Err("`-1%` is not between 0% and 100%"));
}

#[test]
fn prints_the_largest_unit_that_divides() {
    let check = |bytes, expected: &str| {
        assert_eq!(ByteSize::from_bytes(bytes).to_string(), expected);
    };
    check(0, "0B");
    check(1, "1B");
    check(1000, "1kB");
    check(1024, "1KiB");
    check(1_048_576_000, "1000MiB");
    check(20 << 30, "20GiB");
    check(100_000_000, "100MB");
    check(1_000_000_000_000, "1TB");
}

proptest! {
    #[test]
    fn sizes_read_back(bytes: u64) {
        let size = ByteSize::from_bytes(bytes);
        prop_assert_eq!(size.to_string().parse(), Ok(size));
    }

    #[test]
    fn percentages_read_back(millionths in 0..=1_000_000u32) {
        let ratio: Ratio = format!("{}%", f64::from(millionths) / 10_000.0).parse().unwrap();
        prop_assert_eq!(ratio.to_string().parse(), Ok(ratio));
    }
}
