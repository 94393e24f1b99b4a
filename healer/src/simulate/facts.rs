//! What cannot be known of the past, made up so that it stands in nobody's way: the alert is fresh, a unit that would be
//! started is down, one that would be hit is up, what would be cleaned is there.
//!
//! The policy is rehearsed as if in enforce, approvals are assumed given, and the greediest unit of a process group is
//! assumed to be in the allow-list, unless that is empty.

use std::path::{Path, PathBuf};
use std::time::Duration;

use globset::Glob;
use prunelle_foundation::clock::Now;
use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{UnitName, UnitState};

use crate::alert::AlertStatus;
use crate::facts::{Fact, Facts, FolderFacts, GroupFacts, History, Victim};
use crate::policy::{Mode, Policy, RemedySpec, Rung, TargetRule};
use crate::target::Target;

use super::episodes::Recorded;

/// Guards that are not asked, and why: what they look at is not in the history of alerts.
pub(super) const NOT_ASKED: [(&str, &str); 5] = [
    (
        "freshness",
        "how often Alertmanager confirmed an alert is not recorded; it is taken for fresh",
    ),
    (
        "still_needed",
        "the state of units, folders and processes is not recorded; the repair is taken for needed",
    ),
    (
        "target_free",
        "jobs of systemd are not recorded; none is taken for running",
    ),
    (
        "approval",
        "what a person would have answered is not known; a yes is assumed",
    ),
    (
        "admission",
        "it asks the same guards once more, of the same moment",
    ),
];

/// What guards that are asked cannot look at, either.
pub(super) const NOT_KNOWN: [(&str, &str); 7] = [
    (
        "switches",
        "silences, pauses, reboots and package managers at work are not recorded; there are none",
    ),
    (
        "budget",
        "starts of a unit by others are not recorded; its start limit is not reached",
    ),
    (
        "host_and_target",
        "which unit was the greediest is not recorded; it is taken for one that the rule allows, unless that is none",
    ),
    (
        "blast_radius",
        "how many units of a group were up is not recorded; enough were",
    ),
    (
        "remedies",
        "whether there was something to clean, or a right to act, is not recorded; there was",
    ),
    (
        "labels",
        "external labels and alert relabelling are not in the series ALERTS; matchers on them do not fit",
    ),
    (
        "mode",
        "it is shown and not applied: all rules are rehearsed as in enforce",
    ),
];

/// The policy as it is rehearsed.
pub(super) fn rehearsed(policy: &Policy) -> Policy {
    let mut policy = policy.clone();
    policy.mode = Mode::Enforce;
    policy.boot_grace = Duration::ZERO;
    let any = Glob::new("*").ok().map(|glob| glob.compile_matcher());
    for rule in &mut policy.rules {
        rule.mode = None;
        let mut is_group = false;
        if let TargetRule::ProcessGroup { allow, .. } = &mut rule.target {
            is_group = true;
            if !allow.is_empty() {
                allow.clear();
                allow.extend(any.clone());
            }
        }
        for rung in &mut rule.ladder {
            rung.approval = None;
            if is_group {
                rung.allow = None;
            }
        }
    }
    policy
}

/// Mount points that alerts named: the longest one above a folder is taken for the one that holds it.
#[derive(Debug, Default)]
pub(super) struct Mounts(Vec<PathBuf>);

impl Mounts {
    pub(super) fn of(episodes: &[Recorded]) -> Self {
        let mut mounts: Vec<PathBuf> = episodes
            .iter()
            .filter_map(|episode| episode.labels.get("mountpoint"))
            .map(PathBuf::from)
            .collect();
        mounts.sort();
        mounts.dedup();
        Self(mounts)
    }

    fn holder(&self, folder: &Path) -> Option<&Path> {
        self.0
            .iter()
            .filter(|mount| folder.starts_with(mount))
            .max_by_key(|mount| mount.components().count())
            .map(PathBuf::as_path)
    }
}

/// The facts about an alert and a rung, with the history as it is.
pub(super) fn facts(
    policy: &Policy,
    mounts: &Mounts,
    mountpoint: Option<&str>,
    target: &Target,
    rung: &Rung,
    history: History,
    now: &Now,
) -> Facts {
    let known = |unit: UnitName, is_up: bool| {
        let mut state = UnitState::blank(unit);
        if is_up {
            state.active = ActiveState::Active;
            "running".clone_into(&mut state.sub);
        }
        Fact::Known {
            value: state,
            at: now.clone(),
        }
    };
    let greediest = || UnitName::try_from("greediest.service".to_owned()).ok();
    let (unit, victim) = match target {
        Target::Unit(unit) => (known(unit.clone(), is_up(rung)), Fact::NotApplicable),
        Target::ProcessGroup(_) => match greediest() {
            Some(unit) => {
                let evidence = "assumed".to_owned();
                let value = Victim {
                    unit: unit.clone(),
                    evidence,
                };
                let victim = Fact::Known {
                    value,
                    at: now.clone(),
                };
                (known(unit, true), victim)
            }
            None => (Fact::NotApplicable, Fact::NotApplicable),
        },
        Target::Path(_) | Target::Mount(_) | Target::Host => {
            (Fact::NotApplicable, Fact::NotApplicable)
        }
    };
    let folder = match target.place() {
        Some(place) => Fact::Known {
            value: FolderFacts {
                is_alert_about_its_file_system: mountpoint
                    .is_some_and(|alert| mounts.holder(place) == Some(Path::new(alert))),
                free_ratio: 0.0,
            },
            at: now.clone(),
        },
        None => Fact::NotApplicable,
    };
    let groups = target.unit().map_or_else(Vec::new, |unit| {
        policy
            .groups
            .iter()
            .filter(|group| group.units.iter().any(|glob| glob.is_match(unit.as_str())))
            .map(|group| GroupFacts {
                name: group.name.clone(),
                healthy_others: Some(u32::MAX),
            })
            .collect()
    });
    Facts {
        unit,
        victim,
        folder,
        groups,
        history,
        ..Facts::of_alert(AlertStatus::Firing, now.clone())
    }
}

/// Whether the unit is taken for running: those that would be started are not.
fn is_up(rung: &Rung) -> bool {
    match &rung.remedy {
        RemedySpec::RestartService(restart) => restart.restarts_live,
        RemedySpec::StartService | RemedySpec::ResetFailed => false,
        _ => true,
    }
}
