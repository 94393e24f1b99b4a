//! The alert is still active, and what it says is still true on this machine.

use prunelle_systemd::unit::ActiveState;
use prunelle_systemd::{UnitState, service_up};

use super::{Answer, Guard, Question, RETRY_UNKNOWN};
use crate::alert::AlertStatus;
use crate::facts::Fact;
use crate::policy::{RemedySpec, Verify};
use crate::reason::Reason;
use crate::target::Target;

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
            RemedySpec::RestartService(_)
            | RemedySpec::StartService
            | RemedySpec::StopService
            | RemedySpec::ReloadService
            | RemedySpec::ResetFailed
            | RemedySpec::ThrottleService(_) => match &question.facts.unit {
                Fact::Known { value, .. } if !service_up(value).loaded => {
                    Answer::Suppress(Reason::NotLoaded)
                }
                // What uses too much is too much for as long as the alert says so.
                Fact::Known { .. } if matches!(question.target, Target::ProcessGroup(_)) => {
                    Answer::Pass
                }
                Fact::Known { value, .. } => of_unit(question, value),
                Fact::Unknown(_) | Fact::NotApplicable => {
                    Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN)
                }
            },
            _ => Answer::Pass,
        }
    }
}

/// Whether the rung has something to do on a unit that is as it is. What is starting, stopping or being reloaded is
/// neither here nor there: whether it may be touched, the next guard says.
fn of_unit(question: Question<'_>, unit: &UnitState) -> Answer {
    let is_down = matches!(unit.active, ActiveState::Inactive | ActiveState::Failed);
    let is_recovered = service_up(unit).up && unit.active != ActiveState::Activating;
    match &question.rung.remedy {
        RemedySpec::RestartService(settings) if settings.restarts_live && is_recovered => {
            Answer::Pass
        }
        RemedySpec::StopService | RemedySpec::ThrottleService(_) if is_down => {
            Answer::Suppress(Reason::RecoveredByItself)
        }
        // A unit that is down has nothing to read its configuration again.
        RemedySpec::ReloadService if is_down => Answer::Suppress(Reason::RungNotAllowed),
        RemedySpec::StopService | RemedySpec::ThrottleService(_) | RemedySpec::ReloadService => {
            Answer::Pass
        }
        RemedySpec::ResetFailed if unit.active == ActiveState::Failed => Answer::Pass,
        // Down, but not failed: there is nothing to forget, and the ladder goes on.
        RemedySpec::ResetFailed if is_down && !is_recovered => {
            Answer::Suppress(Reason::RungNotAllowed)
        }
        _ => needs_start(question, unit, is_recovered),
    }
}

fn needs_start(question: Question<'_>, unit: &UnitState, is_recovered: bool) -> Answer {
    if is_recovered {
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
