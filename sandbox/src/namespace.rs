//! The namespaces of a running sandbox, from outside: running commands in them and translating pids.

use std::ffi::OsStr;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use rustix::process::Pid;

use crate::spawn;

/// The namespaces that a sandbox's first process lives in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Namespace {
    /// The first process, as the host numbers it.
    init: Pid,
}

impl Namespace {
    pub(crate) fn of(init: Pid) -> Self {
        Self { init }
    }

    /// A path inside, as the host can reach it.
    pub(crate) fn root(self) -> PathBuf {
        PathBuf::from(format!("/proc/{}/root", self.init.as_raw_pid()))
    }

    /// A command that runs inside and is killed when the returned command's process is.
    pub(crate) fn command(self, program: impl AsRef<OsStr>) -> Command {
        let mut command = spawn::command("nsenter");
        command
            .arg("--target")
            .arg(self.init.as_raw_pid().to_string())
            .args(["--mount", "--pid", "--cgroup", "--ipc", "--uts", "--"])
            .args(["setpriv", "--pdeathsig", "KILL", "--"])
            .arg(program);
        command
    }

    /// The host's number of the process that is `inside` in there.
    pub(crate) fn outside(self, inside: Pid) -> Result<Pid> {
        let namespace = pid_namespace(self.init).context("the sandbox is gone")?;
        fs::read_dir("/proc")?
            .filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok())
            .filter_map(Pid::from_raw)
            .find(|&pid| {
                innermost(pid) == Some(inside) && pid_namespace(pid).as_ref() == Some(&namespace)
            })
            .with_context(|| format!("no process {} in the sandbox", inside.as_raw_pid()))
    }
}

fn pid_namespace(pid: Pid) -> Option<PathBuf> {
    fs::read_link(format!("/proc/{}/ns/pid", pid.as_raw_pid())).ok()
}

/// The pid in the innermost namespace: the last of `NSpid` in /proc/PID/status.
fn innermost(pid: Pid) -> Option<Pid> {
    let status = fs::read_to_string(format!("/proc/{}/status", pid.as_raw_pid())).ok()?;
    let line = status
        .lines()
        .find_map(|line| line.strip_prefix("NSpid:"))?;
    Pid::from_raw(line.split_whitespace().next_back()?.parse().ok()?)
}
