use super::*;

fn version_number(version_id: &str) -> Option<f64> {
    let content = format!("VERSION_ID={version_id}\n");
    parse(content.as_bytes()).unwrap().version_number()
}

#[test]
fn values_may_be_plain_or_quoted_in_two_ways() {
    let content = br#"# a comment

NAME="Example \"Linux\" \$5"
ID=example
PRETTY_NAME='Example \ "Linux"'
VERSION="9.4 (Sorrel)"
VARIANT=""
HOME_URL="https://linux.example/?a=b"
SUPPORT_END=2032-05-31
"#;
    let release = parse(content).unwrap();
    assert_eq!(release.name, r#"Example "Linux" $5"#);
    assert_eq!(release.id, "example");
    assert_eq!(release.pretty_name, r#"Example \ "Linux""#);
    assert_eq!(release.version, "9.4 (Sorrel)");
    assert_eq!(release.variant, "");
    assert_eq!(release.version_id, "");
    assert_eq!(release.support_end, Some(1_969_574_400));
}

#[test]
fn the_version_is_the_number_in_front() {
    assert_eq!(version_number("12"), Some(12.0));
    assert_eq!(version_number("24.04"), Some(24.04));
    assert_eq!(version_number("2023.1.2"), Some(2023.1));
    assert_eq!(version_number("12."), Some(12.0));
    for none in ["", "rolling", ".5", "-1"] {
        assert_eq!(version_number(none), None, "{none}");
    }
}

#[test]
fn bytes_that_are_not_utf8_stay_visible() {
    let release = parse(b"NAME=caf\xe9\nID=\"a\\\\\xe9\"\n").unwrap();
    assert_eq!(release.name, "caf\\xe9");
    assert_eq!(release.id, "a\\\\xe9");
}

#[test]
fn what_is_truncated_or_absurd_is_an_error() {
    for line in [
        "NAME",
        "NAME=\"Exa",
        "NAME='it's'",
        "NAME=\"a\\\"",
        "SUPPORT_END=soon",
        "SUPPORT_END=2032-02-30",
        "SUPPORT_END=20320531",
    ] {
        assert!(parse(line.as_bytes()).is_err(), "{line:?}");
    }
    assert_eq!(parse(b""), Ok(OsRelease::default()));
}
