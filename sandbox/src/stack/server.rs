//! The programs of a stack, each with ways to stop, kill and start it again: outside (Prometheus, Alertmanager) under a
//! keeper, inside (exporter, healer) as a unit of the sandbox's systemd.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, anyhow, ensure};
use rustix::process::Signal;

use crate::http::{self, Answer};
use crate::manager::Manager;
use crate::spawn::{self, Kept};
use crate::wait;

const START_LIMIT: Duration = Duration::from_secs(30);
const STOP_LIMIT: Duration = Duration::from_secs(10);

/// A program outside.
#[derive(Debug)]
pub struct Server {
    name: &'static str,
    command: Command,
    port: u16,
    log: PathBuf,
    kept: Option<Kept>,
}

impl Server {
    /// `command` is complete; it is ready when `/-/ready` at `port` says so.
    pub(super) fn start_new(
        name: &'static str,
        command: Command,
        port: u16,
        log: PathBuf,
    ) -> Result<Self> {
        let mut server = Self {
            name,
            command,
            port,
            log,
            kept: None,
        };
        server.start()?;
        Ok(server)
    }

    /// Starts it again, on the same port and with the same data, and waits until it is ready.
    pub fn start(&mut self) -> Result<()> {
        let before = self.log().len();
        let mut kept = spawn::keep(&self.command, &self.log)?;
        let what = format!("{} is ready", self.name);
        wait::try_until(&what, START_LIMIT, || {
            ensure!(
                kept.is_running(),
                "{} ended at once; it says:\n{}",
                self.name,
                self.log().get(before..).unwrap_or_default().trim()
            );
            Ok(http::get(self.port, "/-/ready")
                .ok()
                .filter(|it| it.status == 200))
        })?;
        self.kept = Some(kept);
        Ok(())
    }

    /// Stops it in order (SIGTERM).
    pub fn stop(&mut self) -> Result<()> {
        let kept = self.kept.take();
        kept.context("it does not run")?.stop(STOP_LIMIT).map(drop)
    }

    /// Kills it (SIGKILL).
    pub fn kill(&mut self) -> Result<()> {
        let kept = self.kept.take();
        kept.context("it does not run")?.kill().map(drop)
    }

    /// Sends it a signal: SIGHUP makes both read their configuration again.
    pub fn signal(&mut self, signal: Signal) -> Result<()> {
        self.kept
            .as_mut()
            .context("it does not run")?
            .signal(signal)
    }

    /// The port of loopback that it listens at.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Its address, `http://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What it has printed.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }
}

/// A program inside: exporter or healer, a unit of `Type=notify`.
#[derive(Clone, Copy, Debug)]
pub struct Service<'a> {
    pub(super) manager: &'a Manager,
    pub(super) unit: &'static str,
    pub(super) port: u16,
    pub(super) log: &'a Path,
}

impl Service<'_> {
    /// Starts it and waits until it says that it is ready; an error shows what it printed this time.
    pub fn start(self) -> Result<()> {
        let before = self.log().len();
        self.manager
            .systemctl(&["start", self.unit])
            .map(drop)
            .map_err(|error| match self.log().get(before..).map(str::trim) {
                // It knows best what is wrong with it.
                Some(said) if !said.is_empty() => {
                    anyhow!("{} does not start; it says:\n{said}", self.unit)
                }
                _ => error.context(format!("{} does not start", self.unit)),
            })
    }

    /// Stops it in order (SIGTERM).
    pub fn stop(self) -> Result<()> {
        self.manager.systemctl(&["stop", self.unit]).map(drop)
    }

    /// Kills it (SIGKILL) and waits until systemd has seen that.
    pub fn kill(self) -> Result<()> {
        self.manager.kill_main(self.unit)?;
        self.manager.wait_for(self.unit, "failed", STOP_LIMIT)
    }

    /// Its unit in the sandbox.
    pub fn unit(self) -> &'static str {
        self.unit
    }

    /// The port of loopback that it listens at.
    pub fn port(self) -> u16 {
        self.port
    }

    /// Its address, `http://127.0.0.1:PORT`.
    pub fn url(self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// GET of a path.
    pub fn get(self, path: &str) -> Result<Answer> {
        http::get(self.port, path)
    }

    /// What it has printed.
    pub fn log(self) -> String {
        fs::read_to_string(self.log).unwrap_or_default()
    }
}
