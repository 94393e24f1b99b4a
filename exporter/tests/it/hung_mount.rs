//! A mount that really hangs: FUSE whose server never answers.

use std::process::{Child, Stdio};
use std::time::Duration;

use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{Manager, Options, wait_until};

use crate::program::{Exporter, LIMIT, value};

const PATH: &str = "/metrics?collect[]=filesystem&collect[]=info&collect[]=memory_usage";

/// The program that holds the mount: as long as it lives, nobody answers.
struct Server(Child);

impl Server {
    fn start(manager: &Manager, mountpoint: &str) -> Self {
        let script = "mkdir -p \"$0\"; exec 5<>/dev/fuse
            mount -i -t fuse -o fd=5,rootmode=40000,user_id=0,group_id=0 hung \"$0\"
            exec sleep infinity";
        let mut command = manager.command("/bin/sh");
        command.args(["-ec", script, mountpoint]);
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    fn end(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.end();
    }
}

#[test]
fn it_costs_one_thread_once_and_the_rest_is_answered() {
    let manager = Manager::start(Options::default()).unwrap();
    let exporter = Exporter::start_in(&manager, &[]);
    let threads = exporter.wait_for(PATH, "process_threads") + 1.0;

    let mountpoint = manager.dir().join("hung").display().to_string();
    let mut server = Server::start(&manager, &mountpoint);
    let error = format!(
        "node_filesystem_device_error{{device=\"hung\",mountpoint=\"{mountpoint}\",fstype=\"fuse\",device_error=\"mountpoint timeout\"}}"
    );
    let seen = wait_until("the hung mount is seen", LIMIT, || {
        let (status, metrics) = exporter.get_within(PATH, Duration::from_secs(2));
        assert_eq!(status, 200);
        // Whatever hangs, the other figures are there.
        assert!(
            metrics.contains("\nprunelle_memory_usage_ratio "),
            "{metrics}"
        );
        assert!(metrics.contains(",mountpoint=\"/\","), "{metrics}");
        (value(&metrics, &error) == Some(1.0)).then_some(())
    });
    assert!(seen.is_ok(), "{}", exporter.get(PATH).1);

    // From now on nobody waits for it, and no thread is added.
    let watch = Stopwatch::start();
    for _ in 0..10 {
        assert_eq!(exporter.value(PATH, &error), Some(1.0));
        assert!(exporter.value(PATH, "process_threads").unwrap() <= threads + 1.0);
    }
    assert!(
        watch.elapsed() < Duration::from_secs(5),
        "{:?}",
        watch.elapsed()
    );
    assert_eq!(
        exporter.log().matches("left alone until it does").count(),
        1
    );

    // The server is gone: the kernel answers with an error, and the thread comes back.
    server.end();
    wait_until("the thread comes back", LIMIT, || {
        exporter.log().contains("answers again").then_some(())
    })
    .unwrap();
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
