//! Which services are up, by the real program on a real systemd: row by row of "what counts as up" in ARCHITECTURE.md.

use prunelle_sandbox::{Manager, Options, wait_until};
use rustix::process::Signal;

use crate::program::{Exporter, LIMIT};

const SERVICES: &str = "/metrics?collect[]=services";
const SUCCESS: &str = "node_scrape_collector_success{collector=\"services\"}";
const SLEEPER: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

/// `prunelle_service_up` and `prunelle_service_loaded` of a unit.
fn up(name: &str) -> String {
    format!("prunelle_service_up{{name=\"{name}\"}}")
}

fn loaded(name: &str) -> String {
    format!("prunelle_service_loaded{{name=\"{name}\"}}")
}

/// Waits until a unit's series have these values.
#[track_caller]
fn expect(exporter: &Exporter, name: &str, expected: (f64, f64)) {
    let seen = wait_until(name, LIMIT, || {
        let seen = (
            exporter.value(SERVICES, &up(name))?,
            exporter.value(SERVICES, &loaded(name))?,
        );
        (seen == expected).then_some(())
    });
    assert!(
        seen.is_ok(),
        "{name} {expected:?}: {}",
        exporter.get(SERVICES).1
    );
}

const UP: (f64, f64) = (1.0, 1.0);
const DOWN: (f64, f64) = (0.0, 1.0);
const MISSING: (f64, f64) = (0.0, 0.0);

/// No service series at all, and the collector says so.
#[track_caller]
fn expect_unknown(exporter: &Exporter) {
    let seen = wait_until("services are unknown", LIMIT, || {
        let (_, metrics) = exporter.get(SERVICES);
        let is_unknown =
            !metrics.contains("prunelle_service") && metrics.contains(&format!("{SUCCESS} 0"));
        is_unknown.then_some(())
    });
    assert!(seen.is_ok(), "{}", exporter.get(SERVICES).1);
}

#[test]
fn row_by_row_of_what_counts_as_up() {
    let units = [
        ("web.service", SLEEPER),
        // Never ready: stays activating until it is killed.
        (
            "slow.service",
            "[Service]\nType=notify\nTimeoutStartSec=infinity\nExecStart=/bin/sleep infinity\n",
        ),
        (
            "restarting.service",
            "[Service]\nRestart=always\nRestartSec=1h\nExecStart=/bin/sleep infinity\n",
        ),
        // Takes as long to stop as it is let.
        (
            "stubborn.service",
            "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM; while :; do sleep 1; done'\nTimeoutStopSec=1h\n",
        ),
        (
            "job.service",
            "[Service]\nType=oneshot\nExecStart=/bin/true\n",
        ),
        (
            "badjob.service",
            "[Service]\nType=oneshot\nExecStart=/bin/false\n",
        ),
        ("timed.service", "[Service]\nExecStart=/bin/true\n"),
        (
            "timed.timer",
            "[Timer]\nOnActiveSec=1h\nUnit=timed.service\n",
        ),
        ("bad.service", "[Service]\nType=nonsense\n"),
    ];
    let options = units
        .into_iter()
        .fold(Options::default(), |options, (name, text)| {
            options.unit(name, text)
        });
    let manager = Manager::start(options).unwrap();
    let watched = "web,slow,restarting,stubborn,job,badjob,timed,bad,missing,masked";
    let exporter = Exporter::start_in(&manager, &["--monitored-services", watched]);

    manager.systemctl(&["start", "web"]).unwrap();
    expect(&exporter, "web.service", UP);
    manager.kill_main("web.service").unwrap();
    expect(&exporter, "web.service", DOWN);
    manager.systemctl(&["start", "web"]).unwrap();
    expect(&exporter, "web.service", UP);
    manager.systemctl(&["stop", "web"]).unwrap();
    expect(&exporter, "web.service", DOWN);

    manager.systemctl(&["start", "--no-block", "slow"]).unwrap();
    manager
        .wait_for("slow.service", "activating", LIMIT)
        .unwrap();
    expect(&exporter, "slow.service", UP);

    manager.systemctl(&["start", "restarting"]).unwrap();
    expect(&exporter, "restarting.service", UP);
    manager.kill_main("restarting.service").unwrap();
    expect(&exporter, "restarting.service", DOWN);
    assert_eq!(
        manager.show("restarting.service", "SubState").unwrap(),
        "auto-restart"
    );

    manager.systemctl(&["start", "stubborn"]).unwrap();
    manager
        .systemctl(&["restart", "--no-block", "stubborn"])
        .unwrap();
    manager
        .wait_for("stubborn.service", "deactivating", LIMIT)
        .unwrap();
    expect(&exporter, "stubborn.service", UP);
    manager.kill("stubborn.service", Signal::KILL).unwrap();
    manager
        .wait_for("stubborn.service", "active", LIMIT)
        .unwrap();
    manager
        .systemctl(&["stop", "--no-block", "stubborn"])
        .unwrap();
    manager
        .wait_for("stubborn.service", "deactivating", LIMIT)
        .unwrap();
    expect(&exporter, "stubborn.service", DOWN);

    manager.systemctl(&["start", "job"]).unwrap();
    expect(&exporter, "job.service", UP);
    assert!(manager.systemctl(&["start", "badjob"]).is_err());
    expect(&exporter, "badjob.service", DOWN);

    // Started by an active timer: ready. The timer stops: not any more.
    expect(&exporter, "timed.service", DOWN);
    manager.systemctl(&["start", "timed.timer"]).unwrap();
    expect(&exporter, "timed.service", UP);
    manager.systemctl(&["stop", "timed.timer"]).unwrap();
    expect(&exporter, "timed.service", DOWN);

    expect(&exporter, "bad.service", MISSING);
    expect(&exporter, "missing.service", MISSING);
    manager
        .systemctl(&["mask", "--runtime", "masked.service"])
        .unwrap();
    expect(&exporter, "masked.service", MISSING);
}

#[test]
fn names_globs_and_aliases() {
    let manager = Manager::start(
        Options::default()
            .unit("worker-a.service", SLEEPER)
            .unit("worker-b.service", SLEEPER)
            .unit("mariadb.service", SLEEPER),
    )
    .unwrap();
    let units = manager.dir().join("units");
    std::os::unix::fs::symlink("mariadb.service", units.join("mysql.service")).unwrap();
    manager.daemon_reload().unwrap();
    manager
        .systemctl(&["start", "worker-a", "worker-b", "mariadb"])
        .unwrap();
    let exporter = Exporter::start_in(&manager, &["--monitored-services=worker-*,mysql,php*"]);

    expect(&exporter, "worker-a.service", UP);
    expect(&exporter, "worker-b.service", UP);
    expect(&exporter, "mysql.service", UP);
    let all = "/metrics?exclude[]=services";
    let is = |series: &str, expected: f64| {
        assert_eq!(exporter.value(all, series), Some(expected), "{series}");
    };
    is(
        "prunelle_service_info{name=\"mysql.service\",id=\"mariadb.service\"}",
        1.0,
    );
    is(
        "prunelle_service_info{name=\"worker-a.service\",id=\"worker-a.service\"}",
        1.0,
    );
    is("prunelle_service_glob_matches{glob=\"worker-*\"}", 2.0);
    is("prunelle_service_glob_matches{glob=\"php*\"}", 0.0);
}

#[test]
fn a_dead_bus_is_unknown_and_never_down() {
    let manager = Manager::start(Options::default().unit("web.service", SLEEPER)).unwrap();
    manager.systemctl(&["start", "web"]).unwrap();
    let exporter = Exporter::start_in(&manager, &["--monitored-services=web"]);
    expect(&exporter, "web.service", UP);

    // Without its socket nobody can start the bus again by connecting.
    manager
        .systemctl(&["stop", "dbus.socket", "dbus.service"])
        .unwrap_or_default();
    expect_unknown(&exporter);
    // The rest is answered all the same.
    assert!(
        exporter
            .value("/metrics", "prunelle_memory_usage_ratio")
            .is_some()
    );
    assert_eq!(exporter.get("/-/ready").0, 200);

    manager.systemctl(&["start", "dbus.socket"]).unwrap();
    manager.start_bus().unwrap();
    expect(&exporter, "web.service", UP);
}

#[test]
fn a_bus_that_is_restarted_never_shows_a_service_down() {
    let manager = Manager::start(Options::default().unit("web.service", SLEEPER)).unwrap();
    manager.systemctl(&["start", "web"]).unwrap();
    let exporter = Exporter::start_in(&manager, &["--monitored-services=web"]);
    expect(&exporter, "web.service", UP);
    std::thread::scope(|scope| {
        let restarting = scope.spawn(|| manager.restart_bus().unwrap());
        while !restarting.is_finished() {
            let seen = exporter.value(SERVICES, &up("web.service"));
            assert!(matches!(seen, None | Some(1.0)), "{seen:?}");
        }
    });
    expect(&exporter, "web.service", UP);
}

#[test]
fn a_frozen_systemd_is_unknown_until_it_is_thawed() {
    let manager = Manager::start(Options::default().unit("web.service", SLEEPER)).unwrap();
    manager.systemctl(&["start", "web"]).unwrap();
    let exporter = Exporter::start_in(&manager, &["--monitored-services=web"]);
    expect(&exporter, "web.service", UP);
    manager.freeze().unwrap();
    expect_unknown(&exporter);
    manager.thaw().unwrap();
    expect(&exporter, "web.service", UP);
}

#[test]
fn without_a_bus_from_the_start_it_serves_the_rest() {
    let mut command = crate::program::command();
    command
        .env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus")
        .arg("--monitored-services=web");
    let exporter = Exporter::spawn(command);
    expect_unknown(&exporter);
    exporter.wait_for("/metrics", "prunelle_cpu_usage_ratio");
}

#[test]
fn nothing_to_watch_is_no_failure_and_needs_no_bus() {
    let mut command = crate::program::command();
    command.env("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/no/such/bus");
    let exporter = Exporter::spawn(command);
    let (_, metrics) = exporter.get(SERVICES);
    assert_eq!(
        metrics
            .lines()
            .filter(|line| !line.starts_with('#'))
            .collect::<Vec<_>>(),
        [format!("{SUCCESS} 1")]
    );
}
