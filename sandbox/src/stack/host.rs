//! One host of a stack: a sandbox with exporter and healer as units of its systemd, and the services they watch.

mod units;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result};

use super::observe::{self, Action};
use super::server::Service;
use super::shipped;
use crate::manager::{Limits, Manager, Options};
use crate::programs::Programs;
use crate::wait;
use units::Places;

pub(super) const EXPORTER: &str = "prunelle-exporter.service";
pub(super) const HEALER: &str = "prunelle-healer.service";

/// Where the healer keeps its socket and the file `pause`, inside.
pub const RUNTIME: &str = "/run/prunelle";

/// What one host of a stack has.
#[derive(Clone, Debug)]
pub struct HostOptions {
    /// Unit files of its services, by full name; all are started.
    pub units: Vec<(String, String)>,
    /// `MONITORED_SERVICES`; the names of `units` when not given.
    pub monitored_services: Option<String>,
    /// The healer's policy; `localhost:9750` in it becomes the host's own `instance`.
    pub policy: String,
    /// Further environment of the exporter.
    pub exporter_env: Vec<(String, String)>,
    /// Further environment of the healer.
    pub healer_env: Vec<(String, String)>,
    /// The healer's user, who gets the capabilities that the shipped unit gives; root when not given.
    pub healer_user: Option<u32>,
    /// Where inside the healer keeps its store (`lib/prunelle`) and its action log (`log/prunelle`), as in `/var`; the
    /// host's own folder when not given.
    pub healer_var: Option<PathBuf>,
    /// What the host has of memory and processors; all of this machine when not given.
    pub limits: Option<Limits>,
    /// Empty file systems that are mounted inside before anything starts: where, and of how many bytes.
    pub tmpfs: Vec<(PathBuf, u64)>,
    /// The exporter's port; a free one when not given.
    pub exporter_port: Option<u16>,
    /// The healer's port; a free one when not given.
    pub healer_port: Option<u16>,
    /// The port of the demo's web server; a free one when not given.
    pub web_port: Option<u16>,
}

impl HostOptions {
    /// The demo's services and policy, as shipped in `deploy/demo`.
    pub fn demo() -> Result<Self> {
        let folder = demo_folder();
        let policy = folder.join("policy.yml");
        let mut units = Vec::new();
        let listed = fs::read_dir(folder.join("units"))
            .with_context(|| format!("cannot read {}", folder.display()))?;
        for entry in listed {
            let path = entry?.path();
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            units.push((name.into_owned(), fs::read_to_string(&path)?));
        }
        units.sort();
        Ok(Self {
            units,
            monitored_services: None,
            policy: fs::read_to_string(&policy)
                .with_context(|| format!("cannot read {}", policy.display()))?,
            exporter_env: Vec::new(),
            healer_env: Vec::new(),
            healer_user: None,
            healer_var: None,
            limits: None,
            tmpfs: Vec::new(),
            exporter_port: None,
            healer_port: None,
            web_port: None,
        })
    }

    /// Adds a service.
    #[must_use]
    pub fn unit(mut self, name: &str, text: &str) -> Self {
        self.units.push((name.to_owned(), text.to_owned()));
        self
    }

    /// What exporter and healer are told to watch.
    pub fn watched(&self) -> String {
        self.monitored_services.clone().unwrap_or_else(|| {
            let names = self.units.iter().map(|(name, _)| name.as_str());
            names.collect::<Vec<_>>().join(",")
        })
    }
}

/// A running host.
#[derive(Debug)]
pub struct Host {
    manager: Manager,
    exporter_port: u16,
    healer_port: u16,
    web_port: u16,
    dir: PathBuf,
    exporter_log: PathBuf,
    healer_log: PathBuf,
    healer_program: PathBuf,
    action_log: PathBuf,
}

/// What a host must know of the stack around it.
pub(super) struct Surroundings<'a> {
    pub(super) programs: &'a Programs,
    pub(super) token_file: &'a Path,
    pub(super) alertmanager: u16,
    pub(super) prometheus: u16,
}

impl Host {
    /// Starts the sandbox and its services, but neither exporter nor healer.
    pub(super) fn start(
        dir: &Path,
        options: &HostOptions,
        around: &Surroundings<'_>,
    ) -> Result<Self> {
        fs::create_dir_all(dir)?;
        let dir = dir.canonicalize()?;
        let port = |wanted: Option<u16>| wanted.map_or_else(crate::ports::free_port, Ok);
        let (exporter_port, healer_port) =
            (port(options.exporter_port)?, port(options.healer_port)?);
        let web_port = port(options.web_port)?;
        let policy = shipped::policy(&options.policy, &instance(exporter_port))?;
        fs::write(dir.join("policy.yml"), policy)?;

        let exporter = units::exporter(&dir, options, exporter_port, around);
        let places = Places::of(&dir, options);
        let healer = units::healer(&dir, &places, options, healer_port, around);
        let manager = Manager::start(Options {
            units: options.units.clone(),
            env: vec![
                (
                    "PRUNELLE_DEMO".to_owned(),
                    demo_folder().display().to_string(),
                ),
                ("DEMO_WEB_PORT".to_owned(), web_port.to_string()),
            ],
            limits: options.limits,
            dir: Some(dir.clone()),
        })?;
        for (path, bytes) in &options.tmpfs {
            manager.mount_tmpfs(path, *bytes)?;
        }
        places.make(&manager, options.healer_user)?;
        manager.write_unit(EXPORTER, &exporter)?;
        manager.write_unit(HEALER, &healer)?;
        manager.daemon_reload()?;
        let names = options.units.iter().map(|(name, _)| name.as_str());
        let start: Vec<&str> = ["start"].into_iter().chain(names).collect();
        if start.len() > 1 {
            manager.systemctl(&start)?;
        }
        let action_log = match options.healer_var {
            Some(_) => manager.path(places.action_log),
            None => places.action_log,
        };
        Ok(Self {
            manager,
            exporter_port,
            healer_port,
            web_port,
            exporter_log: dir.join("exporter.log"),
            healer_log: dir.join("healer.log"),
            healer_program: around.programs.healer.clone(),
            action_log,
            dir,
        })
    }

    /// The sandbox's systemd.
    pub fn manager(&self) -> &Manager {
        &self.manager
    }

    /// The exporter.
    pub fn exporter(&self) -> Service<'_> {
        Service {
            manager: &self.manager,
            unit: EXPORTER,
            port: self.exporter_port,
            log: &self.exporter_log,
        }
    }

    /// The healer.
    pub fn healer(&self) -> Service<'_> {
        Service {
            manager: &self.manager,
            unit: HEALER,
            port: self.healer_port,
            log: &self.healer_log,
        }
    }

    /// The label `instance` of this host's alerts.
    pub fn instance(&self) -> String {
        instance(self.exporter_port)
    }

    /// The port of loopback of the demo's web server.
    pub fn web_port(&self) -> u16 {
        self.web_port
    }

    /// Folder of the host: logs, policy, the healer's state.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The healer's policy file; the healer reads it when it starts.
    pub fn policy_file(&self) -> PathBuf {
        self.dir.join("policy.yml")
    }

    /// The healer's action log.
    pub fn action_log(&self) -> PathBuf {
        self.action_log.clone()
    }

    /// The lines of the healer's action log.
    pub fn actions(&self) -> Result<Vec<Action>> {
        observe::actions(&self.action_log)
    }

    /// A unit's `ActiveState`.
    pub fn state(&self, unit: &str) -> Result<String> {
        self.manager.show(unit, "ActiveState")
    }

    /// Waits until a unit is active in another invocation than `before`.
    pub fn wait_until_restarted(&self, unit: &str, before: &str, limit: Duration) -> Result<()> {
        wait::try_until(&format!("{unit} is active again"), limit, || {
            let (state, invocation) = (self.state(unit)?, self.invocation(unit)?);
            Ok((state == "active" && invocation != before).then_some(()))
        })
    }

    /// A unit's `InvocationID`.
    pub fn invocation(&self, unit: &str) -> Result<String> {
        self.manager.show(unit, "InvocationID")
    }

    /// Runs `prunelle-healer` with these arguments inside, as an operator would.
    pub fn healer_command(&self, arguments: &[&str]) -> Result<String> {
        let mut command = self.manager.command(&self.healer_program);
        command
            .args(arguments)
            .env("PRUNELLE_HEALER_RUNTIME_PATH", RUNTIME);
        self.manager.output(&mut command)
    }

    /// Runs a line of shell in which `$0` is the healer, beside the daemon; what it prints.
    pub fn healer_shell(&self, script: &str) -> Result<String> {
        let mut command = self.manager.command("/bin/sh");
        command
            .args(["-c", script])
            .arg(&self.healer_program)
            .env("PRUNELLE_HEALER_RUNTIME_PATH", RUNTIME);
        self.manager.output(&mut command)
    }
}

fn instance(exporter_port: u16) -> String {
    format!("localhost:{exporter_port}")
}

/// The folder of the demo's services.
fn demo_folder() -> PathBuf {
    super::launch::project().join("deploy/demo")
}
