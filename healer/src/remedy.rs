//! The remedies, one file each: what would be done (plan), doing it (apply), and whether it was done (identify after
//! a crash). The engine calls them; the policy names them.
//!
//! An effect is announced before it happens, by type: `apply` takes a `Committed<Started>`, which only the journal
//! makes, after its fsync. Labels of an alert reach no remedy: it is given the target that the policy allowed.

pub mod clean_folder;
pub mod clean_package_cache;
pub mod drop_caches;
pub mod end_process;
pub mod helper_unit;
pub mod job;
pub mod of_host;
pub mod reboot;
pub mod reload_service;
pub mod reset_failed;
pub mod restart_service;
pub mod run_command;
pub mod start_service;
pub mod stop_service;
pub mod throttle_service;
pub mod vacuum_journal;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_systemd::UnitName;
use serde_json::Value;

use self::job::Jobs;
use self::reload_service::ReloadService;
use self::reset_failed::ResetFailed;
use self::restart_service::RestartService;
use self::start_service::StartService;
use self::stop_service::StopService;
use self::throttle_service::ThrottleRemedy;
use crate::alert::Alert;
use crate::facts::{Fact, Facts};
use crate::journal::{Committed, Intent, Started};
use crate::policy::{Policy, RemedyKind, RemedySpec};
use crate::reason::{Outcome, Reason};
use crate::remediation::alarm::Alarm;
use crate::remediation::machine::Identified;
use crate::remediation::state::Failure;
use crate::service_manager::ServiceManager;
use crate::target::Target;

/// What a plan is made from.
#[derive(Clone, Debug)]
pub struct Planning {
    /// The remedy and its settings.
    pub remedy: RemedySpec,
    /// What it acts on.
    pub target: Target,
    /// The policy in force.
    pub policy: Arc<Policy>,
    /// Index of the rule in it.
    pub rule: usize,
    /// The alert.
    pub alert: Arc<Alert>,
    /// What is known of it.
    pub facts: Facts,
}

impl Planning {
    /// The unit that would be acted on: the target, or the victim of a process group.
    pub fn unit(&self) -> Option<&UnitName> {
        match &self.facts.victim {
            Fact::Known { value, .. } => Some(&value.unit),
            Fact::Unknown(_) | Fact::NotApplicable => self.target.unit(),
        }
    }
}

/// What exactly would be done: written into the intent, and shown in observe mode.
#[derive(Clone, Debug, PartialEq)]
pub struct Plan {
    /// One sentence for people.
    pub message: String,
    /// Settings and the state before, as the remedy reads them back: a JSON object.
    pub details: Value,
}

/// What was seen of an attempt: by a remedy that ran, or by a check.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Good, or what was wrong.
    pub result: Result<(), Failure>,
    /// Figures and identities, as a JSON object; merged into the attempt's evidence.
    pub evidence: Value,
    /// One sentence for people.
    pub message: String,
}

impl Finding {
    /// A good one.
    pub fn good(message: impl Into<String>, evidence: Value) -> Self {
        Self {
            result: Ok(()),
            evidence,
            message: message.into(),
        }
    }

    /// A bad one.
    pub fn bad(
        outcome: Outcome,
        reason: Reason,
        message: impl Into<String>,
        evidence: Value,
    ) -> Self {
        Self {
            result: Err(Failure { outcome, reason }),
            evidence,
            message: message.into(),
        }
    }
}

/// A remedy.
pub trait Remedy: Send + Sync + fmt::Debug {
    /// Plans, touching nothing. The facts say what the target is like; a reason says why there is nothing to do.
    fn plan<'a>(&'a self, planning: &'a Planning) -> BoxFuture<'a, Result<Plan, Reason>>;

    /// Does it. Dropping the future stops waiting for it and, where that is possible, the remedy itself.
    fn apply(&self, started: Committed<Started>) -> BoxFuture<'_, Finding>;

    /// After a crash between the start mark and the end: whether it happened. `evidence` is what lies on disk of the
    /// attempt; the finding's own evidence is merged into it. Waits for a job that still runs.
    fn identify<'a>(
        &'a self,
        intent: &'a Intent,
        evidence: &'a Value,
    ) -> BoxFuture<'a, (Identified, Value)>;
}

/// The remedies at hand, each under the kind that the policy names it by.
#[derive(Clone, Debug, Default)]
pub struct Remedies(BTreeMap<RemedyKind, Arc<dyn Remedy>>);

impl Remedies {
    /// All remedies of units, on one service manager.
    pub fn of_units(manager: &Arc<dyn ServiceManager>, alarm: &Arc<dyn Alarm>) -> Self {
        let jobs = || Jobs::new(Arc::clone(manager), Arc::clone(alarm));
        Self::default()
            .with(RemedyKind::RestartService, RestartService::new(jobs()))
            .with(RemedyKind::StartService, StartService::new(jobs()))
            .with(RemedyKind::StopService, StopService::new(jobs()))
            .with(RemedyKind::ReloadService, ReloadService::new(jobs()))
            .with(RemedyKind::ResetFailed, ResetFailed::new(jobs()))
            .with(RemedyKind::ThrottleService, ThrottleRemedy::new(jobs()))
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, kind: RemedyKind, remedy: impl Remedy + 'static) -> Self {
        self.0.insert(kind, Arc::new(remedy));
        self
    }

    /// The remedy of a kind; none when it is not at hand.
    pub fn of(&self, kind: RemedyKind) -> Option<Arc<dyn Remedy>> {
        self.0.get(&kind).cloned()
    }
}

/// Adds the members of `more` to `evidence`; what is not an object has no members.
pub fn merge(evidence: &mut Value, more: Value) {
    let Value::Object(more) = more else { return };
    if let Value::Object(members) = evidence {
        members.extend(more);
    } else {
        *evidence = Value::Object(more);
    }
}
