//! `run_command`: runs a command that the policy names, word for word: no shell, no substitution.
//!
//! This program starts itself once more, as `run-in-scope`, which waits. systemd puts that process into a transient scope
//! with limits on memory, tasks and time; only then is it let go and becomes the command. No scope: nothing runs. When the
//! command has ended, or its time is up, everything in the scope is killed, even if the healer is no longer there.
//!
//! Labels reach it as environment variables only, those that the policy lists. After a crash it is not run again, unless
//! the policy says that it may be.

mod ending;
mod environment;
mod inside;

use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::SharedClock;
use prunelle_foundation::lifecycle::Tasks;
use prunelle_foundation::lifecycle::child::{Child, Keep, Program};
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{JobResult, Scope, SystemdError, UnitName, Verb};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Started};
use crate::policy::RemedySpec;
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::service_manager::{ServiceManager, unit_for_plan};
use ending::Ending;

/// The hidden subcommand that waits in the scope.
pub const SUBCOMMAND: &str = "run-in-scope";

/// What is kept of each output; the rest is counted.
const KEPT: usize = 32 << 10;
/// Processes and threads of the command, all together.
const TASKS_MAX: u64 = 64;
/// From SIGTERM to SIGKILL, when its time is up.
const STOP_GRACE: Duration = Duration::from_secs(2);
/// How long systemd may take to make the scope.
const SCOPE_LIMIT: Duration = Duration::from_secs(5);
/// How long output may still come after everything was killed.
const LAST_WORDS: Duration = Duration::from_secs(1);
/// A unit that every systemd has.
const ROOT_SLICE: &str = "-.slice";
/// How soon a scope that was left by a crash is looked at again.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// The remedy.
#[derive(Clone, Debug)]
pub struct RunCommand {
    manager: Arc<dyn ServiceManager>,
    alarm: Arc<dyn Alarm>,
    clock: SharedClock,
    tasks: Tasks,
    proc: PathBuf,
    program: PathBuf,
}

/// What the intent keeps: all that is needed to run it.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    argv: Vec<String>,
    environment: Vec<(String, String)>,
    memory_max: u64,
    is_idempotent: bool,
}

impl RunCommand {
    /// The remedy; `program` is this program, which has the subcommand, and `proc` where processes are seen.
    pub fn new(
        manager: Arc<dyn ServiceManager>,
        alarm: Arc<dyn Alarm>,
        clock: SharedClock,
        tasks: Tasks,
        proc: PathBuf,
        program: PathBuf,
    ) -> Self {
        Self {
            manager,
            alarm,
            clock,
            tasks,
            proc,
            program,
        }
    }

    async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let plan = plan(planning)?;
        // Whoever answers this can be asked for a scope.
        let root = ROOT_SLICE.parse().map_err(|_| Reason::RemedyFailed)?;
        unit_for_plan(&*self.manager, &root).await?;
        Ok(plan)
    }

    async fn applied(&self, intent: &Intent) -> Finding {
        let (Ok(details), Ok(name)) = (Details::deserialize(&intent.plan), scope_name(intent))
        else {
            return failed(
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
            );
        };
        let program = self.waiting(&details);
        let keep = Keep::First(KEPT);
        let mut child = match self.tasks.spawn_child("run-command", &program, keep) {
            Ok(child) => child,
            Err(error) => {
                return failed(
                    Reason::RemedyFailed,
                    &format!("no process could be started: {error}"),
                );
            }
        };
        let scope = Scope {
            description: format!("prunelle: {} for {}", details.argv.join(" "), intent.target),
            process: child.id().unwrap_or(0),
            memory_max: details.memory_max,
            tasks_max: TASKS_MAX,
            runtime_max: runtime_max(intent.within),
            stop_grace: STOP_GRACE,
            name,
        };
        // Dropped with the child: what waits reads the end of its input, and runs nothing.
        if let Err(finding) = self.enclose(&scope).await {
            return finding;
        }
        self.let_go(&mut child, &scope, &details).await
    }

    /// This program, waiting to become the command.
    fn waiting(&self, details: &Details) -> Program {
        let words = [SUBCOMMAND, "--"].into_iter().map(OsString::from);
        Program {
            path: self.program.clone(),
            arguments: words
                .chain(details.argv.iter().map(OsString::from))
                .collect(),
            environment: details
                .environment
                .iter()
                .map(|(name, value)| (name.into(), value.into()))
                .collect(),
        }
    }

    /// Makes the scope; it is there when this is well.
    async fn enclose(&self, scope: &Scope) -> Result<(), Finding> {
        let job = self.manager.start_scope(scope).await.map_err(refused)?;
        let ended = self.manager.finished(&job, &scope.name, SCOPE_LIMIT).await;
        match ended {
            Ok(JobResult::Done) => Ok(()),
            Ok(result) => Err(failed(
                Reason::RemedyFailed,
                &format!("systemd could not make `{}`: {result:?}", scope.name),
            )),
            Err(error) => Err(refused(error)),
        }
    }

    async fn let_go(&self, child: &mut Child, scope: &Scope, details: &Details) -> Finding {
        let begun = self.clock.now();
        let limit = scope.runtime_max + STOP_GRACE + LAST_WORDS;
        let ended = async {
            child.let_go().await?;
            child.wait().await
        };
        let status = tokio::select! {
            status = ended => status,
            // systemd should have killed it by now.
            () = self.alarm.after(limit) => Err(std::io::ErrorKind::TimedOut.into()),
        };
        let took = self.clock.now().since(&begun);
        // What it left behind ends with it. Without the right to stop it, the scope's own time limit does this.
        let is_left = self.manager.unit(&scope.name).await.is_ok_and(|state| {
            matches!(state.active, ActiveState::Active | ActiveState::Activating)
        });
        if is_left {
            let stopped = self.manager.enqueue(Verb::Stop, &scope.name).await;
            if let Ok(job) = stopped {
                let patience = STOP_GRACE + LAST_WORDS;
                let _ = self.manager.finished(&job, &scope.name, patience).await;
            }
        }
        let ending = Ending {
            command: details.argv.first().map_or("", String::as_str),
            scope: scope.name.as_str(),
            took,
            time_limit: scope.runtime_max,
        };
        match status {
            Ok(status) => {
                let output = child.rest(status, LAST_WORDS).await;
                ending.finding(&output, is_left)
            }
            Err(error) => ending.unseen(&error),
        }
    }

    async fn look_after_crash(&self, intent: &Intent) -> (Identified, Value) {
        let (Ok(details), Ok(scope)) = (Details::deserialize(&intent.plan), scope_name(intent))
        else {
            return (Identified::Unknown, json!({}));
        };
        let mut has_run = false;
        loop {
            match self.manager.unit(&scope).await {
                Ok(state) if state.active == ActiveState::Inactive => break,
                Ok(_) => has_run = has_run || self.is_command_in(&scope).await,
                // systemd may not be connected yet; the attempt's deadline ends this.
                Err(_) => {}
            }
            self.alarm.after(LOOK_AGAIN).await;
        }
        let identified = match (details.is_idempotent, has_run) {
            // It ran to its end, though nobody saw how that was.
            (_, true) => Identified::Happened,
            (true, false) => Identified::RunAgain,
            (false, false) => Identified::Unknown,
        };
        (identified, json!({"scope": scope.as_str()}))
    }

    async fn is_command_in(&self, scope: &UnitName) -> bool {
        let (proc, scope) = (self.proc.clone(), scope.clone());
        let look = move || inside::is_command_in(&proc, scope.as_str());
        let seen = self.tasks.spawn_blocking("look-into-scope", look).await;
        seen.unwrap_or(false)
    }
}

impl Remedy for RunCommand {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.applied(&started.get().intent).await })
    }

    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(self.look_after_crash(intent))
    }
}

fn plan(planning: &Planning) -> Result<Plan, Reason> {
    let RemedySpec::RunCommand(settings) = &planning.remedy else {
        return Err(Reason::NoTarget);
    };
    let environment = environment::of(planning, &settings.labels)?;
    let details = Details {
        argv: settings.argv.clone(),
        environment,
        memory_max: settings.memory_max,
        is_idempotent: settings.is_idempotent,
    };
    Ok(Plan {
        message: format!("run {:?}", settings.argv),
        details: serde_json::to_value(details).unwrap_or_default(),
    })
}

/// One name for each attempt, found again after a crash.
fn scope_name(intent: &Intent) -> Result<UnitName, prunelle_systemd::unit::InvalidUnitName> {
    let Intent {
        remediation,
        rung,
        attempt,
        ..
    } = intent;
    format!("prunelle-run-{remediation}-{rung}-{attempt}.scope").parse()
}

/// The command's own time: the attempt's, without what stopping and checking take.
fn runtime_max(within: Duration) -> Duration {
    within
        .mul_f64(0.8)
        .saturating_sub(STOP_GRACE)
        .max(Duration::from_secs(1))
}

fn refused(error: SystemdError) -> Finding {
    match error {
        SystemdError::NotPermitted { message, .. } => failed(
            Reason::NotPermitted,
            &format!(
                "nothing was run: not permitted to make a scope for it: {message}; docs/remedies.md says what that takes"
            ),
        ),
        SystemdError::TimedOut(_) => Finding::bad(
            Outcome::Timeout,
            Reason::TimedOut,
            format!("nothing was run: {error}"),
            json!({}),
        ),
        error => failed(Reason::RemedyFailed, &format!("nothing was run: {error}")),
    }
}

fn failed(reason: Reason, message: &str) -> Finding {
    Finding::bad(Outcome::Failed, reason, message, json!({}))
}
