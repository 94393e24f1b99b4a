use super::*;

fn from_file(content: &[u8]) -> Result<Secret, SecretError> {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(file.path(), content).unwrap();
    Secret::from_file(file.path())
}

#[test]
fn drops_the_line_end_and_nothing_else() {
    assert_eq!(from_file(b"tok en \r\n").unwrap().expose(), "tok en ");
    assert_eq!(from_file(b"token").unwrap().expose(), "token");
}

#[test]
fn refuses_what_is_no_secret() {
    assert!(matches!(from_file(b""), Err(SecretError::Empty(_))));
    assert!(matches!(from_file(b"\r\n\n"), Err(SecretError::Empty(_))));
    assert!(matches!(
        from_file(&vec![b'x'; 70_000]),
        Err(SecretError::TooLarge(_))
    ));
    assert!(matches!(
        from_file(b"\xff\xfe"),
        Err(SecretError::Read { .. })
    ));
    let missing = Secret::from_file(Path::new("/nonexistent/token")).unwrap_err();
    assert_eq!(
        missing.to_string(),
        "cannot read the secret in /nonexistent/token"
    );
}

#[test]
fn never_shows_itself() {
    let secret = Secret::new("hunter2".to_owned());
    assert_eq!(
        format!("{secret:?} {:#?}", Some(&secret))
            .matches("hunter2")
            .count(),
        0
    );
    assert_eq!(format!("{secret:?}"), "[redacted]");
}

#[test]
fn matches_itself_only() {
    let secret = Secret::new("token".to_owned());
    for (guess, expected) in [
        (&b"token"[..], true),
        (b"tokem", false),
        (b"token\n", false),
        (b"toke", false),
        (b"", false),
    ] {
        assert_eq!(secret.matches(guess), expected, "{guess:?}");
    }
}
