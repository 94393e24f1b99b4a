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
