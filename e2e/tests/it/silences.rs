//! People silence an alert in Alertmanager, with its own tool: the healer leaves alone what it is about, and repairs it
//! when the silence is gone.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use prunelle_sandbox::stack::Action;
use prunelle_sandbox::{Stack, StackOptions, wait_until};

const WEB: &str = "demo-web.service";
const LIMIT: Duration = Duration::from_secs(40);

/// Alertmanager has told of the alert already, and does not tell of the silence: it is asked.
#[test]
fn an_alert_that_is_silenced_after_it_was_told_and_before_its_repair_is_left_alone() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let host = stack.host();
        // Longer than the word of Alertmanager is taken for fresh: it is asked again when the pause ends.
        host.healer_command(&["pause", WEB, "--for", "12s"])?;
        host.manager().kill_main(WEB)?;
        is_decided(stack, "paused")?;
        silence(stack)?;
        is_decided(stack, "silenced")?;
        is_untouched(stack)
    })
}

/// The healer hears of the alert and of its silence at once.
#[test]
fn an_alert_that_was_silenced_while_the_healer_was_down_is_repaired_when_the_silence_ends()
-> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        let host = stack.host();
        host.healer().stop()?;
        host.manager().kill_main(WEB)?;
        wait_until("the alert fires", LIMIT, || {
            (stack.alerts_named("ServiceDown").ok()?.len() == 1).then_some(())
        })?;
        let silence = silence(stack)?;
        host.healer().start()?;
        is_decided(stack, "silenced")?;
        is_untouched(stack)?;
        amtool(stack, &["silence", "expire", &silence])?;
        wait_until("it is repaired", LIMIT, || {
            let lines = stack.actions().ok()?;
            lines
                .iter()
                .any(|line| line.service == WEB && line.is("outcome", "SUCCESS"))
                .then_some(())
        })?;
        ensure!(host.state(WEB)? == "active", "it is down");
        Ok(())
    })
}

/// Silences what is said of the service; the silence's number.
fn silence(stack: &Stack) -> Result<String> {
    let name = format!("name={WEB}");
    let id = amtool(
        stack,
        &[
            "silence",
            "add",
            "--duration=1h",
            "--author=ada",
            "--comment=I am at it",
            "alertname=ServiceDown",
            &name,
        ],
    )?;
    Ok(id.trim().to_owned())
}

fn is_decided(stack: &Stack, reason: &str) -> Result<()> {
    wait_until(&format!("it is {reason}"), LIMIT, || {
        let lines = stack.actions().ok()?;
        let is_it =
            |line: &Action| line.is("decision", "DEFERRED") && line.details["reason"] == reason;
        lines.iter().any(is_it).then_some(())
    })
}

fn is_untouched(stack: &Stack) -> Result<()> {
    ensure!(stack.host().state(WEB)? == "failed", "it was touched");
    let lines = stack.actions()?;
    let has_acted = lines.iter().any(|line| line.event_type == "action");
    ensure!(!has_acted, "{lines:#?}");
    Ok(())
}

#[expect(
    clippy::disallowed_methods,
    reason = "a tool of Alertmanager's, which is waited for"
)]
fn amtool(stack: &Stack, arguments: &[&str]) -> Result<String> {
    let port = stack.alertmanager.port();
    let output = Command::new("amtool")
        .arg(format!("--alertmanager.url=http://127.0.0.1:{port}"))
        .args(arguments)
        .output()
        .context("no amtool (Debian: prometheus-alertmanager)")?;
    ensure!(output.status.success(), "amtool {arguments:?}: {output:?}");
    Ok(String::from_utf8(output.stdout)?)
}
