//! Debian's `webhook` with one hook, which runs `/bin/true`: the simplest that a receiver of notifications can do.

use std::fmt;
use std::fs;
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::free_port;
use prunelle_sandbox::wait::wait_until;
use rustix::process::Pid;
use tempfile::TempDir;

use super::super::idle::memory_megabytes;
use super::client::Server;

const LIMIT: Duration = Duration::from_secs(20);

/// When it answers.
#[derive(Clone, Copy, Debug)]
pub(super) enum Mode {
    /// At once, its default and its fastest: the command runs behind.
    AtOnce,
    /// When the command has ended.
    WhenDone,
}

impl Mode {
    pub(super) const ALL: [Self; 2] = [Self::AtOnce, Self::WhenDone];
}

impl fmt::Display for Mode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::AtOnce => "answered at once",
            Self::WhenDone => "answered when done",
        })
    }
}

/// The program that was asked for, which must be there, or that PATH has.
pub(super) fn find(asked_for: Option<&Path>) -> Result<Option<PathBuf>> {
    let Some(path) = asked_for else {
        return Ok(prunelle_sandbox::in_path(&["webhook"]).ok());
    };
    let is_program = path
        .metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0);
    ensure!(
        is_program,
        "`{}` is no program: `apt-get install webhook` installs Debian's, which is found without `--webhook`",
        path.display()
    );
    Ok(Some(path.to_owned()))
}

/// A running one; ended on drop.
pub(super) struct Webhook {
    child: Child,
    server: Server,
    _folder: TempDir,
}

impl Webhook {
    pub(super) fn start(program: &Path, mode: Mode) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let hooks = folder.path().join("hooks.json");
        let waits = matches!(mode, Mode::WhenDone);
        fs::write(
            &hooks,
            format!(
                r#"[{{"id":"alerts","execute-command":"/bin/true","include-command-output-in-response":{waits}}}]"#
            ),
        )?;
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let child = crate::command(&program.display().to_string())
            .args(["-ip", "127.0.0.1", "-port", &port.to_string(), "-hooks"])
            .arg(&hooks)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("cannot start {}", program.display()))?;
        let webhook = Self {
            child,
            server: Server {
                address,
                path: "/hooks/alerts",
                headers: String::new(),
                taken: 200,
            },
            _folder: folder,
        };
        wait_until("webhook listens", LIMIT, || {
            TcpStream::connect_timeout(&address, LIMIT).ok()
        })?;
        Ok(webhook)
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn resident_megabytes(&self) -> Result<f64> {
        memory_megabytes(self.pid()?, "VmRSS:")
    }

    pub(super) fn peak_megabytes(&self) -> Result<f64> {
        memory_megabytes(self.pid()?, "VmHWM:")
    }

    fn pid(&self) -> Result<Pid> {
        Pid::from_raw(self.child.id().try_into()?).context("no pid")
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
