//! The programs that are compared, each started with chosen collectors, on this host or in a sandbox.

use std::fs;
use std::net::{IpAddr, SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result};
use prunelle_sandbox::wait::{try_until, wait_until};
use prunelle_sandbox::{Kept, Manager, node_exporter};
use rustix::process::Pid;

use super::super::process_that_listens;
use super::client::Client;
use super::measure::Encoding;

/// How long a start may take.
pub(super) const LIMIT: Duration = Duration::from_secs(20);

/// Which program.
#[derive(Clone, Debug)]
pub(super) enum Kind {
    NodeExporter,
    Ours(PathBuf),
}

/// Where it runs.
pub(super) enum Place<'m> {
    Host,
    Sandbox(&'m Manager),
}

/// A running program; ended on drop.
pub(super) struct Program {
    kind: Kind,
    process: Process,
    pid: Pid,
    address: SocketAddr,
    _log: tempfile::NamedTempFile,
}

enum Process {
    Here(Child),
    InSandbox { _kept: Kept },
}

impl Program {
    /// Starts it with these collectors and no others, or with its own defaults.
    pub(super) fn start(
        kind: Kind,
        place: &Place<'_>,
        collectors: Option<&[String]>,
        further: &[&str],
    ) -> Result<Self> {
        let address = free_address()?;
        let path = kind.path();
        let mut arguments = vec![format!("--web.listen-address={address}")];
        if matches!(kind, Kind::NodeExporter) {
            arguments.extend(
                node_exporter::UPSTREAM_S_DEFAULTS
                    .iter()
                    .map(ToString::to_string),
            );
        }
        if let Some(collectors) = collectors {
            arguments.extend(kind.only(collectors)?);
        }
        arguments.extend(further.iter().map(ToString::to_string));
        let log = tempfile::NamedTempFile::new()?;
        let process = match place {
            Place::Host => Process::Here(
                crate::command(&path)
                    .args(&arguments)
                    .stdin(Stdio::null())
                    .stdout(log.reopen()?)
                    .stderr(log.reopen()?)
                    .spawn()
                    .with_context(|| format!("cannot start {path}"))?,
            ),
            Place::Sandbox(manager) => {
                let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
                Process::InSandbox {
                    _kept: manager.keep(&path, &arguments, log.path())?,
                }
            }
        };
        wait_until(&format!("{path} listens"), LIMIT, || {
            TcpStream::connect_timeout(&address, LIMIT).ok()
        })
        .with_context(|| fs::read_to_string(log.path()).unwrap_or_default())?;
        Ok(Self {
            kind,
            process,
            pid: process_that_listens(&address)?,
            address,
            _log: log,
        })
    }

    pub(super) fn name(&self) -> &'static str {
        match self.kind {
            Kind::NodeExporter => "node_exporter",
            Kind::Ours(_) => "prunelle-exporter",
        }
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until a line that begins so is in its metrics.
    pub(super) fn wait_for(&self, line: &str) -> Result<()> {
        let mut client = Client::new(self.address, "", Encoding::Plain)?;
        try_until(line, LIMIT, || {
            client.scrape()?;
            let text = String::from_utf8_lossy(client.body());
            Ok(text.lines().any(|it| it.starts_with(line)).then_some(()))
        })
    }

    /// As the host numbers it.
    pub(super) fn pid(&self) -> Pid {
        self.pid
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // What is in a sandbox is ended by its keeper.
        if let Process::Here(child) = &mut self.process {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Kind {
    fn path(&self) -> String {
        match self {
            // The place, because PATH is another one inside a sandbox; the name where it is not installed.
            Self::NodeExporter => prunelle_sandbox::in_path(&[node_exporter::PROGRAM]).map_or_else(
                |_| node_exporter::PROGRAM.to_owned(),
                |path| path.display().to_string(),
            ),
            Self::Ours(path) => path.display().to_string(),
        }
    }

    /// All collectors that it can be told about.
    pub(super) fn collectors(&self) -> Result<Vec<String>> {
        let output = crate::command(&self.path()).arg("--help").output();
        let output = output.with_context(|| format!("is {} installed?", self.path()))?;
        let help = [output.stdout, output.stderr].concat();
        let help = String::from_utf8_lossy(&help).into_owned();
        let flags = help.split_whitespace().filter_map(|word| {
            let name = word.strip_prefix("--collector.")?;
            let name = name.trim_end_matches("[=<BOOL>]");
            let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
            name.chars().all(is_name).then(|| name.to_owned())
        });
        let mut collectors: Vec<String> = flags.collect();
        collectors.sort_unstable();
        collectors.dedup();
        Ok(collectors)
    }

    /// Flags that switch these collectors on and all others off.
    fn only(&self, collectors: &[String]) -> Result<Vec<String>> {
        let on = collectors.iter().map(|name| format!("--collector.{name}"));
        Ok(match self {
            Self::NodeExporter => {
                // Nor the metrics of its own process: ours go with a collector that is off, too.
                let off = [
                    "--collector.disable-defaults",
                    "--web.disable-exporter-metrics",
                ];
                on.chain(off.map(str::to_owned)).collect()
            }
            Self::Ours(_) => {
                let others = self.collectors()?.into_iter();
                let off = others
                    .filter(|name| !collectors.contains(name))
                    .map(|name| format!("--no-collector.{name}"));
                on.chain(off).collect()
            }
        })
    }
}

/// Of `collectors` those that both programs have.
pub(super) fn known_to_both(ours: &Path, collectors: &[&str]) -> Result<Vec<String>> {
    let theirs = Kind::NodeExporter.collectors()?;
    let ours = Kind::Ours(ours.to_owned()).collectors()?;
    let is_known = |name: &&&str| {
        let is_in = |list: &[String]| list.iter().any(|known| known == **name);
        is_in(&theirs) && is_in(&ours)
    };
    let known = collectors.iter().filter(is_known);
    Ok(known.map(ToString::to_string).collect())
}

/// A free port at the machine's own address, or at loopback when it has none.
fn free_address() -> Result<SocketAddr> {
    let ip = own_address().unwrap_or(IpAddr::from([127, 0, 0, 1]));
    Ok(TcpListener::bind((ip, 0))?.local_addr()?)
}

/// Which address would be used towards others; nothing is sent.
fn own_address() -> Option<IpAddr> {
    let socket = UdpSocket::bind(("0.0.0.0", 0)).ok()?;
    socket.connect(("192.0.2.1", 9)).ok()?;
    Some(socket.local_addr().ok()?.ip())
}
