//! Which remedies hit something that runs: those need a critical alert, and leave enough others of a group.

use prunelle_systemd::unit::ActiveState;

use super::Question;
use crate::facts::Fact;
use crate::policy::RemedySpec;
use crate::target::Target;

/// Whether the remedy, on this target and as it is now, would disturb something that runs. What is not known to be down
/// counts as running.
pub(super) fn hits_what_runs(question: Question<'_>) -> bool {
    match &question.rung.remedy {
        RemedySpec::EndProcess(_)
        | RemedySpec::StopService
        | RemedySpec::ThrottleService(_)
        | RemedySpec::Reboot(_) => true,
        RemedySpec::ReloadService => is_live(question),
        RemedySpec::RestartService(restart) => {
            let is_for_live =
                restart.restarts_live || matches!(question.target, Target::ProcessGroup(_));
            is_for_live && is_live(question)
        }
        RemedySpec::StartService
        | RemedySpec::ResetFailed
        | RemedySpec::CleanFolder(_)
        | RemedySpec::VacuumJournal(_)
        | RemedySpec::CleanPackageCache
        | RemedySpec::DropCaches
        | RemedySpec::RunCommand(_) => false,
    }
}

/// Whether a member of a group would be missing while the remedy is at work on it.
pub(super) fn takes_a_live_unit_away(question: Question<'_>) -> bool {
    !matches!(question.rung.remedy, RemedySpec::ReloadService)
        && hits_what_runs(question)
        && is_live(question)
}

fn is_live(question: Question<'_>) -> bool {
    match &question.facts.unit {
        Fact::Known { value, .. } => {
            !matches!(value.active, ActiveState::Inactive | ActiveState::Failed)
        }
        Fact::Unknown(_) | Fact::NotApplicable => true,
    }
}
