//! Reloading the settings of the real program: all or nothing, under load, by SIGHUP and by POST.

use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

use prunelle_sandbox::{Manager, Options, wait_until};
use rustix::process::Signal;

use crate::program::{Exporter, LIMIT, PROGRAM, command, value};

const SUCCESSFUL: &str = "prunelle_exporter_config_last_reload_successful";
const SUCCESS_TIME: &str = "prunelle_exporter_config_last_reload_success_timestamp_seconds";
const CPU: &str = "prunelle_threshold_ratio{resource=\"cpu\",severity=\"warning\"}";
const MEMORY: &str = "prunelle_threshold_ratio{resource=\"memory\",severity=\"warning\"}";

/// A configuration file that a test rewrites.
struct ConfigFile(tempfile::NamedTempFile);

impl ConfigFile {
    fn new(text: &str) -> Self {
        let file = Self(tempfile::NamedTempFile::new().unwrap());
        file.write(text);
        file
    }

    fn write(&self, text: &str) {
        std::fs::write(self.path(), text).unwrap();
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn flag(&self) -> String {
        format!("--config.file={}", self.path().display())
    }
}

fn start(file: &ConfigFile) -> Exporter {
    Exporter::start(&[&file.flag(), "--web.enable-lifecycle"])
}

#[test]
fn a_reload_is_all_or_nothing_and_says_what_it_did() {
    let file = ConfigFile::new("thresholds: {cpu: {warning: 70%}}\n");
    let exporter = start(&file);
    assert_eq!(exporter.value("/metrics", CPU), Some(0.7));
    assert_eq!(exporter.value("/metrics", SUCCESSFUL), Some(1.0));
    let started = exporter.value("/metrics", SUCCESS_TIME).unwrap();

    // Two of these three could be had; none is.
    file.write(
        "thresholds: {cpu: {warning: 60%}, memory: {warning: 0.5}}\nweb: {max_requests: 1}\n",
    );
    let (status, said) = exporter.post("/-/reload");
    assert_eq!(status, 500);
    let place = format!(
        "{}:1:53: `thresholds.memory.warning`",
        file.path().display()
    );
    assert!(said.contains(&place), "{said}");
    assert_eq!(exporter.value("/metrics", CPU), Some(0.7));
    assert_eq!(exporter.value("/metrics", SUCCESSFUL), Some(0.0));
    assert_eq!(exporter.value("/metrics", SUCCESS_TIME), Some(started));
    let log = exporter.log();
    assert_eq!(log.matches("cannot reload").count(), 1, "{log}");

    file.write(
        "thresholds: {cpu: {warning: 60%}}\nmonitoring_interval: 5s\n\
         collectors: {memory_usage: {enabled: false}}\nlog: {level: debug}\n\
         web: {telemetry_path: /other, enable_lifecycle: false}\n",
    );
    assert_eq!(
        exporter.post("/-/reload"),
        (
            200,
            "reloaded, changed: monitoring_interval, thresholds.cpu.warning, log.level, \
             collectors.memory_usage.enabled; ignored until a restart: web.telemetry_path\n"
                .to_owned()
        )
    );
    let (status, metrics) = exporter.get("/metrics");
    assert_eq!(status, 200);
    assert_eq!(value(&metrics, CPU), Some(0.6));
    assert_eq!(value(&metrics, SUCCESSFUL), Some(1.0));
    assert!(value(&metrics, SUCCESS_TIME) >= Some(started));
    assert!(!metrics.contains("prunelle_memory_usage_ratio"));
    // What needs a restart is told again as long as it differs.
    let (_, said) = exporter.post("/-/reload");
    let expected = "reloaded, nothing changed; ignored until a restart: web.telemetry_path\n";
    assert_eq!(said, expected);
}

#[test]
fn a_signal_reloads_and_does_not_end_the_program() {
    let file = ConfigFile::new("");
    let exporter = Exporter::start(&[&file.flag()]);
    // Without leave, POST does not; reading is no way to reload at all.
    assert_eq!(exporter.post("/-/reload").0, 403);
    assert_eq!(exporter.get("/-/reload").0, 405);
    file.write("thresholds: {cpu: {warning: 55%}}");
    exporter.signal(Signal::HUP);
    let seen = wait_until("the new threshold", LIMIT, || {
        (exporter.value("/metrics", CPU) == Some(0.55)).then_some(())
    });
    assert!(seen.is_ok(), "{}", exporter.log());
    file.write("thresholds: {cpu: {warning: 55}");
    exporter.signal(Signal::HUP);
    let seen = wait_until("the failure", LIMIT, || {
        (exporter.value("/metrics", SUCCESSFUL) == Some(0.0)).then_some(())
    });
    assert!(seen.is_ok(), "{}", exporter.log());
    assert_eq!(exporter.value("/metrics", CPU), Some(0.55));
    assert!(exporter.stop().success());
}

/// Scrapes until told to stop; returns what was wrong, if anything.
async fn scrape_until(address: &str, is_over: &AtomicBool, scrapes: &AtomicU32) -> Option<String> {
    let client = reqwest::Client::builder().timeout(LIMIT).build().unwrap();
    while !is_over.load(Ordering::Relaxed) {
        let response = client.get(format!("http://{address}/metrics")).send().await;
        let response = match response {
            Ok(response) => response,
            Err(error) => return Some(error.to_string()),
        };
        let status = response.status();
        let metrics = response.text().await.unwrap();
        let set = (
            value(&metrics, CPU),
            value(&metrics, MEMORY),
            metrics.contains("prunelle_swap_total_bytes"),
        );
        let is_whole =
            set == (Some(0.51), Some(0.52), true) || set == (Some(0.61), Some(0.62), false);
        if !status.is_success() || !is_whole {
            return Some(format!("{status} {set:?}"));
        }
        scrapes.fetch_add(1, Ordering::Relaxed);
    }
    None
}

#[test]
fn scrapes_during_a_hundred_reloads_never_fail_and_each_sees_a_whole_set() {
    let sets = [
        "thresholds: {cpu: {warning: 51%}, memory: {warning: 52%}}\n",
        "thresholds: {cpu: {warning: 61%}, memory: {warning: 62%}}\nweb: {max_requests: 50}\n\
         collectors: {swap_usage: {enabled: false}}\nmonitoring_interval: 20s\n",
    ];
    let file = ConfigFile::new(sets[0]);
    let exporter = start(&file);
    let (is_over, scrapes) = (AtomicBool::new(false), AtomicU32::new(0));
    let wrong: Vec<_> = std::thread::scope(|scope| {
        let scrape = || {
            let runtime = tokio::runtime::Builder::new_current_thread()
                .enable_all()
                .build();
            let scraping = scrape_until(exporter.address(), &is_over, &scrapes);
            runtime.unwrap().block_on(scraping)
        };
        let scraping: Vec<_> = (0..4).map(|_| scope.spawn(scrape)).collect();
        for set in sets.iter().cycle().skip(1).take(100) {
            file.write(set);
            let (status, said) = exporter.post("/-/reload");
            assert_eq!(status, 200, "{said}");
        }
        is_over.store(true, Ordering::Relaxed);
        let ended = scraping.into_iter().map(|it| it.join().unwrap());
        ended.flatten().collect()
    });
    assert_eq!(wrong, Vec::<String>::new());
    assert!(scrapes.into_inner() >= 100);
    assert_eq!(exporter.value("/metrics", SUCCESSFUL), Some(1.0));
}

#[test]
fn services_are_watched_from_the_reload_on() {
    const SERVICES: &str = "/metrics?collect[]=services";
    const WEB: &str = "prunelle_service_up{name=\"web.service\"}";
    const OTHER: &str = "prunelle_service_up{name=\"other.service\"}";
    let sleeper = "[Service]\nExecStart=/bin/sleep infinity\n";
    let options = Options::default()
        .unit("web.service", sleeper)
        .unit("other.service", sleeper);
    let manager = Manager::start(options).unwrap();
    manager.systemctl(&["start", "web.service"]).unwrap();
    let file = ConfigFile::new("");
    let flag = file.flag();
    let exporter = Exporter::start_in(&manager, &[&flag, "--web.enable-lifecycle"]);
    assert_eq!(exporter.value(SERVICES, WEB), None);
    for (services, web, other) in [
        ("services: [web]", Some(1.0), None),
        ("services: [web, other]", Some(1.0), Some(0.0)),
        ("services: [other]", None, Some(0.0)),
        ("services: []", None, None),
        ("services: web", Some(1.0), None),
    ] {
        file.write(services);
        assert_eq!(exporter.post("/-/reload").0, 200);
        let seen = wait_until(services, LIMIT, || {
            let seen = (
                exporter.value(SERVICES, WEB),
                exporter.value(SERVICES, OTHER),
            );
            (seen == (web, other)).then_some(())
        });
        assert!(seen.is_ok(), "{services}: {}", exporter.get(SERVICES).1);
    }
}

#[test]
fn the_service_manager_reloads_it_and_sees_what_came_of_it() {
    const SHIPPED: &str = include_str!("../../../deploy/systemd/prunelle-exporter.service");
    let shipped = |key: &str| {
        let line = SHIPPED.lines().find(|line| line.starts_with(key));
        line.unwrap_or_else(|| panic!("the shipped unit has no {key}"))
    };
    let file = ConfigFile::new("");
    let unit = format!(
        "[Service]\n{}\nExecStart={PROGRAM} {} --web.listen-address=127.0.0.1:0\n{}\n",
        shipped("Type="),
        file.flag(),
        shipped("ExecReload="),
    );
    let manager = Manager::start(Options::default().unit("exporter.service", unit)).unwrap();
    manager.systemctl(&["start", "exporter.service"]).unwrap();
    let pid = manager.main_pid("exporter.service").unwrap();
    for (text, status) in [
        (
            "thresholds: {cpu: {warning: 50%}}",
            "Reloaded: changed: thresholds.cpu.warning",
        ),
        ("thresholds: {cpu: {warning: 0.5}}", "Not reloaded: "),
        ("", "Reloaded: changed: thresholds.cpu.warning"),
    ] {
        file.write(text);
        manager.systemctl(&["reload", "exporter.service"]).unwrap();
        let seen = wait_until(status, LIMIT, || {
            let said = manager.show("exporter.service", "StatusText").ok()?;
            let state = manager.show("exporter.service", "ActiveState").ok()?;
            (said.starts_with(status) && state == "active").then_some(())
        });
        assert!(
            seen.is_ok(),
            "{:?}",
            manager.show("exporter.service", "StatusText")
        );
    }
    assert_eq!(manager.main_pid("exporter.service").unwrap(), pid);
}

#[test]
fn the_check_says_what_holds_or_what_is_wrong_and_starts_nothing() {
    let file = ConfigFile::new("web:\n  max_requests: 3\n");
    let output = command().args([&file.flag(), "--config.check"]).output();
    let output = output.unwrap();
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("web.max_requests = 3  (line 2)"), "{said}");
    assert!(output.stderr.is_empty());
    file.write("web: {max_request: 3}\nservices: ['a b']\n");
    let output = command().args([&file.flag(), "--config.check"]).output();
    let output = output.unwrap();
    assert!(!output.status.success());
    assert!(output.stdout.is_empty());
    let said = String::from_utf8(output.stderr).unwrap();
    for text in [
        ":1:7: unknown key",
        "did you mean `max_requests`?",
        ":2:12: `services`",
    ] {
        assert!(said.contains(text), "{text}: {said}");
    }
}
