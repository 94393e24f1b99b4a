//! The healer as it is installed, in a sandbox: a policy that observes, its journal on the disk of this project.

use std::fs;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::wait::wait_until;
use prunelle_sandbox::{Kept, Manager, Options, free_port, http};
use rusqlite::{Connection, OpenFlags};
use rustix::process::Pid;
use tempfile::TempDir;

use super::super::idle::memory_megabytes;
use super::alerts::INSTANCE;
use super::client::Server;

const LIMIT: Duration = Duration::from_secs(30);
const TOKEN: &str = "the-token-of-this-bench-0123456789";
/// Where its socket is, inside.
const RUNTIME: &str = "/run/prunelle";

pub(super) struct Daemon {
    kept: Kept,
    pid: Pid,
    server: Server,
    folder: TempDir,
    _manager: Manager,
}

impl Daemon {
    /// Starts it and lets it come to rest.
    pub(super) fn start(program: &Path, below: &Path) -> Result<Self> {
        let folder = tempfile::Builder::new()
            .prefix("intake-")
            .tempdir_in(below)?;
        let path = |name: &str| folder.path().join(name);
        fs::create_dir(path("state"))?;
        fs::write(path("token"), TOKEN)?;
        fs::write(path("policy.yml"), policy())?;
        let manager = Manager::start(Options::default())?;
        manager.output(manager.command("mkdir").args(["-p", RUNTIME]))?;
        let port = free_port()?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
        let flag = |name: &str, value: PathBuf| format!("--{name}={}", value.display());
        let arguments = [
            format!("--web.listen-address={address}"),
            flag("web.token-file", path("token")),
            flag("policy.file", path("policy.yml")),
            flag("storage.path", path("state")),
            flag("actions.file", path("actions.jsonl")),
            flag("runtime.path", RUNTIME.into()),
            // Nothing listens there: what is posted is all that it hears.
            "--alertmanager.url=http://127.0.0.1:9".to_owned(),
        ];
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        let program = program.display().to_string();
        let log = path("log");
        let kept = manager.keep(&program, &arguments, &log)?;
        wait_until("the healer is ready", LIMIT, || {
            let answer = http::get(port, "/-/ready").ok()?;
            (answer.status == 200).then_some(())
        })
        .with_context(|| fs::read_to_string(&log).unwrap_or_default())?;
        sleep(Duration::from_secs(2));
        Ok(Self {
            pid: super::super::process_that_listens(&address)?,
            kept,
            server: Server {
                address,
                path: "/api/v1/alerts",
                headers: format!("Authorization: Bearer {TOKEN}\r\n"),
                taken: 202,
            },
            folder,
            _manager: manager,
        })
    }

    pub(super) fn server(&self) -> &Server {
        &self.server
    }

    pub(super) fn resident_megabytes(&self) -> Result<f64> {
        memory_megabytes(self.pid, "VmRSS:")
    }

    pub(super) fn peak_megabytes(&self) -> Result<f64> {
        memory_megabytes(self.pid, "VmHWM:")
    }

    /// Stops it in order; how many beginnings and ends of alerts are in its journal.
    pub(super) fn stop_and_count(mut self) -> Result<u64> {
        let status = self.kept.stop(LIMIT)?;
        ensure!(status.success(), "the healer ended with {status}");
        let database = self.folder.path().join("state/journal.db");
        let journal = Connection::open_with_flags(database, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        let sql = "SELECT count(*) FROM events WHERE event_type = 'alert'";
        let count: i64 = journal.query_row(sql, [], |row| row.get(0))?;
        Ok(count.try_into()?)
    }
}

/// Its alerts match a rule, and the target is allowed nowhere, as installed: each is guarded and explained.
fn policy() -> String {
    format!(
        "\
version: 1
host: {{label: instance, is: ['{INSTANCE}']}}
mode: observe
rules:
  - name: service-down
    matchers: ['alertname = \"ServiceDown\"']
    target: {{unit: {{label: name, allow: ['nginx.service']}}}}
    ladder:
      - remedy: restart_service
        verify: {{unit_active: {{stable_for: 2s}}}}
        within: 30s
"
    )
}
