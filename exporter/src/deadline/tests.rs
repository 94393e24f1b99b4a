use std::sync::Arc;

use axum::http::HeaderValue;
use prunelle_foundation::clock::SystemClock;

use super::*;

#[track_caller]
fn check(header: Option<&'static str>, expected: Duration) {
    let mut headers = HeaderMap::new();
    if let Some(value) = header {
        headers.insert(
            "X-Prometheus-Scrape-Timeout-Seconds",
            HeaderValue::from_static(value),
        );
    }
    let clock = Arc::new(SystemClock::new().unwrap());
    assert_eq!(Deadline::of_scrape(clock, &headers).allowed, expected);
}

#[test]
fn a_margin_is_kept_for_the_way_back() {
    check(Some("0.25"), Duration::from_millis(225));
    check(Some("1"), Duration::from_millis(900));
    check(Some("20"), Duration::from_millis(19_500));
}

#[test]
fn a_header_that_makes_no_sense_is_the_default() {
    for header in [
        None,
        Some("x"),
        Some("-1"),
        Some("NaN"),
        Some("1e300"),
        Some("0"),
    ] {
        check(header, Duration::from_millis(9_500));
    }
}

#[test]
fn no_header_makes_a_scrape_last_for_ever() {
    check(Some("86400"), Duration::from_millis(24_500));
}
