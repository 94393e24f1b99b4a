//! The only module of the sandbox that starts processes.
//!
//! Whatever keeps running has a keeper (`keeper.sh`), which ends it when the owner drops its [`Kept`] or dies.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Output, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::Signal;
use tempfile::TempDir;

use crate::wait;

/// What runs the keeper.
pub(crate) const SHELL: &str = "/bin/sh";
const KEEPER: &str = include_str!("keeper.sh");

/// How long a killed program may take to be gone.
const END_LIMIT: Duration = Duration::from_secs(20);

/// A command for `program`, found in PATH.
#[expect(
    clippy::disallowed_methods,
    reason = "this module is the one that starts processes"
)]
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    Command::new(program)
}

/// Runs a command to its end and returns its standard output; an error shows what it said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let Output {
        status,
        stdout,
        stderr,
    } = command
        .stdin(Stdio::null())
        .output()
        .with_context(|| format!("cannot start {command:?}"))?;
    ensure!(
        status.success(),
        "{} ended with {status}: {}",
        words(command),
        String::from_utf8_lossy(&stderr).trim()
    );
    Ok(String::from_utf8_lossy(&stdout).into_owned())
}

/// A command as people write it, without the environment that was made for it.
fn words(command: &Command) -> String {
    let arguments = command.get_args().map(OsStr::to_string_lossy);
    let program = command.get_program().to_string_lossy();
    let words: Vec<_> = [program].into_iter().chain(arguments).collect();
    words.join(" ")
}

/// A program that runs until it is stopped, or its owner is gone.
#[derive(Debug)]
pub struct Kept {
    keeper: Child,
    signals: Option<ChildStdin>,
}

/// Starts a program under a keeper; what it prints is appended to `log`.
pub(crate) fn keep(program: &Command, log: &Path) -> Result<Kept> {
    start_keeper(command(SHELL), "", program, log)
}

/// Starts a program under a keeper that runs in the namespaces that `shell` enters, so that signals reach the program.
pub(crate) fn keep_inside(shell: Command, program: &Command, log: &Path) -> Result<Kept> {
    start_keeper(shell, "", program, log)
}

/// Starts an `unshare` under a keeper that also makes and removes a cgroup called `name` and the keeper's pid.
pub(crate) fn keep_with_cgroup(name: &str, program: &Command, log: &Path) -> Result<Kept> {
    let mut shell = command("unshare");
    shell.args(["--mount", "--propagation", "private", "--", SHELL]);
    start_keeper(shell, name, program, log)
}

fn start_keeper(mut shell: Command, name: &str, program: &Command, log: &Path) -> Result<Kept> {
    use std::os::unix::process::CommandExt;

    let log_file = File::options()
        .create(true)
        .append(true)
        .open(log)
        .with_context(|| format!("cannot open {}", log.display()))?;
    shell
        .args(["-c", KEEPER, "prunelle-keeper", name])
        .arg(program.get_program())
        .args(program.get_args());
    for (key, value) in program.get_envs() {
        match value {
            Some(value) => shell.env(key, value),
            None => shell.env_remove(key),
        };
    }
    // A group of its own: Ctrl-C in the terminal ends the owner, and the owner ends this in its order.
    shell
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(log_file.try_clone().context("cannot duplicate a log")?)
        .stderr(log_file);
    let mut keeper = shell
        .spawn()
        .with_context(|| format!("cannot start {program:?}"))?;
    let signals = keeper.stdin.take();
    Ok(Kept { keeper, signals })
}

impl Kept {
    /// Whether the program still runs.
    pub fn is_running(&mut self) -> bool {
        matches!(self.keeper.try_wait(), Ok(None))
    }

    /// Sends a signal to the program.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        let pipe = self.signals.as_mut().context("already ended")?;
        writeln!(pipe, "{}", signal.as_raw()).context("the program's keeper is gone")
    }

    /// Asks the program to end (SIGTERM) and kills it when it has not within `limit`.
    pub fn stop(&mut self, limit: Duration) -> Result<ExitStatus> {
        // A program that has ended already cannot be asked; its status is what counts.
        let _ = self.signal(Signal::TERM);
        match wait::try_until("the program ends", limit, || Ok(self.keeper.try_wait()?)) {
            Ok(status) => Ok(status),
            Err(_) => self.kill(),
        }
    }

    /// Kills the program (SIGKILL) and waits until it is gone.
    pub fn kill(&mut self) -> Result<ExitStatus> {
        self.signals = None;
        wait::try_until("a killed program is gone", END_LIMIT, || {
            Ok(self.keeper.try_wait()?)
        })
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        if let Err(error) = self.kill() {
            eprintln!("prunelle-sandbox: {error:#}");
        }
    }
}

/// The folder that was asked for, made when missing; or a temporary one, removed when the second value is dropped.
pub(crate) fn folder(wanted: Option<PathBuf>) -> Result<(PathBuf, Option<TempDir>)> {
    if let Some(dir) = wanted {
        fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        return Ok((dir.canonicalize()?, None));
    }
    let temporary = tempfile::Builder::new()
        .prefix("prunelle-")
        .tempdir()
        .context("cannot make a temporary folder")?;
    Ok((temporary.path().canonicalize()?, Some(temporary)))
}

/// The last lines of a log.
pub(crate) fn tail(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines
        .get(lines.len().saturating_sub(20)..)
        .unwrap_or_default()
        .join("\n")
}
