//! aiosmtpd, which reads what it takes with Python's own parser; the healer's tests have it as well.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::LIMIT;

/// A header of a mail; empty when it has none of that name.
pub(super) fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array();
    let mut values = headers.into_iter().flatten().filter_map(|header| {
        let is_it = header[0].as_str()?.eq_ignore_ascii_case(name);
        header[1].as_str().filter(|_| is_it)
    });
    values.next().unwrap_or_default()
}

/// It ends with its owner.
pub(super) struct MailServer {
    child: Child,
    pub(super) port: u16,
    mails: Receiver<Value>,
}

impl MailServer {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test starts a server of its own, and a thread that ends with it"
    )]
    pub(super) fn start() -> Result<Self> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let python = std::env::var_os("PRUNELLE_PYTHON")
            .map_or_else(|| root.join(".prunelle/python/bin/python"), PathBuf::from);
        ensure!(python.exists(), "{}: test.sh makes it", python.display());
        let mut child = Command::new(python)
            .arg(root.join("healer/tests/it/mail/server.py"))
            .args(["--mode", "ok", "--tls", "none"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let mut lines = BufReader::new(child.stdout.take().context("no output")?).lines();
        let first: Value = next_line(&mut lines).context("the mail server ended")?;
        let port = first["port"].as_u64().context("no port")?.try_into()?;
        let (taken, mails) = channel();
        thread::spawn(move || {
            while let Some(mut line) = next_line(&mut lines) {
                let mut mail = line["mail"].take();
                mail["recipients"] = line["to"].take();
                // Nobody waits any more: the test has ended.
                if taken.send(mail).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, port, mails })
    }

    pub(super) fn next(&self) -> Result<Value> {
        self.mails.recv_timeout(LIMIT).context("no mail came")
    }

    /// What has come meanwhile.
    pub(super) fn come(&self) -> Vec<Value> {
        self.mails.try_iter().collect()
    }

    /// What comes within so long.
    pub(super) fn rest(&self, long: Duration) -> Vec<Value> {
        let mut rest = Vec::new();
        while let Ok(mail) = self.mails.recv_timeout(long) {
            rest.push(mail);
        }
        rest
    }

    pub(super) fn says_nothing_for(&self, long: Duration) -> Result<()> {
        let rest = self.rest(long);
        ensure!(rest.is_empty(), "one mail is enough: {rest:#?}");
        Ok(())
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn next_line(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Value> {
    serde_json::from_str(&lines.next()?.ok()?).ok()
}
