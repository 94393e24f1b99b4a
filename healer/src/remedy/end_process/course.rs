//! The deed: hold the process, compare it with the plan, SIGTERM, wait, look again, SIGKILL, wait.

use std::sync::Arc;
use std::time::Duration;

use rustix::process::Signal;
use serde::Deserialize as _;
use serde_json::{Value, json};

use super::held::{Held, NoSignal};
use super::members::Members;
use super::{Details, EndProcess, Used};
use crate::causes::with_causes;
use crate::journal::Intent;
use crate::processes::busy_processors;
use crate::processes::identity::Present;
use crate::reason::{Outcome, Reason};
use crate::remediation::steps::Roots;
use crate::remedy::{Finding, merge};

/// How long a killed process may take to be gone: one that hangs in the kernel may take for ever.
const KILL_LIMIT: Duration = Duration::from_secs(5);
/// What a process has to use still, of what it used when it was chosen, to be killed after it was asked to end.
const STILL_NEEDED: f64 = 0.5;

/// A process that is being ended.
struct Ending {
    members: Members,
    held: Held,
    details: Details,
}

impl EndProcess {
    pub(super) async fn run(&self, intent: &Intent) -> Finding {
        let Ok(details) = Details::deserialize(&intent.plan) else {
            return Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
                json!({}),
            );
        };
        let told = name(&details);
        // The process was chosen out of the unit's cgroup; a plan that says otherwise is not carried out.
        if !details.unit.holds(&details.process.control_group) {
            return Finding::bad(
                Outcome::Failed,
                Reason::IdentityMismatch,
                format!("{told} was left alone: it is not in the unit's cgroup"),
                json!({}),
            );
        }
        match self.end(details).await {
            Ok(finding) => finding,
            Err(no_signal) => self::finding(&told, &no_signal),
        }
    }

    async fn end(&self, details: Details) -> Result<Finding, NoSignal> {
        let told = name(&details);
        let grace = Duration::try_from_secs_f64(details.grace_seconds).unwrap_or_default();
        let ending = Arc::new(self.hold(details).await?);
        let asked_at = self.clock.now();
        let before = self.step(&ending, Signal::TERM, None).await?;
        let evidence = |signal: &str, how: &str| json!({"signal": signal, "end": how});
        if self.ends_within(&ending, grace).await? {
            let took = self.clock.now().since(&asked_at).as_secs_f64();
            let message = format!("{told} ended {took:.1} s after SIGTERM");
            return Ok(Finding::good(message, evidence("TERM", "ended")));
        }
        let waited = self.clock.now().since(&asked_at);
        match self
            .step(&ending, Signal::KILL, Some((before, waited)))
            .await
        {
            Ok(_) => {}
            Err(NoSignal::Gone) => {
                let message = format!("{told} ended after SIGTERM");
                return Ok(Finding::good(message, evidence("TERM", "ended")));
            }
            Err(NoSignal::NotNeeded) => {
                let message = format!("{told} did not end on SIGTERM, but gave back what it used");
                return Ok(Finding::good(message, evidence("TERM", "gave back")));
            }
            Err(error) => return Ok(after_sigterm(&told, &error)),
        }
        if self.ends_within(&ending, KILL_LIMIT).await? {
            let message = format!("{told} did not end on SIGTERM, and ended on SIGKILL");
            return Ok(Finding::good(message, evidence("KILL", "ended")));
        }
        let message = format!("{told} does not end, even on SIGKILL: it hangs in the kernel");
        let evidence = evidence("KILL", "still there");
        Ok(Finding::bad(
            Outcome::Timeout,
            Reason::TimedOut,
            message,
            evidence,
        ))
    }

    async fn hold(&self, details: Details) -> Result<Ending, NoSignal> {
        let open = move |proc: &std::path::Path, _: &Roots| {
            let members = Members::open(proc)?;
            let held = Held::open(&members, details.process.pid)?;
            Ok(Ending {
                members,
                held,
                details,
            })
        };
        self.blocking(open).await.unwrap_or(Err(NoSignal::Panicked))
    }

    /// Compares the process with the plan and, right after that, sends the signal. With an earlier look: only if it
    /// still uses what it was chosen for.
    async fn step(
        &self,
        ending: &Arc<Ending>,
        signal: Signal,
        since: Option<(Present, Duration)>,
    ) -> Result<Present, NoSignal> {
        let ending = Arc::clone(ending);
        let step = move |_: &std::path::Path, _: &Roots| {
            let present = ending.held.look(&ending.members, &ending.details.process)?;
            if let Some((before, waited)) = since
                && !is_still_needed(ending.details.used, &before, &present, waited)
            {
                return Err(NoSignal::NotNeeded);
            }
            ending.held.signal(signal)?;
            Ok(present)
        };
        self.blocking(step).await.unwrap_or(Err(NoSignal::Panicked))
    }

    async fn ends_within(&self, ending: &Ending, limit: Duration) -> Result<bool, NoSignal> {
        tokio::select! {
            ended = ending.held.ended() => ended.map(|()| true).map_err(NoSignal::Refused),
            () = self.wait(limit) => Ok(false),
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "half of it needs no last bit")]
fn is_still_needed(used: Used, before: &Present, now: &Present, waited: Duration) -> bool {
    match used {
        Used::Memory(bytes) => {
            let held = now.status.memory.unwrap_or_default().total();
            held as f64 >= bytes as f64 * STILL_NEEDED
        }
        Used::Processors(processors) => {
            let ticks = now.stat.cpu.saturating_sub(before.stat.cpu);
            let per_second = rustix::param::clock_ticks_per_second();
            busy_processors(ticks, waited, per_second) >= processors * STILL_NEEDED
        }
    }
}

fn name(details: &Details) -> String {
    let program = details.process.executable.as_ref();
    let program = program.map_or_else(String::new, |file| format!(" (`{}`)", file.path.display()));
    format!(
        "process {}{program} of `{}`, which used {},",
        details.process.pid, details.unit.unit, details.used
    )
}

/// It was asked to end, and then there was a reason not to kill it.
fn after_sigterm(told: &str, error: &NoSignal) -> Finding {
    let mut finding = finding(&format!("{told} did not end on SIGTERM, and"), error);
    merge(&mut finding.evidence, json!({"signal": "TERM"}));
    finding
}

fn finding(told: &str, error: &NoSignal) -> Finding {
    let evidence = |what: &str| json!({"end": what});
    let left_alone = |why: &str| format!("{told} was left alone: {why}");
    let (outcome, reason, evidence): (_, _, Value) = match error {
        // What it held is free; the check tells whether that is enough.
        NoSignal::Gone => {
            let message = format!("{told} had ended by itself before it was asked to");
            return Finding::good(message, evidence("by itself"));
        }
        NoSignal::Different(difference) => {
            let evidence = json!({"end": "left alone", "difference": difference});
            (Outcome::Failed, Reason::IdentityMismatch, evidence)
        }
        NoSignal::Untouchable(_) => (Outcome::Failed, Reason::Protected, evidence("left alone")),
        NoSignal::NotPermitted => (
            Outcome::Failed,
            Reason::NotPermitted,
            evidence("left alone"),
        ),
        NoSignal::NotNeeded
        | NoSignal::Unreadable(_)
        | NoSignal::Refused(_)
        | NoSignal::Panicked => (
            Outcome::Failed,
            Reason::RemedyFailed,
            evidence("left alone"),
        ),
    };
    let why = match error {
        NoSignal::Unreadable(error) => with_causes(error),
        NoSignal::Refused(source) => format!("{error}: {source}"),
        error => error.to_string(),
    };
    Finding::bad(outcome, reason, left_alone(&why), evidence)
}
