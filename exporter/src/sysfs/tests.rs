use super::*;

#[test]
fn a_file_holds_one_value_and_the_end_of_a_line() {
    assert_eq!(text(b"x86_pkg_temp\n"), "x86_pkg_temp");
    assert_eq!(text(b"caf\xe9\n"), "caf\\xe9");
    assert_eq!(unsigned(b"1500\n"), Ok(1500));
    assert_eq!(signed(b"-500\n"), Ok(-500));
}

#[test]
fn what_is_absurd_is_an_error() {
    for content in ["", "\n", "1 2", "0x10", "18446744073709551616"] {
        assert!(unsigned(content.as_bytes()).is_err(), "{content:?}");
        assert!(signed(content.as_bytes()).is_err(), "{content:?}");
    }
    assert!(unsigned(b"-1").is_err());
}
