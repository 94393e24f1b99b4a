//! The collector `systemd`, by the real program: on a real systemd, without one, and with one that is lost.

use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{Manager, Options, wait_until};

use crate::program::{Exporter, LIMIT};

const SYSTEMD: &str = "/metrics?collect[]=systemd";
const SUCCESS: &str = "node_scrape_collector_success{collector=\"systemd\"}";
const SLEEPER: &str = "[Service]\nExecStart=/bin/sleep infinity\nTasksMax=9\n";

fn state(name: &str, state: &str) -> String {
    format!("node_systemd_unit_state{{name=\"{name}\",state=\"{state}\",type=\"simple\"}}")
}

/// Waits until a series of a collector has this value, or is absent.
#[track_caller]
fn expect(exporter: &Exporter, path: &str, series: &str, value: Option<f64>) {
    let seen = wait_until(series, LIMIT, || {
        (exporter.value(path, series) == value).then_some(())
    });
    assert!(seen.is_ok(), "{series} {value:?}: {}", exporter.get(path).1);
}

#[test]
fn units_of_a_real_systemd() {
    let options = Options::default().unit("web.service", SLEEPER);
    let manager = Manager::start(options).unwrap();
    let exporter = Exporter::start_in(&manager, &["--collector.systemd_tasks"]);
    let expect = |series: &str, value| expect(&exporter, SYSTEMD, series, value);
    expect("node_systemd_system_running", Some(1.0));
    expect("node_systemd_units{state=\"failed\"}", Some(0.0));
    expect(&state("web.service", "active"), None);

    manager.systemctl(&["start", "web"]).unwrap();
    expect(&state("web.service", "active"), Some(1.0));
    expect(&state("web.service", "failed"), Some(0.0));
    expect(
        "node_systemd_unit_tasks_max{name=\"web.service\"}",
        Some(9.0),
    );
    expect(
        "node_systemd_service_restart_total{name=\"web.service\"}",
        Some(0.0),
    );
    let tasks = "node_systemd_unit_tasks_current{name=\"web.service\"}";
    let has_pids = manager.path("/sys/fs/cgroup").join("cgroup.controllers");
    let has_pids = std::fs::read_to_string(has_pids).is_ok_and(|it| it.contains("pids"));
    self::expect(
        &exporter,
        "/metrics?collect[]=systemd_tasks",
        tasks,
        has_pids.then_some(1.0),
    );

    manager.kill_main("web.service").unwrap();
    expect(&state("web.service", "active"), Some(0.0));
    expect(&state("web.service", "failed"), Some(1.0));
    expect("node_systemd_units{state=\"failed\"}", Some(1.0));
    expect("node_systemd_system_running", Some(0.0));
    expect(
        "node_systemd_unit_start_time_seconds{name=\"web.service\"}",
        Some(0.0),
    );

    // Lost: nothing is told, and nothing of services, which nobody watches.
    manager
        .systemctl(&["stop", "dbus.socket", "dbus.service"])
        .unwrap();
    expect(SUCCESS, Some(0.0));
    assert!(!exporter.get(SYSTEMD).1.contains("node_systemd"));
    let services = "node_scrape_collector_success{collector=\"services\"}";
    assert_eq!(
        exporter.value("/metrics?collect[]=services", services),
        Some(1.0)
    );
    manager.start_bus().unwrap();
    expect(SUCCESS, Some(1.0));
    expect(&state("web.service", "failed"), Some(1.0));
}

#[test]
fn a_steady_scrape_makes_no_call() {
    let options = Options::default().unit("web.service", SLEEPER);
    let manager = Manager::start(options).unwrap();
    let exporter = Exporter::start_in(&manager, &["--monitored-services=web,gone,w*"]);
    manager.systemctl(&["start", "web"]).unwrap();
    expect(
        &exporter,
        SYSTEMD,
        &state("web.service", "active"),
        Some(1.0),
    );
    let log = tempfile::NamedTempFile::new().unwrap();
    let bus = "--address=unix:path=/run/user/0/bus";
    let monitor = manager
        .keep("busctl", &[bus, "--json=short", "monitor"], log.path())
        .unwrap();
    let heard = || std::fs::read_to_string(log.path()).unwrap();
    // Once more: this is heard, and what it calls for settles.
    manager.systemctl(&["restart", "web"]).unwrap();
    wait_until("the restart is heard", LIMIT, || {
        heard().contains("web_2eservice").then_some(())
    })
    .unwrap();
    let calls = || {
        let lines: Vec<String> = heard()
            .lines()
            .filter(|line| line.contains("\"type\":\"method_call\""))
            // A sign of life, when systemd was not heard for a while.
            .filter(|line| !line.contains("\"member\":\"Ping\""))
            // What is signalled by nobody is read at its own pace, whether there are scrapes or not.
            .filter(|line| !line.contains("_2esocket\""))
            .map(str::to_owned)
            .collect();
        lines
    };
    std::thread::sleep(std::time::Duration::from_secs(1));
    let before = calls().len();
    let watch = Stopwatch::start();
    let mut scrapes = 0;
    while watch.elapsed() < std::time::Duration::from_secs(3) {
        let (status, metrics) = exporter.get("/metrics");
        assert_eq!(status, 200);
        assert!(metrics.contains(&format!("{} 1", state("web.service", "active"))));
        scrapes += 1;
    }
    assert!(scrapes > 20, "{scrapes}");
    let after = calls();
    assert_eq!(after.len(), before, "{:#?}", after.get(before..));
    drop(monitor);
}

#[test]
fn a_machine_without_systemd_is_told_of_once() {
    let root = tempfile::tempdir().unwrap();
    let rootfs = format!("--path.rootfs={}", root.path().display());
    let exporter = Exporter::start(&[&rootfs]);
    for _ in 0..3 {
        let (status, metrics) = exporter.get(SYSTEMD);
        assert_eq!(status, 200);
        assert!(metrics.contains(&format!("{SUCCESS} 1")), "{metrics}");
        assert!(!metrics.contains("node_systemd"), "{metrics}");
    }
    let log = exporter.log();
    let told = log.lines().filter(|line| line.contains("systemd"));
    assert_eq!(told.count(), 1, "{log}");
}

#[test]
fn watched_services_without_systemd_are_unknown_and_told_of_once() {
    let root = tempfile::tempdir().unwrap();
    let rootfs = format!("--path.rootfs={}", root.path().display());
    let mut command = crate::program::command();
    command
        .args([&rootfs, "--monitored-services=web"])
        .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nowhere/bus");
    let exporter = Exporter::spawn(command);
    let both = "/metrics?collect[]=systemd&collect[]=services";
    // Long enough for the client to have tried more than once.
    for _ in 0..5 {
        let (_, metrics) = exporter.get(both);
        assert!(metrics.contains(&format!("{SUCCESS} 0")), "{metrics}");
        assert!(!metrics.contains("prunelle_service_up"), "{metrics}");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let log = exporter.log();
    let told = log.lines().filter(|line| line.contains("cannot connect"));
    assert_eq!(told.count(), 1, "{log}");
    let failures = log.lines().filter(|line| line.contains("collector fails"));
    assert_eq!(failures.count(), 2, "{log}");
}
