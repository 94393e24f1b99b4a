//! `doctor` on the whole stack: all is well; and when something is not, it is named with its cure.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use prunelle_sandbox::wait::try_until;
use prunelle_sandbox::{Stack, StackOptions};
use serde_json::Value;

const LIMIT: Duration = Duration::from_secs(30);

#[test]
fn the_doctor_finds_what_is_broken_and_nothing_else() -> Result<()> {
    Stack::tell(StackOptions::demo()?, |stack| {
        stack.wait_until_scraped()?;
        try_until("nothing is amiss", LIMIT, || {
            let findings = findings(stack)?;
            Ok(amiss(&findings).is_empty().then_some(()))
        })?;
        let well = findings(stack)?;
        for (topic, message) in [
            ("policy", "rules, mode enforce"),
            ("port", "the daemon listens on"),
            ("systemd", "systemd answers"),
            ("alertmanager", "is Alertmanager"),
            ("alertmanager", "the heartbeat is there"),
            ("prometheus", "is Prometheus"),
            ("prometheus", "alerting rules are loaded"),
            ("prometheus", "it scrapes this host"),
            ("clock", "the clock of Prometheus agrees"),
        ] {
            ensure!(
                is_found(&well, "good", topic, message),
                "{topic}: {message} is not in {well:#?}"
            );
        }

        stack.alertmanager.stop()?;
        let sick = findings(stack)?;
        ensure!(
            is_found(&sick, "failure", "alertmanager", "cannot be reached"),
            "{sick:#?}"
        );
        ensure!(amiss(&sick).len() == 1, "{sick:#?}");
        Ok(())
    })
}

/// What `doctor` says, whether or not it is content.
fn findings(stack: &Stack) -> Result<Vec<Value>> {
    // Its code tells failures; what it prints is the same.
    let script = r#""$0" doctor --json || [ $? = 1 ]"#;
    let text = stack.host().healer_shell(script)?;
    let diagnosis: Value = serde_json::from_str(&text).context(text)?;
    ensure!(diagnosis["is_of_daemon"] == true, "{diagnosis}");
    diagnosis["findings"]
        .as_array()
        .cloned()
        .context("no findings")
}

fn amiss(findings: &[Value]) -> Vec<&Value> {
    findings
        .iter()
        .filter(|finding| finding["level"] == "failure" || finding["level"] == "warning")
        .collect()
}

fn is_found(findings: &[Value], level: &str, topic: &str, message: &str) -> bool {
    findings.iter().any(|finding| {
        finding["level"] == level
            && finding["topic"] == topic
            && finding["message"]
                .as_str()
                .is_some_and(|text| text.contains(message))
    })
}
