//! How a command ended, for the journal and for people.

use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use prunelle_foundation::lifecycle::child::{Output, Printed};
use serde_json::{Value, json};

use crate::reason::{Outcome, Reason};
use crate::remedy::{Finding, merge};

/// What is known besides what it printed.
pub(super) struct Ending<'a> {
    pub(super) command: &'a str,
    pub(super) scope: &'a str,
    pub(super) took: Duration,
    pub(super) time_limit: Duration,
}

impl Ending<'_> {
    /// It ended; `was_left` when processes that it had started did not end with it.
    pub(super) fn finding(&self, output: &Output, was_left: bool) -> Finding {
        let status = output.status;
        let mut evidence = self.evidence();
        merge(
            &mut evidence,
            json!({
                "exit_code": status.code(),
                "signal": status.signal(),
                "stdout": text(&output.stdout),
                "stdout_bytes": output.stdout.bytes,
                "stderr": text(&output.stderr),
                "stderr_bytes": output.stderr.bytes,
                "left_processes_behind": was_left,
            }),
        );
        let command = self.command;
        let seconds = self.took.as_secs_f64();
        match (status.code(), status.signal()) {
            (Some(0), _) => Finding::good(
                format!("`{command}` ended well after {seconds:.1} s"),
                evidence,
            ),
            // SIGTERM and SIGKILL of the scope, or the command's own answer to them.
            _ if self.took >= self.time_limit => self.timed_out(evidence),
            (Some(code), _) => bad(
                format!(
                    "`{command}` ended with exit code {code} after {seconds:.1} s{}",
                    last_line(&output.stderr)
                ),
                evidence,
            ),
            (None, signal) => bad(
                format!(
                    "`{command}` was killed by signal {} after {seconds:.1} s: by somebody, or for using too much memory",
                    signal.unwrap_or(0)
                ),
                evidence,
            ),
        }
    }

    /// Its end was not seen.
    pub(super) fn unseen(&self, error: &std::io::Error) -> Finding {
        if error.kind() == std::io::ErrorKind::TimedOut {
            self.timed_out(self.evidence())
        } else {
            bad(
                format!("`{}` could not be let go: {error}", self.command),
                self.evidence(),
            )
        }
    }

    fn timed_out(&self, evidence: Value) -> Finding {
        Finding::bad(
            Outcome::Timeout,
            Reason::TimedOut,
            format!(
                "`{}` had not ended after {:.1} s and was killed, with all that it had started",
                self.command,
                self.time_limit.as_secs_f64()
            ),
            evidence,
        )
    }

    fn evidence(&self) -> Value {
        json!({"scope": self.scope, "seconds": self.took.as_secs_f64()})
    }
}

fn bad(message: String, evidence: Value) -> Finding {
    Finding::bad(Outcome::Failed, Reason::RemedyFailed, message, evidence)
}

fn text(printed: &Printed) -> String {
    String::from_utf8_lossy(&printed.kept).into_owned()
}

/// The last line of what it complained of.
fn last_line(printed: &Printed) -> String {
    let text = text(printed);
    let line = text.lines().rev().find(|line| !line.trim().is_empty());
    line.map_or_else(String::new, |line| {
        let short: String = line.trim().chars().take(200).collect();
        format!(": {short}")
    })
}
