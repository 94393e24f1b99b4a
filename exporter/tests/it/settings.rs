//! How the real program takes its settings, and what it says when they are wrong.

use std::net::TcpListener;
use std::process::Output;

use crate::program::{Exporter, command};

fn fails(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let mut command = command();
    command.args(arguments).envs(environment.iter().copied());
    let Output {
        status,
        stdout,
        stderr,
    } = command.output().unwrap();
    assert!(!status.success());
    assert!(stdout.is_empty());
    String::from_utf8(stderr).unwrap()
}

#[test]
fn a_variable_that_is_wrong_is_named_with_its_value_and_a_remedy() {
    assert_eq!(
        fails(&[], &[("CPU_THRESHOLD", "0.8")]),
        "error: `CPU_THRESHOLD` is not a percentage from 1 to 100: `0.8`\n  hint: it is percent, not a ratio: `80`\n"
    );
}

#[test]
fn all_that_is_wrong_is_said_at_once() {
    let said = fails(
        &["--log.format=xml"],
        &[
            ("DISK_THRESHOLD", "98"),
            ("MONITORED_SERVICES", "cron,ng inx"),
            ("PRUNELLE_EXPORTER_COLLECTOR_CPU_USAGE", "maybe"),
        ],
    );
    for name in [
        "`--log.format` is",
        "`DISK_THRESHOLD` is above the critical level: `98`",
        "raise `DISK_THRESHOLD_CRITICAL`",
        "`MONITORED_SERVICES` is",
        "`PRUNELLE_EXPORTER_COLLECTOR_CPU_USAGE` is",
    ] {
        assert!(said.contains(name), "{name}: {said}");
    }
}

#[test]
fn an_unknown_flag_and_both_switches_of_a_collector_are_refused() {
    assert!(fails(&["--web.lisen-address=:1"], &[]).contains("--web.listen-address"));
    assert!(
        fails(&["--collector.cpu_usage", "--no-collector.cpu_usage"], &[])
            .contains("cannot be used with")
    );
}

#[test]
fn a_taken_port_says_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let said = fails(&[&format!("--web.listen-address={address}")], &[]);
    assert!(
        said.contains(&format!("cannot listen on {address}: the port is taken")),
        "{said}"
    );
    assert!(said.contains("--web.listen-address"), "{said}");
}

#[test]
fn a_root_that_is_none_is_an_error_and_not_a_host_without_figures() {
    let said = fails(&["--path.procfs=/no/such/proc"], &[]);
    assert!(
        said.contains("`/no/such/proc` is not where procfs is mounted"),
        "{said}"
    );
    let said = fails(&[], &[("PRUNELLE_EXPORTER_PATH_ROOTFS", "/no/such/root")]);
    assert!(
        said.contains("`/no/such/root` is not where the host's root is seen"),
        "{said}"
    );
}

#[test]
fn a_flag_wins_over_its_variable_and_an_empty_variable_is_unset() {
    let mut command = command();
    command
        .arg("--cpu-threshold=70")
        .env("CPU_THRESHOLD", "60")
        .env("MEMORY_THRESHOLD", "65")
        .env("DISK_THRESHOLD", "")
        .env("MONITORED_SERVICES", "");
    let exporter = Exporter::spawn(command);
    let threshold = |resource: &str| {
        let series =
            format!("prunelle_threshold_ratio{{resource=\"{resource}\",severity=\"warning\"}}");
        exporter.value("/metrics", &series)
    };
    assert_eq!(threshold("cpu"), Some(0.7));
    assert_eq!(threshold("memory"), Some(0.65));
    assert_eq!(threshold("disk"), Some(0.9));
}

#[test]
fn it_stops_when_asked_and_says_why() {
    let exporter = Exporter::start(&[]);
    assert_eq!(exporter.get("/metrics").0, 200);
    let log = exporter.log();
    assert!(log.contains("message=listening"), "{log}");
    assert!(exporter.stop().success());
}

#[test]
fn version_and_help_are_printed_on_standard_output() {
    let version = command().arg("--version").output().unwrap();
    let expected = format!("prunelle-exporter {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(version.stdout).unwrap(), expected);
    let help = String::from_utf8(command().arg("--help").output().unwrap().stdout).unwrap();
    for text in [
        "MONITORED_SERVICES",
        "--collector.cpu_usage",
        "--host.boundary",
    ] {
        assert!(help.contains(text), "{text}");
    }
}
