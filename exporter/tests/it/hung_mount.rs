//! A mount that really hangs: FUSE whose server does not answer, until it does.

use std::fs::File;
use std::process::Stdio;
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{Manager, Options, wait_until};

use crate::fuse;
use crate::program::{Exporter, LIMIT, value};

const PATH: &str = "/metrics?collect[]=filesystem&collect[]=info&collect[]=memory_usage";

/// What holds the mount: as long as nobody reads from it, nobody answers.
struct Server(Option<File>);

impl Server {
    fn start(manager: &Manager, mountpoint: &str) -> Self {
        let device = fuse::open();
        let script = "mkdir -p \"$0\"
            exec mount -i -t fuse -o fd=0,rootmode=40000,user_id=0,group_id=0 hung \"$0\"";
        let mut command = manager.command("/bin/sh");
        command.args(["-ec", script, mountpoint]);
        // The kernel knows the connection by the descriptor that the mounting program has.
        command.stdin(Stdio::from(device.try_clone().unwrap()));
        assert!(command.status().unwrap().success());
        Self(Some(device))
    }

    /// From now on it answers, as long as it is mounted.
    fn answer(&mut self) {
        fuse::serve(self.0.take().unwrap());
    }
}

#[test]
fn it_costs_one_thread_once_and_the_rest_is_answered() {
    let manager = Manager::start(Options::default()).unwrap();
    let exporter = Exporter::start_in(&manager, &[]);
    let threads = exporter.wait_for(PATH, "process_threads") + 1.0;

    let mountpoint = manager.dir().join("hung").display().to_string();
    let mut server = Server::start(&manager, &mountpoint);
    let labels = format!("device=\"hung\",mountpoint=\"{mountpoint}\",fstype=\"fuse\"");
    let hangs =
        format!("node_filesystem_device_error{{{labels},device_error=\"mountpoint timeout\"}}");
    let seen = wait_until("the hung mount is seen", LIMIT, || {
        let (status, metrics) = exporter.get_within(PATH, Duration::from_secs(2));
        assert_eq!(status, 200);
        // Whatever hangs, the other figures are there.
        assert!(
            metrics.contains("\nprunelle_memory_usage_ratio "),
            "{metrics}"
        );
        assert!(metrics.contains(",mountpoint=\"/\","), "{metrics}");
        (value(&metrics, &hangs) == Some(1.0)).then_some(())
    });
    assert!(seen.is_ok(), "{}", exporter.get(PATH).1);

    // From now on nobody waits for it, and no thread is added.
    let watch = Stopwatch::start();
    for scrape in 0..100 {
        let (_, metrics) = exporter.get(PATH);
        assert_eq!(value(&metrics, &hangs), Some(1.0), "scrape {scrape}");
        let now = value(&metrics, "process_threads").unwrap();
        assert!(now <= threads + 1.0, "scrape {scrape}: {now} threads");
    }
    assert!(watch.elapsed() < LIMIT, "{:?}", watch.elapsed());
    let log = exporter.log();
    assert_eq!(log.matches("left alone until it does").count(), 1, "{log}");

    // The server wakes up: the thread comes back, and the mount tells its size.
    server.answer();
    let total = format!("prunelle_disk_total_bytes{{{labels}}}");
    let size = exporter.wait_for(PATH, &total);
    assert!((size - fuse::SIZE_BYTES).abs() < 1.0, "{size}");
    assert!(exporter.log().contains("answers again"));
    let error = format!("node_filesystem_device_error{{{labels}}}");
    assert_eq!(exporter.value(PATH, &error), Some(0.0));
    assert!(exporter.value(PATH, "process_threads").unwrap() <= threads);
}

#[test]
fn a_server_that_goes_away_lets_the_thread_go_too() {
    let manager = Manager::start(Options::default()).unwrap();
    let exporter = Exporter::start_in(&manager, &[]);
    let mountpoint = manager.dir().join("hung").display().to_string();
    let server = Server::start(&manager, &mountpoint);
    wait_until("the exporter hangs on it", LIMIT, || {
        exporter.get_within(PATH, Duration::from_secs(1));
        let log = exporter.log();
        log.contains("left alone until it does").then_some(())
    })
    .unwrap();
    drop(server);
    wait_until("the thread comes back", LIMIT, || {
        exporter.log().contains("answers again").then_some(())
    })
    .unwrap();
    let labels = format!("device=\"hung\",mountpoint=\"{mountpoint}\",fstype=\"fuse\"");
    let gone = "transport endpoint is not connected";
    let error = format!("node_filesystem_device_error{{{labels},device_error=\"{gone}\"}}");
    assert_eq!(exporter.value(PATH, &error), Some(1.0));
}

#[test]
fn it_does_not_keep_the_exporter_from_stopping() {
    let manager = Manager::start(Options::default()).unwrap();
    let exporter = Exporter::start_in(&manager, &[]);
    let mountpoint = manager.dir().join("hung").display().to_string();
    let _server = Server::start(&manager, &mountpoint);
    wait_until("the exporter hangs on it", LIMIT, || {
        exporter.get_within(PATH, Duration::from_secs(1));
        exporter
            .log()
            .contains("left alone until it does")
            .then_some(())
    })
    .unwrap();
    assert!(exporter.stop().success());
}
