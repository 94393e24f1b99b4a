//! About this host, a target that the rule allows, and not protected for the verb that would be needed.
//!
//! Protection is by verb: starting a dead ssh is allowed, restarting a live one is not. An empty allow-list
//! means nothing, never everything.

use std::path::Path;

use prunelle_systemd::unit::ActiveState;

use super::{Answer, Guard, Question, RETRY_UNKNOWN};
use crate::facts::Fact;
use crate::policy::TargetRule;
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
        match (&question.rule.target, question.target) {
            (TargetRule::Unit { allow, .. }, Target::Unit(unit)) => {
                if allow.iter().any(|glob| glob.is_match(unit.as_str())) {
                    unit_protection(question, unit.as_str())
                } else {
                    Answer::Suppress(Reason::NotAllowed)
                }
            }
            (
                TargetRule::Path {
                    path,
                    same_file_system,
                },
                Target::Path(target),
            ) => {
                if path == target {
                    folder_protection(question, target, *same_file_system)
                } else {
                    Answer::Suppress(Reason::NotAllowed)
                }
            }
            (TargetRule::Mount { allow, .. }, Target::Mount(mount)) => {
                if allow.contains(mount) {
                    Answer::Pass
                } else {
                    Answer::Suppress(Reason::NotAllowed)
                }
            }
            (TargetRule::ProcessGroup { allow, .. }, Target::ProcessGroup(_)) => {
                match &question.facts.victim {
                    Fact::Known { value, .. } => {
                        if processes::is_actionable(&value.unit)
                            && allow.iter().any(|glob| glob.is_match(value.unit.as_str()))
                        {
                            unit_protection(question, value.unit.as_str())
                        } else {
                            Answer::Suppress(Reason::NotAllowed)
                        }
                    }
                    Fact::NotApplicable => Answer::Suppress(Reason::NoVictim),
                    Fact::Unknown(_) => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
                }
            }
            (TargetRule::Host, Target::Host) => Answer::Pass,
            _ => Answer::Suppress(Reason::NoTarget),
        }
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

fn folder_protection(question: Question<'_>, target: &Path, same_file_system: bool) -> Answer {
    if question
        .policy
        .protected
        .paths
        .iter()
        .any(|protected| target.starts_with(protected))
    {
        return Answer::Suppress(Reason::Protected);
    }
    match &question.facts.folder {
        Fact::Known { value, .. } if same_file_system && !value.is_alert_about_its_file_system => {
            Answer::Suppress(Reason::OtherFileSystem)
        }
        Fact::Known { .. } => Answer::Pass,
        Fact::Unknown(_) | Fact::NotApplicable => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
    }
}
