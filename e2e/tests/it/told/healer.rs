//! A healer by itself, to be killed: no systemd, no Prometheus, and the test in Alertmanager's place.

use std::path::PathBuf;
use std::process::{Child, Command, Output, Stdio};

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::{free_port, http, wait_until};
use rusqlite::{Connection, OpenFlags};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tempfile::TempDir;

use super::LIMIT;

const TOKEN: &str = "a-token-of-the-tests-that-is-long-enough";

/// It is killed with its owner.
pub(super) struct Healer {
    folder: TempDir,
    port: u16,
    environment: Vec<(&'static str, String)>,
    child: Option<Child>,
}

impl Healer {
    /// Starts it with a policy, and mail by the server at that port.
    pub(super) fn start(policy: &str, mail: u16, to: &str) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        for name in ["state", "log", "run"] {
            std::fs::create_dir(folder.path().join(name))?;
        }
        std::fs::write(folder.path().join("policy.yml"), policy)?;
        std::fs::write(folder.path().join("token"), TOKEN)?;
        let mut healer = Self {
            folder,
            port: free_port()?,
            environment: vec![
                ("EMAIL_ALERTS_ENABLED", "True".to_owned()),
                ("SMTP_HOST", "127.0.0.1".to_owned()),
                ("SMTP_PORT", mail.to_string()),
                ("SMTP_TLS", "none".to_owned()),
                ("EMAIL_FROM", "prunelle@example.org".to_owned()),
                ("EMAIL_TO", to.to_owned()),
            ],
            child: None,
        };
        healer.start_again()?;
        Ok(healer)
    }

    /// Starts it, and waits until it takes work.
    pub(super) fn start_again(&mut self) -> Result<()> {
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.path("healer.log"))?;
        let child = self
            .command(&["serve"])?
            .stdout(log.try_clone()?)
            .stderr(log)
            .spawn()?;
        self.child = Some(child);
        let ready = wait_until("the healer is ready", LIMIT, || {
            let answer = http::get(self.port, "/-/ready").ok()?;
            (answer.status == 200).then_some(())
        });
        ready.with_context(|| std::fs::read_to_string(self.path("healer.log")).unwrap_or_default())
    }

    /// Whether it has ended.
    pub(super) fn is_dead(&mut self) -> Result<bool> {
        let child = self.child.as_mut().context("it was never started")?;
        Ok(child.try_wait()?.is_some())
    }

    /// SIGKILL.
    pub(super) fn kill(&mut self) -> Result<()> {
        let mut child = self.child.take().context("it does not run")?;
        child.kill()?;
        child.wait()?;
        Ok(())
    }

    /// SIGTERM, and its end; whether that was in order.
    pub(super) fn stop(&mut self) -> Result<bool> {
        let mut child = self.child.take().context("it does not run")?;
        kill_process(Pid::from_child(&child), Signal::TERM)?;
        Ok(child.wait()?.success())
    }

    /// The process.
    pub(super) fn pid(&self) -> Result<u32> {
        Ok(self.child.as_ref().context("it does not run")?.id())
    }

    /// Alertmanager posts one alert; whether it was taken.
    pub(super) fn post(&self, alert: &str, number: usize, is_over: bool) -> bool {
        let (status, ends) = if is_over {
            ("resolved", "2026-11-24T10:05:00Z")
        } else {
            ("firing", "0001-01-01T00:00:00Z")
        };
        let body = json!({
            "version": "4", "groupKey": "{}", "truncatedAlerts": 0, "receiver": "healer",
            "alerts": [{
                "status": status,
                "labels": {"alertname": alert, "instance": "test:9750", "severity": "critical"},
                "annotations": {"summary": format!("{alert} is wrong")},
                "startsAt": "2026-11-24T10:00:00Z",
                "endsAt": ends,
                "fingerprint": format!("{number:016x}"),
            }],
        });
        let token = format!("Bearer {TOKEN}");
        let headers = [("Authorization", token.as_str())];
        let answer = http::post(self.port, "/api/v1/alerts", &headers, &body.to_string());
        answer.is_ok_and(|answer| matches!(answer.status, 200 | 202))
    }

    /// A figure from the journal.
    pub(super) fn count(&self, sql: &str) -> Result<i64> {
        let file = self.path("state/journal.db");
        let journal = Connection::open_with_flags(file, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        Ok(journal.query_row(sql, [], |row| row.get(0))?)
    }

    /// `journal verify`, which must be content.
    pub(super) fn verify(&self) -> Result<()> {
        let Output {
            status,
            stdout,
            stderr,
        } = self.command(&["journal", "verify"])?.output()?;
        let (said, errors) = (
            String::from_utf8_lossy(&stdout),
            String::from_utf8_lossy(&stderr),
        );
        ensure!(status.success(), "{said}{errors}");
        Ok(())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "the program that is tested, which ends with its owner"
    )]
    fn command(&self, subcommand: &[&str]) -> Result<Command> {
        let programs = std::env::var_os("PRUNELLE_BIN_DIR").context("no PRUNELLE_BIN_DIR")?;
        let mut command = Command::new(PathBuf::from(programs).join("prunelle-healer"));
        let path = |name: &str| self.path(name).display().to_string();
        command
            .args(subcommand.iter().filter(|word| **word != "serve"))
            .args(["--policy.file", &path("policy.yml")])
            .args(["--storage.path", &path("state")])
            .args(["--runtime.path", &path("run")])
            .args(["--actions.file", &path("log/actions.jsonl")]);
        if subcommand == ["serve"] {
            // Nothing listens on the discard port.
            command
                .args(["--web.listen-address", &format!("127.0.0.1:{}", self.port)])
                .args(["--web.token-file", &path("token")])
                .args(["--storage.reserve", "1MiB"])
                .args(["--alertmanager.url", "http://127.0.0.1:9"])
                .envs(self.environment.iter().map(|(name, value)| (name, value)));
        }
        command.stdin(Stdio::null());
        Ok(command)
    }
}

impl Drop for Healer {
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
