//! About this host, a target that the rule and the rung allow, not protected for the verb that would be needed, and
//! critical if what would be done hits something that runs.
//!
//! Protection is by verb: starting a dead ssh is allowed, restarting a live one is not. An empty allow-list
//! means nothing, never everything.

use std::path::Path;

use globset::GlobMatcher;
use prunelle_systemd::unit::ActiveState;

use super::hits::hits_what_runs;
use super::{Answer, Guard, Question, RETRY_UNKNOWN};
use crate::facts::Fact;
use crate::policy::{RemedySpec, TargetRule};
use crate::processes;
use crate::reason::Reason;
use crate::target::Target;

pub(super) struct HostAndTarget;

impl Guard for HostAndTarget {
    fn name(&self) -> &'static str {
        "host_and_target"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        if !question.policy.is_about_this_host(&question.alert.labels) {
            return Answer::Suppress(Reason::OtherHost);
        }
        let answer = match (&question.rule.target, question.target) {
            (TargetRule::Unit { allow, .. }, Target::Unit(unit)) => {
                unit_allowed(question, allow, unit.as_str())
            }
            (TargetRule::ProcessGroup { resource, allow }, Target::ProcessGroup(of))
                if resource == of =>
            {
                match &question.facts.victim {
                    Fact::Known { value, .. } if !processes::is_actionable(&value.unit) => {
                        Answer::Suppress(Reason::NotAllowed)
                    }
                    Fact::Known { value, .. } => unit_allowed(question, allow, value.unit.as_str()),
                    Fact::NotApplicable => Answer::Suppress(Reason::NoVictim),
                    Fact::Unknown(_) => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
                }
            }
            (
                TargetRule::Path {
                    path,
                    same_file_system,
                },
                Target::Path(target),
            ) if path == target => folder_allowed(question, target, *same_file_system),
            (TargetRule::Mount { allow, .. }, Target::Mount(mount)) if allow.contains(mount) => {
                mount_allowed(question)
            }
            (TargetRule::Host, Target::Host) => no_unit_to_allow(question),
            (TargetRule::Path { .. }, Target::Path(_))
            | (TargetRule::Mount { .. }, Target::Mount(_)) => Answer::Suppress(Reason::NotAllowed),
            _ => Answer::Suppress(Reason::NoTarget),
        };
        match answer {
            Answer::Pass
                if hits_what_runs(question)
                    && !question.policy.is_critical(&question.alert.labels) =>
            {
                Answer::Suppress(Reason::NotCritical)
            }
            answer => answer,
        }
    }
}

/// The rule's allow-list, then the rung's, then protection.
fn unit_allowed(question: Question<'_>, allow: &[GlobMatcher], asked: &str) -> Answer {
    let has = |globs: &[GlobMatcher]| globs.iter().any(|glob| glob.is_match(asked));
    if !has(allow) {
        Answer::Suppress(Reason::NotAllowed)
    } else if question
        .rung
        .allow
        .as_deref()
        .is_some_and(|of_rung| !has(of_rung))
    {
        Answer::Suppress(Reason::RungNotAllowed)
    } else {
        unit_protection(question, asked)
    }
}

/// A rung for certain units is for nothing that is no unit.
fn no_unit_to_allow(question: Question<'_>) -> Answer {
    if question.rung.allow.is_some() {
        Answer::Suppress(Reason::RungNotAllowed)
    } else {
        Answer::Pass
    }
}

/// An alias is as protected as the unit it stands for: both names are looked up.
fn unit_protection(question: Question<'_>, asked: &str) -> Answer {
    let Fact::Known { value: unit, .. } = &question.facts.unit else {
        return Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN);
    };
    let names = [asked, unit.id.as_str()];
    let is_protected = question
        .policy
        .protected
        .units
        .iter()
        .any(|glob| names.iter().any(|n| glob.is_match(n)));
    let is_dead = matches!(unit.active, ActiveState::Inactive | ActiveState::Failed);
    if is_protected && !is_dead {
        Answer::Suppress(Reason::Protected)
    } else {
        Answer::Pass
    }
}

fn folder_allowed(question: Question<'_>, target: &Path, same_file_system: bool) -> Answer {
    if is_protected_path(question, target) {
        return Answer::Suppress(Reason::Protected);
    }
    match &question.facts.folder {
        Fact::Known { value, .. } if same_file_system && !value.is_alert_about_its_file_system => {
            Answer::Suppress(Reason::OtherFileSystem)
        }
        Fact::Known { .. } => no_unit_to_allow(question),
        Fact::Unknown(_) | Fact::NotApplicable => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
    }
}

fn mount_allowed(question: Question<'_>) -> Answer {
    if let RemedySpec::CleanFolder(clean) = &question.rung.remedy
        && clean
            .folder
            .as_deref()
            .is_some_and(|folder| is_protected_path(question, folder))
    {
        return Answer::Suppress(Reason::Protected);
    }
    match &question.facts.folder {
        Fact::Known { .. } => no_unit_to_allow(question),
        Fact::Unknown(_) | Fact::NotApplicable => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
    }
}

fn is_protected_path(question: Question<'_>, path: &Path) -> bool {
    let protected = &question.policy.protected.paths;
    protected
        .iter()
        .any(|protected| path.starts_with(protected))
}
