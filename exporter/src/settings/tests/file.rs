//! The configuration file: what it may say, and every class of error with its place.

use super::*;

fn file(text: &str) -> Settings {
    let loaded = given(&[]).load_text("/etc/prunelle/exporter.yml", text);
    loaded.unwrap().settings
}

fn file_errors(text: &str) -> String {
    let loaded = given(&[]).load_text("e.yml", text);
    loaded.unwrap_err().to_string()
}

#[test]
fn everything_can_be_set() {
    let settings = file(
        "
web:
  listen_addresses: ['127.0.0.1:1', ':2']
  telemetry_path: /m
  max_requests: 7
paths: {procfs: /host/proc, sysfs: /host/sys, rootfs: /host, udev_data: /host/run/udev/data}
host: {boundary: cgroup}
services: [nginx, cron]
monitoring_interval: 30s
thresholds:
  cpu: {warning: 70%, critical: 90}
  memory: {warning: 71%}
  disk: {critical: 99%}
  network: {warning: 50MB, critical: 1GB}
collectors:
  max_series: 100
  thresholds: {enabled: false}
  filesystem: {mount_points_exclude: '^/mnt'}
  textfile: {directories: [textfile, /var/lib/metrics]}
  process_groups: {count: 3}
log: {level: debug, format: json}
",
    );
    assert_eq!(settings.listen.len(), 2);
    assert_eq!(settings.web.telemetry_path, "/m");
    assert_eq!(settings.max_requests, 7);
    assert_eq!(settings.roots.rootfs, PathBuf::from("/host"));
    assert_eq!(settings.boundary, Boundary::Cgroup);
    assert_eq!(settings.services.names().len(), 2);
    assert_eq!(settings.interval, Duration::from_secs(30));
    let thresholds = &settings.thresholds;
    assert_eq!(
        (thresholds.cpu.warning, thresholds.cpu.critical),
        (0.7, Some(0.9))
    );
    assert_eq!(thresholds.network.critical, Some(1e9));
    let options = &settings.options;
    assert_eq!((options.max_series, options.process_groups), (100, 3));
    let exclude = options.filesystem.mount_points.exclude.as_ref().unwrap();
    assert_eq!(exclude.as_str(), "^/mnt");
    // What is relative starts at the file's folder.
    assert_eq!(
        options.textfile_directories,
        [
            PathBuf::from("/etc/prunelle/textfile"),
            PathBuf::from("/var/lib/metrics")
        ]
    );
    assert!(!settings.collectors.iter().any(|it| it.name == "thresholds"));
    assert_eq!(
        (settings.log_level.as_str(), settings.log_format),
        ("debug", LogFormat::Json)
    );
}

#[test]
fn an_empty_file_is_the_defaults() {
    for text in ["", "# nothing\n", "web:\nservices:\n", "services: []"] {
        let settings = file(text);
        assert_eq!(settings.max_requests, 40, "{text}");
        assert!(settings.services.is_empty());
    }
}

#[test]
fn every_error_has_its_place_and_all_are_told_at_once() {
    insta::assert_snapshot!(file_errors(
        "
wed: {}
web:
  listen_address: [':1']
  listen_addresses: [':1', nine]
  max_requests: 0
paths: /proc
services: [cron, 'ng inx', 'a[']
monitoring_interval: 5 minutes
thresholds:
  cpu: {warning: 0.8}
  disk: {warning: 98%}
  network: {warning: [1]}
collectors:
  hwmom: {enabled: true}
  info: {enabled: perhaps}
  netdev: {device_exclude: '('}
log: {level: loud, format: xml}
"
    ));
}

#[test]
fn a_file_that_is_no_yaml_or_not_there_is_told_with_what_else_is_wrong() {
    let loaded = given(&["--log.format=xml"]).load_text("e.yml", "web: [\n");
    insta::assert_snapshot!(loaded.unwrap_err(), @r"
    e.yml:2:1: not valid YAML: while parsing a node, did not find expected node content
    `--log.format` is not a log format: `xml`
      hint: use `logfmt` or `json`
    ");
    let loaded = given(&["--config.file=/no/such/file.yml", "--log.format=xml"]).load();
    insta::assert_snapshot!(loaded.unwrap_err(), @r"
    /no/such/file.yml: cannot read the file: No such file or directory (os error 2)
      hint: check the path
    `--log.format` is not a log format: `xml`
      hint: use `logfmt` or `json`
    ");
    let loaded = given(&[]).load_text("e.yml", "web: {max_requests: 1, max_requests: 2}");
    insta::assert_snapshot!(loaded.unwrap_err(), @r"
    e.yml:1:24: duplicate key `max_requests`
      hint: it is set on line 1 already
    ");
}

#[test]
fn warning_and_critical_may_come_from_different_places() {
    let given = given_with(&[], &[("CPU_THRESHOLD_CRITICAL", "60")]);
    let loaded = given.load_text("e.yml", "thresholds: {cpu: {warning: 70%}}");
    insta::assert_snapshot!(loaded.unwrap_err(), @r"
    e.yml:1:29: `thresholds.cpu.warning` is above the critical level: `70%`
      hint: lower it, or raise `CPU_THRESHOLD_CRITICAL`, which is 60
    ");
}

#[test]
fn the_check_says_what_is_in_force_and_where_it_is_from() {
    let given = given_with(
        &["--monitored-services=cron,nginx"],
        &[("CPU_THRESHOLD", "70")],
    );
    let loaded = given.load_text("e.yml", "web:\n  max_requests: 3\nlog: {level: warn}");
    insta::assert_snapshot!(loaded.unwrap(), @r"
    e.yml: all settings are valid
      web.max_requests = 3  (line 2)
      services = cron, nginx  (--monitored-services)
      thresholds.cpu.warning = 70  (CPU_THRESHOLD)
      log.level = warn  (line 3)
    ");
    insta::assert_snapshot!(super::given(&[]).load().unwrap(), @r"
    all settings are valid; there is no configuration file
      nothing is set, all defaults are in force
    ");
}
