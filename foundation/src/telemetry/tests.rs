use super::*;

#[test]
fn takes_levels_and_filters() {
    for level in ["info", "WARN", "off", "info,prunelle_systemd=debug"] {
        assert!(filter(level).is_ok(), "{level}");
    }
    for level in ["", "inf", "verbose", "a=b=c"] {
        let error = filter(level).unwrap_err().to_string();
        assert_eq!(
            error,
            format!("`{level}` is not a log level: use error, warn, info, debug or trace")
        );
    }
}

#[test]
fn formats_by_name() {
    assert_eq!("logfmt".parse::<LogFormat>().unwrap(), LogFormat::Logfmt);
    assert_eq!("json".parse::<LogFormat>().unwrap(), LogFormat::Json);
    assert_eq!(
        "xml".parse::<LogFormat>().unwrap_err().to_string(),
        "`xml` is not a log format: use logfmt or json"
    );
}

#[test]
fn the_level_changes_while_the_program_runs() {
    let control = init(LogFormat::Logfmt, "error").unwrap();
    assert!(!tracing::enabled!(tracing::Level::INFO));
    control.set_level("info").unwrap();
    assert!(tracing::enabled!(tracing::Level::INFO));
    assert!(control.set_level("verbose").is_err());
    assert!(tracing::enabled!(tracing::Level::INFO));
    assert!(matches!(
        init(LogFormat::Json, "info"),
        Err(TelemetryError::Twice(_))
    ));
}
