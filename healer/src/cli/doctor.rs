//! `doctor`: asks the daemon to examine itself, or looks at what it would find; prints findings with their cures.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_systemd::Systemd;
use prunelle_systemd::client::Options;

use super::client;
use crate::doctor::{Finding, Level, Patient, examine};
use crate::settings::Settings;

/// The findings, and who made them.
#[derive(Debug, serde::Serialize)]
pub(super) struct Diagnosis {
    /// The daemon examined itself.
    pub(super) is_of_daemon: bool,
    pub(super) findings: Vec<Finding>,
}

impl Diagnosis {
    pub(super) fn has_failures(&self) -> bool {
        self.findings
            .iter()
            .any(|finding| finding.level == Level::Failure)
    }
}

/// Asks the daemon; when it does not run, looks from here.
pub(super) async fn diagnose(socket: &Path, settings: Settings) -> anyhow::Result<Diagnosis> {
    match client::doctor(socket).await {
        Ok(findings) => Ok(Diagnosis {
            is_of_daemon: true,
            findings,
        }),
        Err(client::ClientError::NotRunning(_)) => Ok(Diagnosis {
            is_of_daemon: false,
            findings: from_here(settings).await?,
        }),
        Err(error) => Err(error.into()),
    }
}

async fn from_here(settings: Settings) -> anyhow::Result<Vec<Finding>> {
    let clock: SharedClock = Arc::new(SystemClock::new()?);
    let lifecycle = Lifecycle::new();
    let systemd = Systemd::start(
        Options::default(),
        Arc::clone(&clock),
        &lifecycle.tasks(),
        lifecycle.stop(),
    );
    let patient = Patient {
        settings,
        systemd,
        clock,
        is_daemon: false,
        proc: PathBuf::from("/proc"),
    };
    let findings = examine(&patient).await;
    lifecycle.stop().request("everything was looked at");
    Ok(findings)
}

/// The findings as text.
pub(super) fn text(diagnosis: &Diagnosis) -> String {
    let mut lines = vec![if diagnosis.is_of_daemon {
        "The daemon examined itself.".to_owned()
    } else {
        "The daemon is not running; this is what it would find, with the rights and the environment of this shell."
            .to_owned()
    }];
    for finding in &diagnosis.findings {
        // What has several lines (the errors of a policy) is set off.
        let message = finding.message.replace('\n', "\n                      ");
        lines.push(format!(
            "{:<8} {:<12} {message}",
            finding.level.as_str(),
            finding.topic
        ));
        if let Some(cure) = &finding.cure {
            lines.push(format!("{:<21} cure: {cure}", ""));
        }
    }
    let count = |level| {
        diagnosis
            .findings
            .iter()
            .filter(|finding| finding.level == level)
            .count()
    };
    lines.push(format!(
        "{} failures, {} warnings",
        count(Level::Failure),
        count(Level::Warning)
    ));
    lines.join("\n")
}

#[cfg(test)]
mod tests;
