//! The last lines of a unit's log from before it was touched, kept as evidence beside the attempt.
//!
//! They are read when the attempt's end is written, up to the moment of its intent: no repair ever waits for them. The lines
//! are kept as they are, secrets that a service logs included. That they cannot be had is no failure, and is said.

use std::time::Duration;

use prunelle_foundation::clock::Now;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_foundation::lifecycle::child::{Keep, Program};
use prunelle_systemd::UnitName;
use serde_json::{Value, json};

/// How long reading may take.
const LIMIT: Duration = Duration::from_secs(1);
/// How much is kept, in bytes: the end.
const KEPT: usize = 16 << 10;

/// Which lines are wanted.
#[derive(Clone, Debug)]
pub(in crate::remediation) struct Wanted {
    pub(in crate::remediation) unit: UnitName,
    pub(in crate::remediation) lines: u32,
    pub(in crate::remediation) until: Now,
}

/// Where logs are read.
#[derive(Clone, Debug)]
pub struct UnitLog(Option<Tasks>);

impl UnitLog {
    /// systemd's journal, by `journalctl`.
    pub fn of_systemd(tasks: Tasks) -> Self {
        Self(Some(tasks))
    }

    /// Nowhere.
    pub fn none() -> Self {
        Self(None)
    }

    /// The lines, as a member of the evidence: `{"log": {"lines": […]}}`.
    pub(super) async fn evidence(&self, wanted: &Wanted) -> Value {
        let Some(tasks) = &self.0 else {
            return json!({});
        };
        let program = journalctl(wanted);
        let read = tasks.output("unit-log", &program, Keep::Last(KEPT), LIMIT);
        match Box::pin(read).await {
            Ok(output) => {
                let stdout = &output.stdout;
                let is_cut = stdout.bytes > stdout.kept.len() as u64;
                let lines = lines(&stdout.kept, is_cut);
                // Hints about missing rights, and errors.
                let note = String::from_utf8_lossy(&output.stderr.kept);
                let note = note.lines().next().unwrap_or_default();
                json!({"log": {"lines": lines, "note": note}})
            }
            Err(error) => {
                json!({"log": {"lines": [], "note": format!("journalctl gave no answer: {error}")}})
            }
        }
    }
}

fn journalctl(wanted: &Wanted) -> Program {
    let microseconds = wanted.until.wall.as_microsecond();
    let until = format!(
        "--until=@{}.{:06}",
        microseconds.div_euclid(1_000_000),
        microseconds.rem_euclid(1_000_000)
    );
    let unit = format!("--unit={}", wanted.unit);
    let lines = format!("--lines={}", wanted.lines);
    let words = [
        unit.as_str(),
        lines.as_str(),
        until.as_str(),
        "--output=short-iso-precise",
        "--no-pager",
    ];
    let environment = [
        ("LANG", "C.UTF-8"),
        ("PATH", "/usr/bin:/bin"),
        ("SYSTEMD_COLORS", "0"),
    ];
    Program {
        path: "journalctl".into(),
        arguments: words.into_iter().map(Into::into).collect(),
        environment: environment
            .into_iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
    }
}

/// The lines of an output; the first of one that was cut is not whole, and left out, as is what journalctl says itself.
fn lines(printed: &[u8], is_cut: bool) -> Vec<String> {
    String::from_utf8_lossy(printed)
        .lines()
        .skip(usize::from(is_cut))
        .filter(|line| !line.starts_with("-- "))
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests;
