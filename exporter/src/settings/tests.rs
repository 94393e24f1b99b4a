use std::ffi::OsString;

use super::*;
use crate::collector::COLLECTORS;

fn flags(arguments: &[&str]) -> Given {
    let arguments = ["prunelle-exporter"].iter().chain(arguments);
    Given::parse(arguments.map(OsString::from)).unwrap()
}

fn resolve(arguments: &[&str]) -> Settings {
    flags(arguments).resolve().unwrap()
}

#[track_caller]
fn check_error(arguments: &[&str], expected: &str) {
    let error = flags(arguments).resolve().unwrap_err().to_string();
    assert_eq!(error, expected);
}

#[test]
fn nothing_given_is_the_defaults() {
    let settings = resolve(&[]);
    assert_eq!(settings.listen, [":9750".parse().unwrap()]);
    assert_eq!(settings.web.telemetry_path, "/metrics");
    assert_eq!(settings.web.max_requests, 40);
    let on = COLLECTORS.iter().filter(|it| it.is_on_by_default);
    assert_eq!(settings.web.collectors.len(), on.count());
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
}

#[test]
fn an_empty_text_is_not_given() {
    let settings = resolve(&[
        "--cpu-threshold=",
        "--monitored-services=  ",
        "--web.listen-address=",
        "--path.procfs=",
    ]);
    assert!((settings.thresholds.cpu.warning - 0.8).abs() < 1e-12);
    assert!(settings.services.is_empty());
    assert_eq!(settings.listen.len(), 1);
    assert_eq!(settings.roots, Roots::default());
}

#[test]
fn services_are_names_and_globs() {
    let services = resolve(&["--monitored-services", "cron, nginx,,php*-fpm,a@b.service"]).services;
    let names: Vec<_> = services.names().map(ToString::to_string).collect();
    assert_eq!(names, ["a@b.service", "cron.service", "nginx.service"]);
    assert_eq!(services.globs()[0].as_str(), "php*-fpm");
    let error = flags(&["--monitored-services=cron,a/b"])
        .resolve()
        .unwrap_err();
    assert_eq!(
        error.iter().next().unwrap().origin.name,
        "--monitored-services"
    );
}

#[test]
fn addresses_may_be_several() {
    let settings = resolve(&[
        "--web.listen-address=127.0.0.1:1",
        "--web.listen-address=[::1]:2",
    ]);
    assert_eq!(settings.listen.len(), 2);
}

#[test]
fn collectors_are_switched_on_and_off() {
    let names = |arguments: &[&str]| -> Vec<_> {
        let collectors = resolve(arguments).web.collectors;
        collectors.iter().map(|it| it.name).collect()
    };
    assert!(!names(&["--no-collector.swap_usage"]).contains(&"swap_usage"));
    assert!(!names(&["--collector.swap_usage=off"]).contains(&"swap_usage"));
    assert!(names(&["--collector.swap_usage"]).contains(&"swap_usage"));
    check_error(
        &["--collector.swap_usage=maybe"],
        "`--collector.swap_usage` is neither on nor off: `maybe`\n  hint: use `true` or `false`",
    );
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
fn a_threshold_is_a_bare_number_in_its_range() {
    for text in ["0", "101", "-5", "NaN", "inf", "eighty", "80%", "80 %"] {
        let error = flags(&[&format!("--memory-threshold={text}")])
            .resolve()
            .unwrap_err();
        assert_eq!(error.iter().len(), 1, "{error}");
        assert_eq!(error.iter().next().unwrap().value, text);
    }
    for text in ["0", "-1", "NaN", "inf", "100MB", "1e300"] {
        let error = flags(&[&format!("--network-threshold={text}")])
            .resolve()
            .unwrap_err();
        assert_eq!(
            error.iter().next().unwrap().problem,
            "is not a number of MB a second"
        );
    }
    let settings = resolve(&["--cpu-threshold=92.5", "--network-threshold-critical=250"]);
    assert!((settings.thresholds.cpu.warning - 0.925).abs() < 1e-12);
    assert_eq!(settings.thresholds.network.critical, Some(2.5e8));
}

#[test]
fn warning_is_not_above_critical() {
    check_error(
        &["--cpu-threshold=96"],
        "`--cpu-threshold` is above the critical level: `96`\n  hint: lower it, or raise `CPU_THRESHOLD_CRITICAL`, which is 95",
    );
    check_error(
        &["--cpu-threshold-critical=70"],
        "`--cpu-threshold-critical` is below the warning level: `70`\n  hint: raise it, or lower `CPU_THRESHOLD`, which is 80",
    );
    check_error(
        &["--network-threshold-critical=99"],
        "`--network-threshold-critical` is below the warning level: `99`\n  hint: raise it, or lower `NETWORK_THRESHOLD`, which is 100",
    );
    resolve(&["--cpu-threshold=95"]);
}

#[test]
fn everything_that_is_wrong_is_said_at_once() {
    let error = flags(&[
        "--monitoring-interval=10s",
        "--host.boundary=vm",
        "--web.max-requests=0",
        "--web.telemetry-path=metrics",
        "--web.listen-address=9750",
        "--log.format=xml",
    ])
    .resolve()
    .unwrap_err();
    insta::assert_snapshot!(error.to_string());
}

#[test]
fn a_page_of_ours_is_no_path_for_the_metrics() {
    for path in ["/", "/-/healthy", "/{x}", "/a?b", "/a b"] {
        assert!(
            flags(&["--web.telemetry-path", path]).resolve().is_err(),
            "{path}"
        );
    }
    assert_eq!(
        resolve(&["--web.telemetry-path=/probe_1/m"])
            .web
            .telemetry_path,
        "/probe_1/m"
    );
}

#[test]
fn every_flag_has_a_variable_and_says_so() {
    use clap::CommandFactory as _;

    for argument in Flags::command().get_arguments() {
        let name = argument.get_long().unwrap_or_default();
        let is_negative = name.starts_with("no-collector.");
        let has_variable = argument.get_env().is_some();
        assert!(has_variable || is_negative, "{name}");
    }
}
