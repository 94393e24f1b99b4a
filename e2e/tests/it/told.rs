//! People are told by mail, through a real SMTP server: a quick repair is one mail, and a crash forgets none.

mod healer;
mod killed;
mod mail_server;
mod web_hook;

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait_until};

use self::mail_server::{MailServer, header};

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
