//! Carrying out the state machine's effects: each step is one future over owned inputs, so that the engine can wait
//! for many at once, stop waiting for any, and be dropped at any moment as a crash would.

mod asking;
mod looking;
mod package_manager;
mod settling;
mod undoing;
mod unit_log;

use std::path::PathBuf;
use std::sync::Arc;

use prunelle_foundation::clock::SharedClock;
use prunelle_systemd::UnitName;
use serde_json::{Value, json};
use tracing::warn;

use super::RemediationId;
use super::alarm::Alarm;
use super::ids::Ids;
use super::machine::{Answer, Identified, Verdict};
use crate::alert::Alert;
use crate::boundary::Boundary;
use crate::facts::{Fact, Facts, History};
use crate::guard::{self, Question};
use crate::intake::reconcile::ReconcileRequests;
use crate::journal::{Committed, Entry, Intent, Journal, Started};
use crate::leases::{Lease, Leases};
use crate::metrics::Metrics;
use crate::policy::{Policy, RemedyKind, Rule, Rung};
use crate::reason::{Outcome, Reason};
use crate::remedy::{Finding, Plan, Remedies, merge};
use crate::service_manager::ServiceManager;
use crate::target::Target;
use crate::verify::{Checks, Verification};

pub(super) use asking::ask;
pub use looking::{Looked, look};
pub(super) use settling::{Settlement, settle};
pub(super) use undoing::{Tried, UndoStep, Why, undo};
pub use unit_log::UnitLog;
pub(super) use unit_log::Wanted as WantedLog;

/// Everything outside that the engine works with.
#[derive(Clone, Debug)]
pub struct Ports {
    /// The time.
    pub clock: SharedClock,
    /// What wakes the engine.
    pub alarm: Arc<dyn Alarm>,
    /// Where ids come from.
    pub ids: Arc<dyn Ids>,
    /// The right to act on a target.
    pub leases: Arc<dyn Leases>,
    /// The durable store.
    pub journal: Journal,
    /// systemd.
    pub manager: Arc<dyn ServiceManager>,
    /// The remedies.
    pub remedies: Remedies,
    /// The checks.
    pub checks: Checks,
    /// The metrics.
    pub metrics: Metrics,
    /// Has Alertmanager asked what is active.
    pub reconciler: ReconcileRequests,
    /// Switches outside the policy and the journal.
    pub switches: HostSwitches,
    /// Where the kernel tells about processes and resources.
    pub roots: Roots,
    /// Where the logs of units are read.
    pub unit_log: UnitLog,
}

/// Where the kernel tells about processes and resources; other places in tests.
#[derive(Clone, Debug)]
pub struct Roots {
    /// `/proc`
    pub proc: PathBuf,
    /// `/`, for the lock files of package managers.
    pub root: PathBuf,
    /// What their use is measured against.
    pub boundary: Boundary,
}

impl Default for Roots {
    fn default() -> Self {
        Self {
            proc: "/proc".into(),
            root: "/".into(),
            boundary: Boundary::default(),
        }
    }
}

/// Switches of this host and this run that lower the mode.
#[derive(Clone, Debug, Default)]
pub struct HostSwitches {
    /// `AUTO_HEALING_ENABLED` is False.
    pub is_auto_healing_disabled: bool,
    /// The program started uncleanly too often of late.
    pub is_crash_looping: bool,
    /// While this file exists, nothing is touched.
    pub pause_file: PathBuf,
}

/// What a case is about, as a step takes it along.
#[derive(Clone, Debug)]
pub(super) struct Subject {
    pub(super) alert: Arc<Alert>,
    pub(super) policy: Arc<Policy>,
    pub(super) rule: usize,
    pub(super) rung: usize,
    pub(super) target: Target,
    pub(super) remediation: RemediationId,
}

impl Subject {
    fn rule_and_rung(&self) -> Option<(&Rule, &Rung)> {
        let rule = self.policy.rules.get(self.rule)?;
        Some((rule, rule.ladder.get(self.rung)?))
    }
}

/// What comes back from a step: more than the state machine needs to know.
#[derive(Debug)]
pub(super) enum Output {
    Guards {
        verdict: Verdict,
        facts: Box<Facts>,
        plan: Option<Plan>,
    },
    Admitted(Box<Committed<Intent>>, Lease),
    Refused(Reason),
    Started(Box<Committed<Started>>),
    Applied(Finding),
    Identified(Identified, Value),
    Verified(Finding),
    Settled,
}

impl Output {
    /// The part of it that the state machine is told.
    pub(super) fn answer(&self) -> Answer {
        match self {
            Self::Guards { verdict, .. } => Answer::Guards(*verdict),
            Self::Admitted(..) => Answer::Admitted,
            Self::Refused(reason) => Answer::Refused(*reason),
            Self::Started(_) => Answer::Started,
            Self::Applied(finding) => Answer::Applied(finding.result),
            Self::Identified(identified, _) => Answer::Identified(*identified),
            Self::Verified(finding) => Answer::Verified(finding.result),
            Self::Settled => Answer::Settled,
        }
    }
}

/// Takes the lease and writes the intent (fsync A), if the journal's own guards still let it.
pub(super) async fn admit(
    ports: Ports,
    subject: Subject,
    facts: Facts,
    plan: Plan,
    attempt: u32,
) -> Output {
    let Some((rule, rung)) = subject.rule_and_rung() else {
        return Output::Refused(Reason::NoRule);
    };
    let within = rung.within;
    let lease = match ports.leases.acquire(&subject.target, within).await {
        Ok(lease) => lease,
        Err(error) => {
            warn!(%error, "not admitted");
            return Output::Refused(Reason::TargetBusy);
        }
    };
    let mut details = plan.details;
    merge(
        &mut details,
        json!({"message": plan.message, "fencing_token": lease.fencing_token}),
    );
    let intent = Intent {
        remediation: subject.remediation,
        episode: subject.alert.episode.clone(),
        alert_name: subject.alert.name().to_owned(),
        rule: rule.name.clone(),
        target: subject.target.clone(),
        victim: victim(&facts),
        rung: u32::try_from(subject.rung).unwrap_or(u32::MAX),
        attempt,
        remedy: rung.remedy.kind().as_str().to_owned(),
        plan: details,
        policy_revision: subject.policy.revision.clone(),
        at: ports.clock.now(),
        within,
    };
    let clock = Arc::clone(&ports.clock);
    let check = Box::new(move |history: &History| {
        let Some((rule, rung)) = subject.rule_and_rung() else {
            return Err(Reason::NoRule);
        };
        let question = Question {
            alert: &subject.alert,
            policy: &subject.policy,
            rule,
            rung,
            target: &subject.target,
            remediation: Some(subject.remediation),
            facts: &facts,
            now: &clock.now(),
        };
        guard::admission(question, history.clone())
    });
    match ports.journal.admit(intent, check).await {
        Ok(Ok(committed)) => Output::Admitted(Box::new(committed), lease),
        Ok(Err(reason)) => Output::Refused(reason),
        Err(error) => {
            warn!(%error, "the intent could not be written");
            Output::Refused(Reason::FactUnknown)
        }
    }
}

fn victim(facts: &Facts) -> Option<UnitName> {
    match &facts.victim {
        Fact::Known { value, .. } => Some(value.unit.clone()),
        Fact::Unknown(_) | Fact::NotApplicable => None,
    }
}

/// Writes the start mark (fsync B), if the lease still holds.
pub(super) async fn start(ports: Ports, intent: Committed<Intent>, lease: Option<Lease>) -> Output {
    let now = ports.clock.now();
    if lease.is_none_or(|lease| !lease.holds(&now)) {
        return Output::Refused(Reason::TargetBusy);
    }
    let evidence = intent.get().plan.clone();
    match ports.journal.start(intent, evidence, now).await {
        Ok(started) => Output::Started(Box::new(started)),
        Err(error) => {
            warn!(%error, "the start mark could not be written");
            Output::Refused(Reason::FactUnknown)
        }
    }
}

/// Runs the remedy.
pub(super) async fn apply(ports: Ports, kind: RemedyKind, started: Committed<Started>) -> Output {
    let finding = match ports.remedies.of(kind) {
        Some(remedy) => remedy.apply(started).await,
        None => Finding::bad(
            Outcome::Failed,
            Reason::NotPermitted,
            format!("`{}` is not at hand here", kind.as_str()),
            json!({}),
        ),
    };
    Output::Applied(finding)
}

/// After a crash: finds out whether the remedy ran.
pub(super) async fn identify(
    ports: Ports,
    kind: RemedyKind,
    intent: Intent,
    evidence: Value,
) -> Output {
    let (identified, more) = match ports.remedies.of(kind) {
        Some(remedy) => remedy.identify(&intent, &evidence).await,
        None => (Identified::Unknown, json!({})),
    };
    Output::Identified(identified, more)
}

/// Checks the effect; what the remedy returned is written meanwhile.
pub(super) async fn verify(
    ports: Ports,
    remediation: RemediationId,
    verification: Verification,
) -> Output {
    let at = ports.clock.now();
    let acted = Entry::Acted {
        remediation,
        evidence: verification.evidence.clone(),
        at: at.clone(),
    };
    let verifying = Entry::Verifying { remediation, at };
    let (acted, verifying, finding) = tokio::join!(
        ports.journal.record(acted),
        ports.journal.record(verifying),
        ports.checks.check(&verification),
    );
    // What is lost here is looked up again after a crash; the end of the attempt is what must be kept.
    if let Err(error) = acted.and(verifying) {
        warn!(%error, %remediation, "the progress of an attempt could not be written");
    }
    Output::Verified(finding)
}
