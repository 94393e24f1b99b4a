//! `clean_folder` as the engine sees it: the blocking work on a thread of its own, which stops soon after nobody waits
//! for it any more, and before the attempt's time limit, so that what was freed can still be checked.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::Tasks;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{CleanFolderError, Job, apply, plan};
use crate::journal::{Committed, Intent, Started};
use crate::policy::{CleanFolder, RemedySpec};
use crate::reason::{Outcome, Reason};
use crate::remediation::machine::Identified;
use crate::remedy::{Finding, Plan, Planning, Remedy};
use crate::target::Target;

/// Listing for a plan ends after this; what was listed until then is the plan.
const PLANNING_LIMIT: Duration = Duration::from_secs(5);

/// The remedy.
#[derive(Clone, Debug)]
pub struct CleanFolderRemedy {
    tasks: Tasks,
    clock: SharedClock,
}

/// What the intent keeps: all that is needed to do it, and what was listed.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Details {
    /// Only when the target is a mount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    folder: Option<PathBuf>,
    older_than_seconds: f64,
    stop_at_free: f64,
    max_bytes: u64,
    max_files: u64,
    protected: Vec<PathBuf>,
    listed: Value,
}

/// Tells the thread that nobody waits any more.
struct StopOnDrop(Arc<AtomicBool>);

impl Drop for StopOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

impl CleanFolderRemedy {
    /// The remedy; `tasks` spawns its threads.
    pub fn new(tasks: Tasks, clock: SharedClock) -> Self {
        Self { tasks, clock }
    }

    /// Runs `work` with a job that goes on until `limit` after `from`, or until this future is dropped.
    async fn run<T: Send + 'static>(
        &self,
        mut job: Job,
        from: Now,
        limit: Duration,
        work: impl FnOnce(&Job) -> Result<T, CleanFolderError> + Send + 'static,
    ) -> Result<T, Finding> {
        let is_abandoned = Arc::new(AtomicBool::new(false));
        let _guard = StopOnDrop(Arc::clone(&is_abandoned));
        let clock = Arc::clone(&self.clock);
        job.may_go_on = Arc::new(move || {
            !is_abandoned.load(Ordering::Relaxed) && clock.now().since(&from) < limit
        });
        let done = self
            .tasks
            .spawn_blocking("clean-folder", move || work(&job))
            .await;
        match done {
            Ok(Ok(value)) => Ok(value),
            Ok(Err(error)) => Err(finding(&error)),
            Err(error) => Err(Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                error.to_string(),
                json!({}),
            )),
        }
    }

    async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let RemedySpec::CleanFolder(settings) = &planning.remedy else {
            return Err(Reason::NoTarget);
        };
        let (folder, mount) = match (&planning.target, &settings.folder) {
            (Target::Path(folder), _) => (folder, None),
            (Target::Mount(mount), Some(folder)) => (folder, Some(mount.clone())),
            _ => return Err(Reason::NoTarget),
        };
        let protected = planning.policy.protected.paths.clone();
        let is_protected = protected.iter().any(|path| folder.starts_with(path));
        if is_protected {
            return Err(Reason::Protected);
        }
        let now = self.clock.now();
        let mut job = Job::new(
            folder.clone(),
            settings.clone(),
            protected.clone(),
            now.clone(),
        );
        job.mount = mount;
        let folder = job.mount.is_some().then(|| folder.clone());
        let listed =
            self.run(job, now, PLANNING_LIMIT, plan)
                .await
                .map_err(|finding| match finding.result {
                    Err(failure) => failure.reason,
                    Ok(()) => Reason::RemedyFailed,
                })?;
        let details = Details {
            folder,
            older_than_seconds: settings.older_than.as_secs_f64(),
            stop_at_free: settings.stop_at_free,
            max_bytes: settings.max_bytes,
            max_files: settings.max_files,
            protected,
            listed: serde_json::to_value(&listed).unwrap_or_default(),
        };
        Ok(Plan {
            message: listed.to_string(),
            details: serde_json::to_value(details).unwrap_or_default(),
        })
    }

    async fn applied(&self, started: Committed<Started>) -> Finding {
        let intent = &started.get().intent;
        let Some(job) = job(intent, started.get().at.clone()) else {
            return Finding::bad(
                Outcome::Failed,
                Reason::RemedyFailed,
                "the intent holds no plan of this remedy",
                json!({}),
            );
        };
        let (from, limit) = (intent.at.clone(), intent.within.mul_f64(0.8));
        match self
            .run(job, from, limit, move |job| apply(started, job))
            .await
        {
            Ok(report) => Finding::good(
                report.to_string(),
                json!({"report": serde_json::to_value(&report).unwrap_or_default()}),
            ),
            Err(finding) => finding,
        }
    }
}

impl Remedy for CleanFolderRemedy {
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>> {
        Box::pin(self.planned(planning))
    }

    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding> {
        Box::pin(self.applied(started))
    }

    fn identify<'a>(
        &'a self,
        _intent: &'a Intent,
        _evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)> {
        // Cleaning again is the same as cleaning once.
        Box::pin(std::future::ready((Identified::RunAgain, json!({}))))
    }
}

/// The job that an intent announced.
fn job(intent: &Intent, now: Now) -> Option<Job> {
    let details = Details::deserialize(&intent.plan).ok()?;
    let (folder, mount) = match &intent.target {
        Target::Path(folder) => (folder.clone(), None),
        Target::Mount(mount) => (folder_of(intent)?, Some(mount.clone())),
        Target::Unit(_) | Target::ProcessGroup(_) | Target::Host => return None,
    };
    let settings = CleanFolder {
        folder: None,
        older_than: Duration::try_from_secs_f64(details.older_than_seconds).ok()?,
        stop_at_free: details.stop_at_free,
        max_bytes: details.max_bytes,
        max_files: details.max_files,
    };
    let mut job = Job::new(folder, settings, details.protected, now);
    job.mount = mount;
    Some(job)
}

/// The folder that an intent on a mount is about.
pub(super) fn folder_of(intent: &Intent) -> Option<PathBuf> {
    Details::deserialize(&intent.plan).ok()?.folder
}

fn finding(error: &CleanFolderError) -> Finding {
    let cause = std::error::Error::source(error).map(|cause| format!(": {cause}"));
    Finding::bad(
        Outcome::Failed,
        error.reason(),
        format!("{error}{}", cause.unwrap_or_default()),
        json!({}),
    )
}
