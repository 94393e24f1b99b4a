use std::ffi::OsString;

use super::*;

mod file;
mod precedence;
mod table;

fn given_with(arguments: &[&str], environment: &[(&str, &str)]) -> Given {
    let arguments = ["prunelle-exporter"].iter().chain(arguments);
    let environment = environment.iter();
    Given::parse(
        arguments.map(OsString::from),
        environment.map(|(name, value)| (OsString::from(name), OsString::from(value))),
    )
    .unwrap()
}

fn given(arguments: &[&str]) -> Given {
    given_with(arguments, &[])
}

fn load(arguments: &[&str]) -> Settings {
    given(arguments).load().unwrap().settings
}

fn errors(arguments: &[&str]) -> String {
    given(arguments).load().unwrap_err().to_string()
}

#[track_caller]
fn check_error(arguments: &[&str], expected: &str) {
    assert_eq!(errors(arguments), expected);
}

#[test]
fn nothing_given_is_the_defaults() {
    let settings = load(&[]);
    assert_eq!(settings.listen, [":9750".parse().unwrap()]);
    assert_eq!(settings.web.telemetry_path, "/metrics");
    assert_eq!(settings.max_requests, 40);
    assert_eq!(settings.roots, Roots::default());
    assert_eq!(settings.boundary, Boundary::Machine);
    assert!(settings.services.is_empty());
    assert_eq!(settings.interval, Duration::from_secs(10));
    let thresholds = &settings.thresholds;
    assert_eq!(
        (thresholds.cpu.warning, thresholds.cpu.critical),
        (0.8, Some(0.95))
    );
    assert_eq!(
        (thresholds.memory.warning, thresholds.memory.critical),
        (0.85, Some(0.95))
    );
    assert_eq!(
        (thresholds.disk.warning, thresholds.disk.critical),
        (0.9, Some(0.97))
    );
    assert_eq!(
        (thresholds.network.warning, thresholds.network.critical),
        (1e8, None)
    );
    assert_eq!(
        (settings.log_level.as_str(), settings.log_format),
        ("info", LogFormat::Logfmt)
    );
    let (options, default) = (&settings.options, Options::default());
    assert_eq!(
        (options.max_series, options.process_groups),
        (default.max_series, default.process_groups)
    );
}

#[test]
fn services_are_names_and_globs() {
    let services = load(&["--monitored-services", "cron, nginx,,php*-fpm,a@b.service"]).services;
    let names: Vec<_> = services.names().map(ToString::to_string).collect();
    assert_eq!(names, ["a@b.service", "cron.service", "nginx.service"]);
    assert_eq!(services.globs()[0].as_str(), "php*-fpm");
    // The one that is wrong is told, once, not the list.
    let said = errors(&["--monitored-services=cron,ng inx"]);
    assert_eq!(said.matches("ng inx").count(), 1, "{said}");
    assert!(!said.contains("cron,"), "{said}");
    let first = "`--monitored-services` is not the name of a unit: `ng inx`";
    assert!(said.starts_with(first), "{said}");
}

#[test]
fn addresses_may_be_several() {
    let settings = load(&[
        "--web.listen-address=127.0.0.1:1,:3",
        "--web.listen-address=[::1]:2",
    ]);
    assert_eq!(settings.listen.len(), 3);
}

#[test]
fn collectors_are_switched_on_and_off() {
    let names = |arguments: &[&str]| -> Vec<_> {
        let collectors = load(arguments).collectors;
        collectors.iter().map(|it| it.name).collect()
    };
    assert!(!names(&["--no-collector.thresholds"]).contains(&"thresholds"));
    assert!(!names(&["--collector.thresholds=off"]).contains(&"thresholds"));
    assert!(names(&["--collector.thresholds"]).contains(&"thresholds"));
    assert_eq!(
        names(&["--collector.disable-defaults", "--collector.info"]),
        ["info"]
    );
    assert!(names(&["--collector.disable-defaults"]).is_empty());
    check_error(
        &["--collector.info=maybe"],
        "`--collector.info` is neither on nor off: `maybe`\n  hint: use `true` or `false`",
    );
}

#[test]
fn a_variable_of_a_collector_does_not_conflict_with_its_flag() {
    let environment = [("PRUNELLE_EXPORTER_COLLECTOR_INFO", "true")];
    let given = given_with(&["--no-collector.info"], &environment);
    let collectors = given.load().unwrap().settings.collectors;
    assert!(!collectors.iter().any(|it| it.name == "info"));
}

#[test]
fn a_ratio_is_no_percentage_and_the_hint_says_what_was_meant() {
    check_error(
        &["--cpu-threshold=0.8"],
        "`--cpu-threshold` is not a percentage from 1 to 100: `0.8`\n  hint: it is percent, not a ratio: `80`",
    );
    check_error(
        &["--disk-threshold=0.07"],
        "`--disk-threshold` is not a percentage from 1 to 100: `0.07`\n  hint: it is percent, not a ratio: `7`",
    );
}

#[test]
fn thresholds_and_intervals_are_in_their_range_with_or_without_a_unit() {
    for text in ["0", "101", "-5", "NaN", "inf", "eighty", "%"] {
        let said = errors(&[&format!("--memory-threshold={text}")]);
        assert_eq!(said.matches(&format!(": `{text}`")).count(), 1, "{said}");
    }
    for text in ["0", "-1", "NaN", "inf", "100 bytes", "1e300", "0B"] {
        let said = errors(&[&format!("--network-threshold={text}")]);
        assert!(said.contains("is not a number of MB a second"), "{said}");
    }
    for text in ["0", "-1", "500ms", "2h", "3601", "ten"] {
        let said = errors(&[&format!("--monitoring-interval={text}")]);
        assert!(said.contains("is not an interval"), "{said}");
    }
    let settings = load(&[
        "--cpu-threshold=92.5",
        "--memory-threshold=80 %",
        "--network-threshold=12.5",
        "--network-threshold-critical=250MB",
        "--monitoring-interval=1m",
    ]);
    let thresholds = settings.thresholds;
    assert!((thresholds.cpu.warning - 0.925).abs() < 1e-12);
    assert!((thresholds.memory.warning - 0.8).abs() < 1e-12);
    assert!((thresholds.network.warning - 12.5e6).abs() < 1e-6);
    assert_eq!(thresholds.network.critical, Some(2.5e8));
    assert_eq!(settings.interval, Duration::from_mins(1));
}

#[test]
fn warning_is_not_above_critical() {
    check_error(
        &["--cpu-threshold=96"],
        "`--cpu-threshold` is above the critical level: `96`\n  hint: lower it, or raise `--cpu-threshold-critical`, which is 95",
    );
    check_error(
        &["--cpu-threshold-critical=70"],
        "`--cpu-threshold-critical` is below the warning level: `70`\n  hint: raise it, or lower `--cpu-threshold`, which is 80",
    );
    check_error(
        &["--network-threshold-critical=99"],
        "`--network-threshold-critical` is below the warning level: `99`\n  hint: raise it, or lower `--network-threshold`, which is 100",
    );
    let given = given_with(&[], &[("CPU_THRESHOLD", "96")]);
    let said = given.load().unwrap_err().to_string();
    assert!(said.contains("or raise `CPU_THRESHOLD_CRITICAL`"), "{said}");
    load(&["--cpu-threshold=95"]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    insta::assert_snapshot!(errors(&[
        "--monitoring-interval=soon",
        "--host.boundary=vm",
        "--web.max-requests=0",
        "--web.telemetry-path=metrics",
        "--web.listen-address=9750",
        "--log.format=xml",
        "--log.level=loud",
        "--collector.netdev.device-exclude=(a",
        "--collector.max-series=many",
    ]));
}

#[test]
fn a_page_of_ours_is_no_path_for_the_metrics() {
    for path in ["/", "/-/healthy", "/{x}", "/a?b", "/a b"] {
        let given = given(&["--web.telemetry-path", path]);
        assert!(given.load().is_err(), "{path}");
    }
    let settings = load(&["--web.telemetry-path=/probe_1/m"]);
    assert_eq!(settings.web.telemetry_path, "/probe_1/m");
}

#[test]
fn a_variable_that_looks_like_ours_is_told() {
    let given = given_with(
        &[],
        &[
            ("PRUNELLE_EXPORTER_WEB_LISEN_ADDRESS", ":1"),
            ("PRUNELLE_EXPORTER_LOG_LEVEL", "info"),
            ("PRUNELLE_EXPORTER_CONFIG_FILE", ""),
            ("PRUNELLE_HEALER_LOG_LEVEL", "info"),
            ("HOME", "/"),
        ],
    );
    assert_eq!(
        given.unknown_variables(),
        ["PRUNELLE_EXPORTER_WEB_LISEN_ADDRESS"]
    );
}
