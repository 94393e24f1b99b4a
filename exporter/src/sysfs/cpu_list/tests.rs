use super::*;

#[test]
fn numbers_and_ranges_may_be_mixed() {
    assert_eq!(parse(b"0-3,8,10-11\n"), Ok(vec![0..=3, 8..=8, 10..=11]));
    assert_eq!(parse(b"0\n"), Ok(vec![0..=0]));
    assert_eq!(parse(b"\n"), Ok(vec![]));
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for content in ["0-", "-3", "3-0", "0,", "x", "0-4294967295", "0-1-2"] {
        assert!(parse(content.as_bytes()).is_err(), "{content:?}");
    }
}
