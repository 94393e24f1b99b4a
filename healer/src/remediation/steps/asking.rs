//! Asking the guards: facts are gathered afresh, all at once, and what would be done is planned.

use std::error::Error as _;
use std::sync::Arc;

use prunelle_foundation::clock::Now;
use prunelle_systemd::{UnitName, UnitState};
use tracing::{debug, warn};

use super::{Output, Ports, Subject};
use crate::alert::AlertStatus;
use crate::facts::{Fact, Facts, FolderFacts, History};
use crate::guard::{self, Decision, Question};
use crate::journal::JournalError;
use crate::reason::Reason;
use crate::remediation::machine::Verdict;
use crate::remediation::state::RETRY;
use crate::remedy::{Planning, clean_folder};
use crate::target::Target;

/// Gathers the facts, asks the guards, and plans when nothing is against it.
pub(in crate::remediation) async fn ask(
    ports: Ports,
    subject: Subject,
    active: Option<Now>,
) -> Output {
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

async fn unit_fact(ports: &Ports, target: &Target) -> Fact<UnitState> {
    let Target::Unit(unit) = target else {
        return Fact::NotApplicable;
    };
    read_unit(ports, unit).await
}

async fn read_unit(ports: &Ports, unit: &UnitName) -> Fact<UnitState> {
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
