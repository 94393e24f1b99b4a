use super::*;

#[test]
fn both_totals_are_taken_and_the_averages_are_not() {
    let content = b"some avg10=1.50 avg60=0.35 avg300=1.62 total=448441562
full avg10=0.00 avg60=0.14 avg300=0.81 total=107137191
";
    let pressure = Pressure {
        some: Some(448_441_562),
        full: Some(107_137_191),
    };
    assert_eq!(parse(content), Ok(pressure));
}

#[test]
fn a_kernel_may_have_one_of_them_only() {
    let only_some = parse(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=5\n").unwrap();
    assert_eq!((only_some.some, only_some.full), (Some(5), None));
    let only_full = parse(b"full avg10=0.00 avg60=0.00 avg300=0.00 total=7\n").unwrap();
    assert_eq!((only_full.some, only_full.full), (None, Some(7)));
}

#[test]
fn a_cut_number_is_not_taken_for_a_number() {
    let error = parse(b"some avg10=0.00 avg60=0.00 avg300=0.00 total=44").unwrap_err();
    assert_eq!(error.to_string(), "its last line is cut");
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for (content, message) in [
        ("", "`some` is missing"),
        ("none at all\n", "`some` is missing"),
        (
            "some avg10=0.00",
            "line 1: `total` should be a number of microseconds",
        ),
        (
            "some total=-1",
            "line 1: `total` should be a number of microseconds",
        ),
        (
            "some total=1\nfull total=99999999999999999999",
            "line 2: `total` should be a number of microseconds",
        ),
    ] {
        let error = parse(format!("{content}\n").as_bytes()).unwrap_err();
        assert_eq!(error.to_string(), message, "{content:?}");
    }
}
