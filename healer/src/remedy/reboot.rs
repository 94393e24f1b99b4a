//! `reboot`: starts `reboot.target` as `systemctl reboot` does without logind. The last rung, behind approval by default.
//!
//! Never twice in a row: the machine has to have been up for `healthy_for`, and the journal must know of no reboot of ours
//! within that time. (In a container the time since boot may be the host's.) It has happened when the boot is another one:
//! this run of the program never says so, it ends with the machine or runs into the attempt's time limit.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::duration::PromDuration;
use prunelle_systemd::client::Job;
use prunelle_systemd::unit::InvalidUnitName;
use prunelle_systemd::{JobResult, SystemdError, UnitName, Verb};
use serde_json::{Value, json};

use super::{Finding, Plan, Planning, Remedy};
use crate::journal::{Committed, Intent, Journal, Started};
use crate::policy::{RemedyKind, RemedySpec};
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::service_manager::{ServiceManager, unit_for_plan};

/// After a start, systemd may not be connected yet: how soon it is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(100);

/// The unit that is started.
pub fn unit_name() -> Result<UnitName, InvalidUnitName> {
    "reboot.target".parse()
}

/// The remedy.
#[derive(Clone, Debug)]
pub struct Reboot {
    manager: Arc<dyn ServiceManager>,
    alarm: Arc<dyn Alarm>,
    clock: SharedClock,
    journal: Journal,
}

impl Reboot {
    /// The remedy; the journal remembers when it was run last.
    pub fn new(
        manager: Arc<dyn ServiceManager>,
        alarm: Arc<dyn Alarm>,
        clock: SharedClock,
        journal: Journal,
    ) -> Self {
        Self {
            manager,
            alarm,
            clock,
            journal,
        }
    }

    async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let RemedySpec::Reboot(settings) = &planning.remedy else {
            return Err(Reason::NoTarget);
        };
        let last = self.journal.last_started(RemedyKind::Reboot).await;
        let last = last.map_err(|_| Reason::FactUnknown)?;
        let now = self.clock.now();
        if was_rebooted_lately(&now, last.as_ref(), settings.healthy_for) {
            return Err(Reason::RebootedLately);
        }
        let unit = unit_name().map_err(|_| Reason::RemedyFailed)?;
        unit_for_plan(&*self.manager, &unit).await?;
        Ok(Plan {
            message: format!(
                "reboot this machine, which has been up for {}",
                PromDuration::from(Duration::from_secs(now.boot.as_secs()))
            ),
            details: json!({
                "boot_id": now.boot_id.as_str(),
                "up_seconds": now.boot.as_secs(),
                "healthy_for_seconds": settings.healthy_for.as_secs(),
            }),
        })
    }

    /// The start mark is on disk, and synced: whatever happens now, the next run knows of it.
    async fn applied(&self, started: &Started) -> Finding {
        let intent = &started.intent;
        let healthy_for = intent.plan.get("healthy_for_seconds");
        let (Ok(unit), Some(healthy_for)) = (unit_name(), healthy_for.and_then(Value::as_u64))
        else {
            return failed(
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
                json!({}),
            );
        };
        let now = self.clock.now();
        if now.boot_id != intent.at.boot_id
            || was_rebooted_lately(&now, None, Duration::from_secs(healthy_for))
        {
            return failed(
                Reason::RebootedLately,
                "the machine was booted meanwhile",
                json!({}),
            );
        }
        match self.manager.enqueue(Verb::StartIrreversibly, &unit).await {
            Ok(job) => self.follow(&job, &unit, intent.within).await,
            Err(SystemdError::NotPermitted { message, .. }) => failed(
                Reason::NotPermitted,
                &format!(
                    "not permitted to start `{unit}`: {message}; `prunelle-healer polkit` prints the rules that permit it"
                ),
                json!({}),
            ),
            // Whether it was queued is not known: the boot tells, or the time limit.
            Err(SystemdError::TimedOut(_) | SystemdError::Bus(_)) => std::future::pending().await,
            Err(error) => failed(Reason::RemedyFailed, &error.to_string(), json!({})),
        }
    }

    async fn follow(&self, job: &Job, unit: &UnitName, limit: Duration) -> Finding {
        match self.manager.finished(job, unit, limit).await {
            Ok(
                result @ (JobResult::Canceled
                | JobResult::Timeout
                | JobResult::Failed
                | JobResult::Dependency
                | JobResult::Assert
                | JobResult::Skipped),
            ) => failed(
                Reason::RemedyFailed,
                &format!("the job on `{unit}` ended as {result:?}: the machine goes on"),
                json!({"job": job.id}),
            ),
            // The machine goes down, and this program with it.
            _ => std::future::pending().await,
        }
    }

    async fn look_after_crash(&self, intent: &Intent) -> (Identified, Value) {
        if self.clock.now().boot_id != intent.at.boot_id {
            return (
                Identified::Happened,
                json!({"boot_id_after": self.clock.now().boot_id.as_str()}),
            );
        }
        let Ok(unit) = unit_name() else {
            return (Identified::Unknown, json!({}));
        };
        let state = loop {
            match self.manager.unit(&unit).await {
                Ok(state) => break state,
                // The attempt's deadline ends this.
                Err(_) => self.alarm.after(ASK_AGAIN).await,
            }
        };
        match state.job {
            // It goes down, or the attempt's deadline ends this.
            Some(_) => std::future::pending().await,
            None => (Identified::DidNot, json!({})),
        }
    }
}

/// Whether the machine, or a reboot of ours, is younger than `healthy_for`.
fn was_rebooted_lately(now: &Now, last: Option<&Now>, healthy_for: Duration) -> bool {
    now.boot < healthy_for || last.is_some_and(|last| now.since(last) < healthy_for)
}

impl Remedy for Reboot {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(async move { self.applied(started.get()).await })
    }

    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        Box::pin(self.look_after_crash(intent))
    }
}

fn failed(reason: Reason, message: &str, evidence: Value) -> Finding {
    Finding::bad(Outcome::Failed, reason, message, evidence)
}
