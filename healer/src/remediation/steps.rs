//! Carrying out the state machine's effects: each step is one future over owned inputs, so that the engine can wait
//! for many at once, stop waiting for any, and be dropped at any moment as a crash would.

use std::error::Error as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_systemd::UnitName;
use serde_json::{Value, json};
use tracing::{debug, warn};

use super::RemediationId;
use super::alarm::Alarm;
use super::ids::Ids;
use super::machine::{Answer, Identified, Verdict};
use super::state::{End, Failure, RETRY};
use crate::alert::{Alert, AlertStatus};
use crate::facts::{Fact, Facts, FolderFacts, History};
use crate::guard::{self, Decision, Question};
use crate::intake::reconcile::ReconcileRequests;
use crate::journal::{Committed, Entry, Intent, Journal, JournalError, Started};
use crate::leases::{Lease, Leases};
use crate::metrics::Metrics;
use crate::policy::{Policy, RemedyKind, Rule, Rung};
use crate::reason::{Outcome, Reason};
use crate::remedy::{Finding, Plan, Planning, Remedies, clean_folder, merge};
use crate::service_manager::ServiceManager;
use crate::target::Target;
use crate::verify::{Checks, Verification};

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

/// Gathers the facts, asks the guards, and plans when nothing is against it.
pub(super) async fn ask(ports: Ports, subject: Subject, active: Option<Now>) -> Output {
    let now = ports.clock.now();
    let (unit, folder, history) = tokio::join!(
        unit_fact(&ports, &subject.target),
        folder_fact(&ports, &subject),
        history(&ports, &subject, now),
    );
    let facts = Facts {
        status: if active.is_some() {
            AlertStatus::Firing
        } else {
            AlertStatus::Resolved
        },
        confirmed: active.unwrap_or_else(|| ports.clock.now()),
        unit,
        folder,
        is_auto_healing_disabled: ports.switches.is_auto_healing_disabled,
        is_pause_file_present: ports.switches.pause_file.exists(),
        is_crash_looping: ports.switches.is_crash_looping,
        history: History::default(),
    };
    let (mut facts, mut verdict) = match history {
        Ok(history) => {
            let facts = Facts { history, ..facts };
            let verdict = guard_verdict(&subject, &facts, &ports.clock.now());
            (facts, verdict)
        }
        Err(error) => {
            warn!(%error, "the journal cannot be read");
            (facts, Verdict::Defer(Reason::FactUnknown, RETRY))
        }
    };
    let mut plan = None;
    if matches!(verdict, Verdict::Proceed | Verdict::Observe)
        && let Some((_, rung)) = subject.rule_and_rung()
    {
        let planning = Planning {
            remedy: rung.remedy.clone(),
            target: subject.target.clone(),
            policy: Arc::clone(&subject.policy),
            facts: facts.clone(),
        };
        match ports.remedies.of(rung.remedy.kind()).plan(&planning).await {
            Ok(made) => plan = Some(made),
            Err(reason @ (Reason::TargetBusy | Reason::FactUnknown)) => {
                verdict = Verdict::Defer(reason, RETRY);
            }
            Err(reason) => verdict = Verdict::Suppress(reason),
        }
        if matches!(subject.target, Target::Path(_)) {
            // Listing may have taken longer than a fact may be old at admission.
            facts.folder = folder_fact(&ports, &subject).await;
        }
    }
    Output::Guards {
        verdict,
        facts: Box::new(facts),
        plan,
    }
}

fn guard_verdict(subject: &Subject, facts: &Facts, now: &Now) -> Verdict {
    let Some((rule, rung)) = subject.rule_and_rung() else {
        return Verdict::Suppress(Reason::NoRule);
    };
    let question = Question {
        alert: &subject.alert,
        policy: &subject.policy,
        rule,
        rung,
        target: &subject.target,
        remediation: Some(subject.remediation),
        facts,
        now,
    };
    match guard::ask_all(question).decision {
        Decision::Act => Verdict::Proceed,
        Decision::Observe => Verdict::Observe,
        Decision::Defer(reason, wait) => Verdict::Defer(reason, wait),
        Decision::Suppress(reason) => Verdict::Suppress(reason),
    }
}

async fn history(ports: &Ports, subject: &Subject, now: Now) -> Result<History, JournalError> {
    let rule = subject
        .policy
        .rules
        .get(subject.rule)
        .map_or_else(String::new, |rule| rule.name.clone());
    ports
        .journal
        .history(rule, subject.target.clone(), now)
        .await
}

async fn unit_fact(ports: &Ports, target: &Target) -> Fact<prunelle_systemd::UnitState> {
    let Target::Unit(unit) = target else {
        return Fact::NotApplicable;
    };
    read_unit(ports, unit).await
}

async fn read_unit(ports: &Ports, unit: &UnitName) -> Fact<prunelle_systemd::UnitState> {
    // The time before the reading: a fact is never taken for younger than it is.
    let at = ports.clock.now();
    match ports.manager.unit(unit).await {
        Ok(value) => Fact::Known { value, at },
        Err(error) => Fact::Unknown(error.to_string()),
    }
}

async fn folder_fact(ports: &Ports, subject: &Subject) -> Fact<FolderFacts> {
    let Target::Path(folder) = subject.target.clone() else {
        return Fact::NotApplicable;
    };
    let mountpoint = subject.alert.labels.get("mountpoint").cloned();
    let at = ports.clock.now();
    let reading = ports
        .checks
        .tasks
        .spawn_blocking("folder-facts", move || {
            clean_folder::base_facts(&folder, mountpoint.as_deref())
        })
        .await;
    match reading {
        Ok(Ok(value)) => Fact::Known { value, at },
        Ok(Err(error)) => {
            debug!(%error, cause = error.source().map(tracing::field::display), "cannot look at the folder");
            Fact::Unknown(error.to_string())
        }
        Err(error) => Fact::Unknown(error.to_string()),
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
    let remedy = ports.remedies.of(kind);
    Output::Applied(remedy.apply(started).await)
}

/// After a crash: finds out whether the remedy ran.
pub(super) async fn identify(
    ports: Ports,
    kind: RemedyKind,
    intent: Intent,
    evidence: Value,
) -> Output {
    let remedy = ports.remedies.of(kind);
    let (identified, more) = remedy.identify(&intent, &evidence).await;
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

/// What is written when an attempt, a remediation or both end.
#[derive(Clone, Debug)]
pub(super) struct Settlement {
    pub(super) remediation: RemediationId,
    pub(super) attempt: Option<Result<(), Failure>>,
    pub(super) end: Option<End>,
    pub(super) evidence: Value,
    pub(super) attempt_message: String,
    pub(super) end_message: String,
}

/// Writes it, again and again until the journal takes it: before that the target's slot is not free.
pub(super) async fn settle(ports: Ports, settlement: Settlement) -> Output {
    let mut attempt = settlement
        .attempt
        .map(|result| attempt_entry(&ports, &settlement, result));
    let mut end = settlement
        .end
        .map(|end| end_entry(&ports, &settlement, end));
    let mut wait = Duration::from_millis(100);
    loop {
        // Called in this order and kept in this order, in one commit as a rule.
        (attempt, end) = tokio::join!(kept(&ports, attempt), kept(&ports, end));
        if attempt.is_none() && end.is_none() {
            return Output::Settled;
        }
        ports.alarm.after(wait).await;
        wait = (wait * 2).min(Duration::from_secs(5));
    }
}

/// Gives the entry back when the journal could not take it now.
async fn kept(ports: &Ports, entry: Option<Entry>) -> Option<Entry> {
    let entry = entry?;
    match ports.journal.record(entry.clone()).await {
        Ok(()) => None,
        // It contradicts what the journal holds: no repetition mends that.
        Err(error @ JournalError::Refused(_)) => {
            warn!(%error, "the journal refused an entry");
            None
        }
        Err(error) => {
            warn!(%error, "the end of an attempt could not be written yet");
            Some(entry)
        }
    }
}

fn attempt_entry(ports: &Ports, settlement: &Settlement, result: Result<(), Failure>) -> Entry {
    Entry::AttemptEnded {
        remediation: settlement.remediation,
        outcome: result.map_or_else(|failure| failure.outcome, |()| Outcome::Success),
        reason: result.err().map(|failure| failure.reason),
        evidence: settlement.evidence.clone(),
        message: settlement.attempt_message.clone(),
        at: ports.clock.now(),
    }
}

fn end_entry(ports: &Ports, settlement: &Settlement, end: End) -> Entry {
    Entry::Ended {
        remediation: settlement.remediation,
        outcome: end.outcome,
        reason: end.reason,
        quarantine: end.quarantine,
        message: settlement.end_message.clone(),
        at: ports.clock.now(),
    }
}
