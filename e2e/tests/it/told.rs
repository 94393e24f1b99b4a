//! People are told by mail, through a real SMTP server: a quick repair is one mail, and a crash forgets none.

use std::io::{BufRead as _, BufReader, Lines};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait_until};
use serde_json::Value;

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(40);

#[test]
fn a_fault_that_is_repaired_at_once_is_one_mail() -> Result<()> {
    let server = MailServer::start()?;
    Stack::tell(options(server.port)?, |stack| {
        stack.host().manager().kill_main(WEB)?;
        let mail = server.next()?;
        let subject = header(&mail, "Subject");
        ensure!(
            subject.starts_with('✅') && subject.contains(WEB),
            "{subject}"
        );
        ensure!(header(&mail, "To").contains("ops@example.org"), "{mail}");
        ensure!(mail["defects"] == serde_json::json!([]), "{mail}");
        ensure!(
            mail["structure"][0] == "multipart/alternative",
            "HTML and its plain-text twin: {mail}"
        );
        wait_until("the alert ends", LIMIT, || {
            let lines = stack.actions().ok()?;
            let mut ends = lines.iter().filter(|line| line.is("alert", "RESOLVED"));
            ends.next().map(drop)
        })?;
        let status = stack.host().healer_command(&["status"])?;
        ensure!(!status.contains("waiting"), "{status}");
        server.says_nothing_for(Duration::from_secs(8))
    })
}

#[test]
fn what_happened_is_told_after_a_crash_too() -> Result<()> {
    let server = MailServer::start()?;
    Stack::tell(options(server.port)?, |stack| {
        let host = stack.host();
        let before = host.invocation(WEB)?;
        host.manager().kill_main(WEB)?;
        host.wait_until_restarted(WEB, &before, LIMIT)?;
        host.healer().kill()?;
        host.healer().start()?;
        let first = server.next()?;
        let mut told: Vec<(String, String)> = Vec::new();
        for mail in [first]
            .into_iter()
            .chain(server.rest(Duration::from_secs(8)))
        {
            let (id, subject) = (header(&mail, "Message-ID"), header(&mail, "Subject"));
            // A mail that was sent and not recorded comes once more, under the same name.
            if !told.iter().any(|(known, _)| known == id) {
                told.push((id.to_owned(), subject.to_owned()));
            }
        }
        let (_, last) = told.last().context("nothing was told")?;
        ensure!(last.starts_with('✅') && last.contains(WEB), "{told:?}");
        // On a slow machine the fault is told before its repair.
        ensure!(told.len() <= 2, "{told:?}");
        Ok(())
    })
}

fn options(port: u16) -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    let port = port.to_string();
    host.healer_env = [
        ("EMAIL_ALERTS_ENABLED", "True"),
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", port.as_str()),
        ("SMTP_TLS", "none"),
        ("EMAIL_FROM", "prunelle@example.org"),
        ("EMAIL_TO", "ops@example.org"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .into();
    Ok(StackOptions::of(vec![host]))
}

fn header<'a>(mail: &'a Value, name: &str) -> &'a str {
    let headers = mail["headers"].as_array();
    let mut values = headers.into_iter().flatten().filter_map(|header| {
        let is_it = header[0].as_str()?.eq_ignore_ascii_case(name);
        header[1].as_str().filter(|_| is_it)
    });
    values.next().unwrap_or_default()
}

/// aiosmtpd, which reads what it takes with Python's own parser; the healer's tests have it as well.
struct MailServer {
    child: Child,
    port: u16,
    mails: Receiver<Value>,
}

impl MailServer {
    #[expect(
        clippy::disallowed_methods,
        reason = "a test starts a server of its own, and a thread that ends with it"
    )]
    fn start() -> Result<Self> {
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
                // Nobody waits any more: the test has ended.
                if taken.send(line["mail"].take()).is_err() {
                    return;
                }
            }
        });
        Ok(Self { child, port, mails })
    }

    fn next(&self) -> Result<Value> {
        self.mails.recv_timeout(LIMIT).context("no mail came")
    }

    /// What comes within so long.
    fn rest(&self, long: Duration) -> Vec<Value> {
        let mut rest = Vec::new();
        while let Ok(mail) = self.mails.recv_timeout(long) {
            rest.push(mail);
        }
        rest
    }

    fn says_nothing_for(&self, long: Duration) -> Result<()> {
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
