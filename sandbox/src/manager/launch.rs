//! How a sandbox is started and found: the command, its environment, the pids that `init.sh` writes.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};
use rustix::process::Pid;

use super::{Limits, START_LIMIT};
use crate::namespace::Namespace;
use crate::{spawn, wait};

const INIT: &str = include_str!("init.sh");
const INIT_PID: &str = "init.pid";
const MANAGER_PID: &str = "manager.pid";
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
const RUNTIME: &str = "/run/user/0";
const BUS_ADDRESS: &str = "unix:path=/run/user/0/bus";

/// Files of an earlier run in the same folder must not be taken for this one's.
pub(super) fn forget(dir: &Path) -> Result<()> {
    for pid in [INIT_PID, MANAGER_PID] {
        fs::write(dir.join(pid), "")?;
    }
    Ok(())
}

/// The whole environment inside: nothing of the caller's leaks in.
pub(super) fn environment(dir: &Path, extra: Vec<(String, String)>) -> Vec<(String, String)> {
    let units = dir.join("units").display().to_string();
    let dir = dir.display().to_string();
    let mut env: Vec<(String, String)> = [
        ("PATH", PATH),
        ("HOME", &dir),
        ("LANG", "C.UTF-8"),
        ("XDG_RUNTIME_DIR", RUNTIME),
        ("DBUS_SYSTEM_BUS_ADDRESS", BUS_ADDRESS),
        ("DBUS_SESSION_BUS_ADDRESS", BUS_ADDRESS),
        ("PRUNELLE_SANDBOX", &dir),
        // The manager sees our units and no others; generators would add some of the host's.
        ("SYSTEMD_UNIT_PATH", &units),
        ("SYSTEMD_GENERATOR_PATH", "/nonexistent"),
        ("SYSTEMD_ENVIRONMENT_GENERATOR_PATH", "/nonexistent"),
    ]
    .map(|(key, value)| (key.to_owned(), value.to_owned()))
    .into();
    env.extend(extra);
    env
}

pub(super) fn unshare(dir: &Path, env: &[(String, String)]) -> Command {
    let mut command = spawn::command("unshare");
    command
        .args(["--mount", "--pid", "--ipc", "--uts", "--fork"])
        .args(["--kill-child", "--propagation", "private", "--"])
        .args(["/bin/sh", "-c", INIT, "prunelle-init"])
        .arg(dir)
        .args(env.iter().map(|(key, value)| format!("{key}={value}")));
    command
}

/// Has the keeper bound all that is inside.
pub(super) fn limit(command: &mut Command, limits: Limits) {
    /// The period of a quota of CPU time, in microseconds.
    const PERIOD: f64 = 100_000.0;
    command
        .env("PRUNELLE_MEMORY", limits.memory.to_string())
        .env("PRUNELLE_CPU", format!("{:.0}", limits.cpus * PERIOD));
}

/// Finds the namespaces and the manager's process, from the pids that `init.sh` writes.
pub(super) fn locate(dir: &Path, mut is_running: impl FnMut() -> bool) -> Result<(Namespace, Pid)> {
    let mut pid_in = |file: &str| {
        wait::try_until(&format!("{file} is written"), START_LIMIT, || {
            ensure!(is_running(), "it ended at once");
            let text = fs::read_to_string(dir.join(file))?;
            // Without its line end it is not written to its end.
            Ok(text
                .strip_suffix('\n')
                .and_then(|pid| Pid::from_raw(pid.parse().ok()?)))
        })
    };
    let namespace = Namespace::of(pid_in(INIT_PID)?);
    let manager = pid_in(MANAGER_PID)?;
    Ok((namespace, namespace.outside(manager)?))
}
