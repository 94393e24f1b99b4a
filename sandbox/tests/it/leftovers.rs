//! Nothing is left: not after a drop, not after a SIGKILL of the owner, not when the program itself ends.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use prunelle_sandbox::{Manager, Options, wait_until};

const LIMIT: Duration = Duration::from_secs(10);
/// Set in the process that is to be killed.
const OWNER: &str = "PRUNELLE_TEST_OWNER";

/// What must be gone at the end.
#[derive(Debug)]
struct Traces {
    pid_namespace: PathBuf,
    cgroup: String,
    keeper: PathBuf,
}

impl Traces {
    fn of(init: &str) -> Self {
        let cgroups = fs::read_to_string(format!("/proc/{init}/cgroup")).unwrap();
        let cgroup = cgroups
            .lines()
            .find_map(|line| line.strip_prefix("0::/"))
            // The manager has moved its processes into a scope below.
            .and_then(|path| path.strip_suffix("/init.scope"))
            .unwrap();
        let keeper = cgroup.rsplit('-').next().unwrap();
        let traces = Self {
            pid_namespace: fs::read_link(format!("/proc/{init}/ns/pid")).unwrap(),
            cgroup: cgroup.to_owned(),
            keeper: Path::new("/proc").join(keeper),
        };
        assert!(
            cgroup_exists(&traces.cgroup)
                && traces.keeper.is_dir()
                && !traces.processes().is_empty()
        );
        traces
    }

    fn processes(&self) -> Vec<PathBuf> {
        fs::read_dir("/proc")
            .unwrap()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|process| {
                fs::read_link(process.join("ns/pid")).is_ok_and(|link| link == self.pid_namespace)
            })
            .collect()
    }

    /// The mounts are gone with the last process of their namespace.
    fn are_gone(&self) -> bool {
        self.processes().is_empty() && !cgroup_exists(&self.cgroup) && !self.keeper.exists()
    }
}

/// Looks in a mount namespace of its own: not every host has the cgroup2 hierarchy mounted.
#[expect(
    clippy::disallowed_methods,
    reason = "the test looks at what it tests from outside"
)]
fn cgroup_exists(path: &str) -> bool {
    let script = "mount -t cgroup2 cgroup2 /sys/fs/cgroup || exit 9; test -d \"/sys/fs/cgroup/$1\"";
    let status = Command::new("unshare")
        .args(["--mount", "--propagation", "private", "--"])
        .args(["/bin/sh", "-c", script, "sh", path])
        .status()
        .unwrap();
    match status.code() {
        Some(0) => true,
        Some(1) => false,
        other => panic!("cannot look for {path}: {other:?}"),
    }
}

fn manager() -> Manager {
    let options = Options::default()
        .unit(
            "sleeper.service",
            "[Service]\nExecStart=/bin/sleep infinity\n",
        )
        // Ignores what it can: only SIGKILL ends it.
        .unit(
            "stubborn.service",
            "[Service]\nExecStart=/bin/sh -c 'trap \"\" TERM HUP INT; while :; do sleep 1; done'\n",
        );
    let manager = Manager::start(options).unwrap();
    manager
        .systemctl(&["start", "sleeper", "stubborn"])
        .unwrap();
    manager
}

fn init_of(manager: &Manager) -> String {
    let pid = fs::read_to_string(manager.dir().join("init.pid")).unwrap();
    pid.trim().to_owned()
}

#[test]
fn after_a_drop() {
    let manager = manager();
    let traces = Traces::of(&init_of(&manager));
    let dir = manager.dir().to_owned();
    drop(manager);
    assert!(traces.are_gone(), "{traces:?}");
    assert!(!dir.exists());
}

#[test]
fn after_a_drop_while_frozen() {
    let manager = manager();
    let traces = Traces::of(&init_of(&manager));
    manager.freeze().unwrap();
    drop(manager);
    assert!(traces.are_gone(), "{traces:?}");
}

#[test]
fn after_a_sigkill_of_the_owner() {
    if std::env::var_os(OWNER).is_some() {
        let manager = manager();
        println!("init={}", init_of(&manager));
        // Until it is killed; or the test has failed, and with it ends our input.
        std::io::stdin().lines().for_each(drop);
        return;
    }
    let files = tempfile::tempdir().unwrap();
    #[expect(clippy::disallowed_methods, reason = "the test needs an owner to kill")]
    let mut owner = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "leftovers::after_a_sigkill_of_the_owner",
            "--nocapture",
        ])
        .env(OWNER, "1")
        // Files are left by an owner that is killed; these go with the test.
        .env("TMPDIR", files.path())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let init = BufReader::new(owner.stdout.take().unwrap())
        .lines()
        .find_map(|line| {
            line.unwrap()
                .split_once("init=")
                .map(|(_, pid)| pid.to_owned())
        })
        .unwrap();
    let traces = Traces::of(&init);
    owner.kill().unwrap();
    owner.wait().unwrap();
    wait_until("nothing is left", LIMIT, || traces.are_gone().then_some(())).unwrap();
}

#[test]
fn a_command_inside_dies_with_its_process_outside() {
    let manager = manager();
    let mut sleep = manager.command("sleep").arg("1234").spawn().unwrap();
    let count = || {
        let found = manager.output(
            manager
                .command("sh")
                .args(["-c", "grep -lsz '^1234$' /proc/[0-9]*/cmdline | wc -l"]),
        );
        found.unwrap().trim().parse::<u32>().unwrap()
    };
    wait_until("the command runs", LIMIT, || (count() == 1).then_some(())).unwrap();
    sleep.kill().unwrap();
    sleep.wait().unwrap();
    wait_until("the command is gone", LIMIT, || {
        (count() == 0).then_some(())
    })
    .unwrap();
}

#[test]
fn a_kept_program_is_stopped_or_killed() {
    let manager = manager();
    let log = manager.dir().join("kept.log");
    let script = [
        "-c",
        "trap 'echo bye; exit 3' TERM; echo hi; while :; do sleep 0.01; done",
    ];
    let said = |what: &str| fs::read_to_string(&log).unwrap().contains(what);

    let mut kept = manager.keep("sh", &script, &log).unwrap();
    wait_until("it is up", LIMIT, || said("hi").then_some(())).unwrap();
    assert!(kept.is_running());
    assert_eq!(kept.stop(LIMIT).unwrap().code(), Some(3));
    assert!(said("bye") && !kept.is_running());

    let mut kept = manager.keep("sleep", &["infinity"], &log).unwrap();
    assert_eq!(kept.kill().unwrap().code(), Some(128 + 9));
}
