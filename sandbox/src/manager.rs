//! A real systemd manager in its own mount, pid, cgroup, ipc and uts namespaces, with a bus that it starts itself.
//!
//! The manager is a `systemd --user`: the same program, D-Bus interface and unit files as the system's, but it neither
//! mounts nor configures anything of the machine. Programs inside find it on the *system* bus, because
//! `DBUS_SYSTEM_BUS_ADDRESS` says so. What must hold: when a [`Manager`] is dropped, or its process is killed, every
//! process, mount, namespace and cgroup of the sandbox is gone (`keeper.sh` sees to it).

mod launch;
mod units;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::namespace::Namespace;
use crate::spawn::{self, Kept};
use crate::wait;

const LOG: &str = "manager.log";
const BUS: &str = "dbus.service";
const BUS_SOCKET: &str = "/run/user/0/bus";
const START_LIMIT: Duration = Duration::from_secs(20);

/// How to start a [`Manager`].
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Unit files, by full name; none is started on its own.
    pub units: Vec<(String, String)>,
    /// Environment of every unit and command inside, besides the few variables that are always set.
    pub env: Vec<(String, String)>,
    /// What all inside together may use; as much as there is when not given.
    pub limits: Option<Limits>,
    /// Where unit files and logs go; a temporary folder that is removed at the end when not given.
    pub dir: Option<PathBuf>,
}

/// Limits of a sandbox, as a small machine has them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// Bytes of memory.
    pub memory: u64,
    /// Processors.
    pub cpus: f64,
}

impl Options {
    /// Adds a unit file.
    #[must_use]
    pub fn unit(mut self, name: impl Into<String>, text: impl Into<String>) -> Self {
        self.units.push((name.into(), text.into()));
        self
    }

    /// Adds a variable to the environment inside.
    #[must_use]
    pub fn env(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.env.push((key.into(), value.into()));
        self
    }
}

/// A running manager. Several may run at once.
#[derive(Debug)]
pub struct Manager {
    // Declared, so dropped, before the folder: the manager ends before its files do.
    /// None when another process owns the manager.
    _kept: Option<Kept>,
    namespace: Namespace,
    /// The manager itself, as the host numbers it.
    process: Pid,
    env: Vec<(String, String)>,
    dir: PathBuf,
    _temporary: Option<TempDir>,
}

impl Manager {
    /// Starts a manager and waits until it answers on its bus. Needs root.
    pub fn start(options: Options) -> Result<Self> {
        ensure!(
            rustix::process::geteuid().is_root(),
            "a sandbox needs root: it makes mount, pid and cgroup namespaces"
        );
        let (dir, temporary) = spawn::folder(options.dir)?;
        fs::create_dir_all(dir.join("units"))?;
        fs::write(dir.join("bus.conf"), units::BUS)?;
        for (name, text) in units::UNITS {
            fs::write(dir.join("units").join(name), text)?;
        }
        for (name, text) in &options.units {
            fs::write(dir.join("units").join(name), text)?;
        }
        launch::forget(&dir)?;

        let env = launch::environment(&dir, options.env);
        let mut unshare = launch::unshare(&dir, &env);
        if let Some(limits) = options.limits {
            launch::limit(&mut unshare, limits);
        }
        let mut kept = spawn::keep_with_cgroup("prunelle", &unshare, &dir.join(LOG))?;
        let (namespace, process) = launch::locate(&dir, || kept.is_running())
            .with_context(|| format!("no manager came up: {}", spawn::tail(&dir.join(LOG))))?;
        let manager = Self {
            _kept: Some(kept),
            namespace,
            process,
            env,
            dir,
            _temporary: temporary,
        };
        manager.wait_for_bus()?;
        Ok(manager)
    }

    /// A manager that another process started in `dir`; dropping this leaves it alone.
    pub fn attach(dir: &Path) -> Result<Self> {
        let dir = dir.canonicalize()?;
        let (namespace, process) = launch::locate(&dir, || true)?;
        Ok(Self {
            _kept: None,
            namespace,
            process,
            env: launch::environment(&dir, Vec::new()),
            dir,
            _temporary: None,
        })
    }

    /// The folder of the sandbox: unit files and logs.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// What the manager and its units have printed.
    pub fn log(&self) -> String {
        fs::read_to_string(self.dir.join(LOG)).unwrap_or_default()
    }

    /// The bus as a process outside reaches it: a value for `DBUS_SYSTEM_BUS_ADDRESS`.
    pub fn bus_address(&self) -> String {
        format!("unix:path={}", self.path(BUS_SOCKET).display())
    }

    /// A path inside (on its own `/run`, say) as the host can reach it.
    pub fn path(&self, inside: impl AsRef<Path>) -> PathBuf {
        let inside = inside.as_ref();
        self.namespace
            .root()
            .join(inside.strip_prefix("/").unwrap_or(inside))
    }

    /// A command that runs `program` inside, with the bus in its environment; killing it kills the program.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = self.namespace.command(program);
        command.envs(self.env.iter().map(|(key, value)| (key, value)));
        command
    }

    /// Runs `program` inside until it is stopped or the returned value is dropped; what it prints is appended to `log`.
    pub fn keep(&self, program: impl AsRef<OsStr>, arguments: &[&str], log: &Path) -> Result<Kept> {
        let mut program = spawn::command(program);
        spawn::keep_inside(self.command(spawn::SHELL), program.args(arguments), log)
    }

    /// Runs `systemctl` inside and returns its output; waits for the jobs it makes.
    pub fn systemctl(&self, arguments: &[&str]) -> Result<String> {
        spawn::output(self.command("systemctl").arg("--user").args(arguments))
    }

    /// One property of a unit, as text.
    pub fn show(&self, unit: &str, property: &str) -> Result<String> {
        let value = self.systemctl(&["show", "--value", "--property", property, "--", unit])?;
        Ok(value.trim_end().to_owned())
    }

    /// `MainPID` of a unit in the sandbox's own numbers, as exporter and healer see it.
    pub fn main_pid(&self, unit: &str) -> Result<Pid> {
        let pid = self.show(unit, "MainPID")?;
        Pid::from_raw(pid.parse()?).with_context(|| format!("{unit} has no main process"))
    }

    /// Waits until a unit's `ActiveState` is `state`.
    pub fn wait_for(&self, unit: &str, state: &str, limit: Duration) -> Result<()> {
        wait::try_until(&format!("{unit} is {state}"), limit, || {
            Ok((self.show(unit, "ActiveState")? == state).then_some(()))
        })
    }

    /// Sends a signal to a unit's main process, past systemd; returns the pid it had inside.
    pub fn kill(&self, unit: &str, signal: Signal) -> Result<Pid> {
        let pid = self.main_pid(unit)?;
        kill_process(self.namespace.outside(pid)?, signal)
            .with_context(|| format!("cannot send {signal:?} to {unit}"))?;
        Ok(pid)
    }

    /// Kills a unit's main process with SIGKILL; returns the pid it had inside.
    pub fn kill_main(&self, unit: &str) -> Result<Pid> {
        self.kill(unit, Signal::KILL)
    }

    /// The pid of the host for a pid of the sandbox.
    pub fn outside(&self, inside: Pid) -> Result<Pid> {
        self.namespace.outside(inside)
    }

    /// Writes or replaces a unit file; call [`Manager::daemon_reload`] to make it known.
    pub fn write_unit(&self, name: &str, text: &str) -> Result<()> {
        let path = self.dir.join("units").join(name);
        fs::write(&path, text).with_context(|| format!("cannot write {}", path.display()))
    }

    /// `systemctl daemon-reload`.
    pub fn daemon_reload(&self) -> Result<()> {
        self.systemctl(&["daemon-reload"]).map(drop)
    }

    /// Kills the bus and leaves it dead until somebody connects (its socket is still there) or [`Manager::start_bus`].
    pub fn kill_bus(&self) -> Result<()> {
        let pid = self.kill_main(BUS)?;
        wait::try_until("the bus is dead", START_LIMIT, || {
            Ok((self.main_pid(BUS).ok() != Some(pid)).then_some(()))
        })
    }

    /// Starts the bus and waits until systemd is on it.
    pub fn start_bus(&self) -> Result<()> {
        self.systemctl(&["start", BUS])?;
        self.wait_for_bus()
    }

    /// Kills the bus and starts another: every connection ends, and systemd's name gets a new owner.
    pub fn restart_bus(&self) -> Result<()> {
        self.kill_bus()?;
        self.start_bus()
    }

    /// Stops the manager (SIGSTOP): it answers no call, while its units and the bus keep running.
    pub fn freeze(&self) -> Result<()> {
        kill_process(self.process, Signal::STOP).context("cannot freeze the manager")
    }

    /// Lets a frozen manager go on (SIGCONT).
    pub fn thaw(&self) -> Result<()> {
        kill_process(self.process, Signal::CONT).context("cannot thaw the manager")
    }

    /// Mounts a tmpfs of `size` bytes inside, at a folder that is made when missing (on the host, unless it lies on a
    /// file system of the sandbox; choose one below [`Manager::dir`] or `/run`).
    pub fn mount_tmpfs(&self, path: &Path, size: u64) -> Result<()> {
        spawn::output(self.command("mkdir").arg("-p").arg(path))?;
        spawn::output(
            self.command("mount")
                .args(["-t", "tmpfs", "-o"])
                .arg(format!("size={size}"))
                .arg("tmpfs")
                .arg(path),
        )?;
        Ok(())
    }

    /// Runs a command of [`Manager::command`] to its end and returns its standard output.
    pub fn output(&self, command: &mut Command) -> Result<String> {
        spawn::output(command)
    }

    fn wait_for_bus(&self) -> Result<()> {
        wait::wait_until("systemd is on its bus", START_LIMIT, || {
            self.systemctl(&["is-active", "--quiet", "default.target", BUS])
                .ok()?;
            spawn::output(
                self.command("busctl")
                    .args(["--system", "--timeout=2", "call"])
                    .args(["org.freedesktop.systemd1", "/org/freedesktop/systemd1"])
                    .args(["org.freedesktop.DBus.Peer", "Ping"]),
            )
            .ok()
            .map(drop)
        })
        .with_context(|| spawn::tail(&self.dir.join(LOG)))
    }
}
