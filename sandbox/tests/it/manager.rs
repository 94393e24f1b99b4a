use std::time::Duration;

use prunelle_sandbox::{Manager, Options, wait_until};

const LIMIT: Duration = Duration::from_secs(10);
const SLEEPER: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

fn sleeper() -> Manager {
    Manager::start(Options::default().unit("sleeper.service", SLEEPER)).unwrap()
}

#[test]
fn a_unit_starts_dies_and_is_seen() {
    let manager = sleeper();
    manager.systemctl(&["start", "sleeper"]).unwrap();
    assert_eq!(
        manager.show("sleeper.service", "ActiveState").unwrap(),
        "active"
    );
    let pid = manager.main_pid("sleeper.service").unwrap();
    assert_eq!(manager.kill_main("sleeper.service").unwrap(), pid);
    manager
        .wait_for("sleeper.service", "failed", LIMIT)
        .unwrap();
    assert_eq!(manager.show("sleeper.service", "Result").unwrap(), "signal");
}

#[test]
fn a_unit_file_can_be_replaced() {
    let manager = sleeper();
    manager
        .write_unit(
            "sleeper.service",
            "[Service]\nType=exec\nExecStart=/nonexistent\n",
        )
        .unwrap();
    manager.daemon_reload().unwrap();
    assert!(manager.systemctl(&["start", "sleeper"]).is_err());
}

#[test]
fn the_bus_comes_back_with_new_connections() {
    let manager = sleeper();
    let before = manager.main_pid("dbus.service").unwrap();
    manager.restart_bus().unwrap();
    assert_ne!(manager.main_pid("dbus.service").unwrap(), before);
}

#[test]
fn a_frozen_manager_answers_nothing_until_it_is_thawed() {
    let manager = sleeper();
    let ping = || {
        manager.output(
            manager
                .command("busctl")
                .args(["--system", "--timeout=1", "call"])
                .args(["org.freedesktop.systemd1", "/org/freedesktop/systemd1"])
                .args(["org.freedesktop.DBus.Peer", "Ping"]),
        )
    };
    ping().unwrap();
    manager.freeze().unwrap();
    assert!(ping().is_err());
    manager.thaw().unwrap();
    wait_until("an answer", LIMIT, || ping().ok()).unwrap();
}

#[test]
fn managers_do_not_see_each_other() {
    let one = sleeper();
    let two = Manager::start(Options::default()).unwrap();
    one.systemctl(&["start", "sleeper"]).unwrap();
    assert_eq!(
        two.show("sleeper.service", "LoadState").unwrap(),
        "not-found"
    );
}

#[test]
fn a_tmpfs_is_seen_inside_only() {
    let manager = sleeper();
    let path = manager.dir().join("disk");
    manager.mount_tmpfs(&path, 4 << 20).unwrap();
    let df = manager
        .output(manager.command("df").arg("--output=size,fstype").arg(&path))
        .unwrap();
    assert!(df.contains("4096 tmpfs"), "{df}");
    assert!(
        !std::fs::read_to_string("/proc/self/mountinfo")
            .unwrap()
            .contains(path.to_str().unwrap())
    );
}

#[test]
fn the_environment_inside_is_the_one_given() {
    let options = Options::default().env("COLOUR", "blue").unit(
        "says.service",
        "[Service]\nType=oneshot\nExecStart=/bin/sh -c 'echo it is $COLOUR'\n",
    );
    let manager = Manager::start(options).unwrap();
    manager.systemctl(&["start", "says"]).unwrap();
    wait_until("the unit's line", LIMIT, || {
        manager.log().contains("it is blue").then_some(())
    })
    .unwrap();
    let env = manager.output(&mut manager.command("env")).unwrap();
    assert!(env.contains("COLOUR=blue"), "{env}");
}

#[test]
fn the_bus_is_reached_from_outside() {
    let manager = sleeper();
    let path = manager.bus_address();
    let path = path.strip_prefix("unix:path=").unwrap();
    std::os::unix::net::UnixStream::connect(path).unwrap();
}
