use super::*;

const LIMIT: Option<RateLimit> = Some(RateLimit {
    interval: Duration::from_secs(10),
    burst: 3,
});

#[test]
fn a_burst_then_one_each_interval() {
    let limiter = RateLimiter::new(LIMIT);
    let start = Instant::now();
    let at = |seconds: u64| start + Duration::from_secs(seconds);
    let passed = |at| (0..5).filter(|_| limiter.admits(LIMIT, at)).count();
    assert_eq!(passed(at(0)), 3);
    assert_eq!(passed(at(9)), 0);
    assert_eq!(passed(at(11)), 1);
    assert_eq!(passed(at(31)), 2);
    // Long quiet fills it, and not beyond the burst.
    assert_eq!(passed(at(1000)), 3);
    // No limit at all, and another one: full again.
    assert!(limiter.admits(None, at(1000)));
    let other = LIMIT.map(|limit| RateLimit { burst: 1, ..limit });
    assert!(limiter.admits(other, at(1000)));
    assert!(!limiter.admits(other, at(1000)));
}

#[test]
fn reads_durations_as_go_does() {
    for (text, millis) in [
        ("0", 0),
        ("0s", 0),
        ("1s", 1000),
        ("1.5s", 1500),
        (".5s", 500),
        ("100ms", 100),
        ("1m30s", 90_000),
        ("2h", 7_200_000),
        ("1000us", 1),
        ("2000µs", 2),
    ] {
        assert_eq!(
            go_duration(text),
            Some(Duration::from_millis(millis)),
            "{text}"
        );
    }
    for text in [
        "",
        "1",
        "s",
        "1d",
        "-1s",
        "1s ",
        "1 s",
        "1..s",
        "999999999999999999999h",
    ] {
        assert_eq!(go_duration(text), None, "{text}");
    }
}
