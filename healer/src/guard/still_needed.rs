//! The alert is still active, and what it says is still true on this machine.

use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{UnitState, service_up};

use super::{Answer, Guard, Question, RETRY_UNKNOWN};
use crate::alert::AlertStatus;
use crate::facts::Fact;
use crate::policy::{RemedySpec, Verify};
use crate::reason::Reason;

pub(super) struct StillNeeded;

impl Guard for StillNeeded {
    fn name(&self) -> &'static str {
        "still_needed"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        if question.facts.status == AlertStatus::Resolved {
            return Answer::Suppress(Reason::Resolved);
        }
        match &question.rung.remedy {
            RemedySpec::RestartService(_) | RemedySpec::StartService => {
                match &question.facts.unit {
                    Fact::Known { value, .. } => unit_needs_repair(question, value),
                    Fact::Unknown(_) | Fact::NotApplicable => {
                        Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN)
                    }
                }
            }
            RemedySpec::CleanFolder(_) => match (&question.facts.folder, &question.rung.verify) {
                (Fact::Known { value, .. }, Verify::FreeSpace { at_least })
                    if value.free_ratio >= *at_least =>
                {
                    Answer::Suppress(Reason::RecoveredByItself)
                }
                (Fact::Known { .. }, _) => Answer::Pass,
                (Fact::Unknown(_) | Fact::NotApplicable, _) => {
                    Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN)
                }
            },
            _ => Answer::Pass,
        }
    }
}

fn unit_needs_repair(question: Question<'_>, unit: &UnitState) -> Answer {
    let verdict = service_up(unit);
    if !verdict.loaded {
        Answer::Suppress(Reason::NotLoaded)
    } else if verdict.up && unit.active != ActiveState::Activating {
        // A unit that is starting has not recovered yet: whether it may be touched, the next guard says.
        Answer::Suppress(Reason::RecoveredByItself)
    } else if question.rule.respects_clean_stop && was_stopped_cleanly(unit) {
        Answer::Suppress(Reason::CleanStop)
    } else {
        Answer::Pass
    }
}

fn was_stopped_cleanly(unit: &UnitState) -> bool {
    unit.active == ActiveState::Inactive
        && unit
            .service
            .as_ref()
            .is_none_or(|service| service.result == "success")
}
