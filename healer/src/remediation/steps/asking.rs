//! Asking the guards: facts are gathered afresh, all at once, and what would be done is planned.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::path::Path;
use std::sync::Arc;

use prunelle_foundation::clock::Now;
use prunelle_systemd::{Sync, UnitName, UnitState, UnitTable, service_up};
use tracing::{debug, warn};

use super::{Output, Ports, Subject, package_manager};
use crate::alert::AlertStatus;
use crate::facts::{Fact, Facts, FolderFacts, GroupFacts, History};
use crate::guard::{self, Decision, Question};
use crate::journal::{HistoryOf, JournalError};
use crate::policy::Group;
use crate::processes::{self, Looking, Measured};
use crate::reason::Reason;
use crate::remediation::machine::Verdict;
use crate::remediation::silences::Silences;
use crate::remediation::state::RETRY;
use crate::remedy::{Plan, Planning, clean_folder};
use crate::target::Target;

/// Gathers the facts, asks the guards, and plans when nothing is against it.
pub(in crate::remediation) async fn ask(
    ports: Ports,
    subject: Subject,
    active: Option<Now>,
    silences: Silences,
) -> Output {
    let (mut facts, history) = gather(&ports, &subject, active).await;
    facts.muted = silences.why(&subject.alert.episode.fingerprint);
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
    // A person who is asked is told what would be done.
    let is_planned = matches!(
        verdict,
        Verdict::Proceed | Verdict::Observe | Verdict::Defer(Reason::AwaitingApproval, _)
    );
    if is_planned {
        match planned(&ports, &subject, &facts).await {
            Ok(made) => plan = Some(made),
            Err(reason @ (Reason::TargetBusy | Reason::FactUnknown)) => {
                verdict = Verdict::Defer(reason, RETRY);
            }
            Err(reason) => verdict = Verdict::Suppress(reason),
        }
        if subject.target.place().is_some() {
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

/// All facts, and apart from them what the journal knows. `active`: when the alert was confirmed, while it fires.
pub(super) async fn gather(
    ports: &Ports,
    subject: &Subject,
    active: Option<Now>,
) -> (Facts, Result<History, JournalError>) {
    let now = ports.clock.now();
    let measured = victim_fact(ports, subject).await;
    let victim = measured.victim.clone();
    let victim_unit = match &victim {
        Fact::Known { value, .. } => Some(value.unit.clone()),
        Fact::Unknown(_) | Fact::NotApplicable => None,
    };
    // Before the target is looked at: what is known of that must be fresh.
    let package_manager = package_manager::at_work(ports).await;
    let (unit, folder, history) = tokio::join!(
        unit_fact(
            ports,
            victim_unit.as_ref().or_else(|| subject.target.unit())
        ),
        folder_fact(ports, subject),
        history(ports, subject, victim_unit.clone(), now),
    );
    let status = if active.is_some() {
        AlertStatus::Firing
    } else {
        AlertStatus::Resolved
    };
    let confirmed = active.unwrap_or_else(|| ports.clock.now());
    let acted_on = victim_unit.as_ref().or_else(|| subject.target.unit());
    let facts = Facts {
        groups: acted_on.map_or_else(Vec::new, |name| group_facts(ports, subject, name, &unit)),
        package_manager,
        victim: measured.confirmed(&unit),
        unit,
        folder,
        is_auto_healing_disabled: ports.switches.is_auto_healing_disabled,
        is_pause_file_present: ports.switches.pause_file.exists(),
        is_crash_looping: ports.switches.is_crash_looping,
        ..Facts::of_alert(status, confirmed)
    };
    (facts, history)
}

/// What would be done, or why there is nothing to do.
pub(super) async fn planned(
    ports: &Ports,
    subject: &Subject,
    facts: &Facts,
) -> Result<Plan, Reason> {
    let (_, rung) = subject.rule_and_rung().ok_or(Reason::NoRule)?;
    let planning = Planning {
        remedy: rung.remedy.clone(),
        target: subject.target.clone(),
        policy: Arc::clone(&subject.policy),
        rule: subject.rule,
        alert: Arc::clone(&subject.alert),
        facts: facts.clone(),
    };
    match ports.remedies.of(rung.remedy.kind()) {
        Some(remedy) => remedy.plan(&planning).await,
        None => Err(Reason::NotPermitted),
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

async fn history(
    ports: &Ports,
    subject: &Subject,
    victim: Option<UnitName>,
    now: Now,
) -> Result<History, JournalError> {
    let (rule, remedy) = subject
        .rule_and_rung()
        .map_or_else(Default::default, |(rule, rung)| {
            (rule.name.clone(), rung.remedy.kind().as_str().to_owned())
        });
    let of = HistoryOf {
        rule,
        target: subject.target.clone(),
        victim,
        remedy,
        rung: u32::try_from(subject.rung).unwrap_or(u32::MAX),
        policy_revision: subject.policy.revision.clone(),
        episode: subject.alert.episode.clone(),
        remediation: subject.remediation,
    };
    ports.journal.history(of, now).await
}

async fn victim_fact(ports: &Ports, subject: &Subject) -> Measured {
    let Target::ProcessGroup(resource) = subject.target else {
        return Measured::not_applicable();
    };
    let looking = Looking {
        clock: Arc::clone(&ports.clock),
        alarm: Arc::clone(&ports.alarm),
        tasks: ports.checks.tasks.clone(),
        roots: ports.roots.clone(),
    };
    let measured = processes::greediest(&looking, resource).await;
    if let Fact::Unknown(why) = &measured.victim {
        debug!(%why, "the greediest unit cannot be told");
    }
    measured
}

/// The groups of a unit, and how many others of each are up.
fn group_facts(
    ports: &Ports,
    subject: &Subject,
    unit: &UnitName,
    state: &Fact<UnitState>,
) -> Vec<GroupFacts> {
    let id = match state {
        Fact::Known { value, .. } => &value.id,
        Fact::Unknown(_) | Fact::NotApplicable => unit,
    };
    let table = Arc::clone(&ports.manager.table().borrow());
    let groups = subject.policy.groups.iter();
    groups
        .filter(|group| group.has(unit.as_str()) || group.has(id.as_str()))
        .map(|group| GroupFacts {
            name: group.name.clone(),
            healthy_others: healthy_others(&table, group, [unit, id]),
        })
        .collect()
}

/// Members that are up, under whatever name they are watched; none while the table cannot be trusted.
fn healthy_others(table: &UnitTable, group: &Group, own: [&UnitName; 2]) -> Option<u32> {
    if table.sync != Sync::Synchronised {
        return None;
    }
    let up: BTreeSet<&UnitName> = table
        .units
        .iter()
        .filter(|(name, state)| {
            let is_member = group.has(name.as_str()) || group.has(state.id.as_str());
            let is_own = own.contains(name) || own.contains(&&state.id);
            is_member && !is_own && service_up(state).up
        })
        .map(|(_, state)| &state.id)
        .collect();
    u32::try_from(up.len()).ok()
}

async fn unit_fact(ports: &Ports, unit: Option<&UnitName>) -> Fact<UnitState> {
    match unit {
        Some(unit) => read_unit(ports, unit).await,
        None => Fact::NotApplicable,
    }
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
    let target = subject.target.clone();
    if target.place().is_none() {
        return Fact::NotApplicable;
    }
    let mountpoint = subject.alert.labels.get("mountpoint").map(str::to_owned);
    let at = ports.clock.now();
    let reading = ports
        .checks
        .tasks
        .spawn_blocking("folder-facts", move || match &target {
            Target::Mount(mount) => clean_folder::mount_facts(mount),
            other => {
                let folder = other.place().unwrap_or(Path::new("/"));
                clean_folder::base_facts(folder, mountpoint.as_deref())
            }
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
