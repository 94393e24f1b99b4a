use super::*;

#[test]
fn allocated_comes_first_and_maximum_last() {
    let handles = FileHandles {
        allocated: 1024,
        maximum: 9_223_372_036_854_775_807,
    };
    assert_eq!(parse(b"1024\t0\t9223372036854775807\n"), Ok(handles));
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for content in [
        "",
        "\n",
        "1024\t0",
        "1024\t0\t18446744073709551616",
        "-1\t0\t5",
        "a b c",
    ] {
        assert!(parse(content.as_bytes()).is_err(), "{content:?}");
    }
}
