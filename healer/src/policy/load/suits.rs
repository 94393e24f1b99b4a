//! Which remedy and which check suit which target: two tables, and what to say when one does not.

use super::checker::Problem;
use super::target::TargetKind;
use crate::policy::RemedyKind;

/// The targets that a remedy can act on.
pub(super) const fn of_remedy(kind: RemedyKind) -> &'static [TargetKind] {
    use TargetKind::{Host, Mount, Path, ProcessGroup, Unit};
    match kind {
        RemedyKind::RestartService | RemedyKind::StopService | RemedyKind::ThrottleService => {
            &[Unit, ProcessGroup]
        }
        RemedyKind::StartService | RemedyKind::ReloadService | RemedyKind::ResetFailed => &[Unit],
        RemedyKind::EndProcess => &[ProcessGroup],
        RemedyKind::CleanFolder => &[Path, Mount],
        RemedyKind::VacuumJournal | RemedyKind::CleanPackageCache => &[Mount, Host],
        RemedyKind::DropCaches => &[Host, Mount, ProcessGroup],
        RemedyKind::Reboot => &[Host, Unit],
        RemedyKind::RunCommand => &[Unit, Path, Mount, ProcessGroup, Host],
    }
}

/// The targets that a check can look at.
pub(super) fn of_check(check: &str) -> &'static [TargetKind] {
    use TargetKind::{Host, Mount, Path, ProcessGroup, Unit};
    match check {
        "unit_active" | "unit_inactive" => &[Unit, ProcessGroup],
        "free_space" => &[Path, Mount],
        _ => &[Unit, Path, Mount, ProcessGroup, Host],
    }
}

/// Says so when the remedy cannot act on the rule's target.
pub(super) fn remedy(kind: RemedyKind, target: Option<TargetKind>) -> Result<(), Problem> {
    let others = |target| {
        let fitting = RemedyKind::ALL
            .into_iter()
            .filter(|other| of_remedy(*other).contains(&target));
        list(fitting.map(RemedyKind::as_str), ", ")
    };
    fits(kind.as_str(), of_remedy(kind), target, others)
}

/// Says so when the check cannot look at the rule's target.
pub(super) fn check(
    name: &str,
    target: Option<TargetKind>,
    known: &[&'static str],
) -> Result<(), Problem> {
    let others = |target| {
        let fitting = known
            .iter()
            .filter(|other| of_check(other).contains(&target));
        list(fitting.copied(), ", ")
    };
    fits(name, of_check(name), target, others)
}

fn fits(
    name: &str,
    suited: &[TargetKind],
    target: Option<TargetKind>,
    others: impl Fn(TargetKind) -> String,
) -> Result<(), Problem> {
    // A target with errors of its own is not checked against.
    let Some(target) = target.filter(|target| !suited.contains(target)) else {
        return Ok(());
    };
    let wanted = list(suited.iter().map(|kind| kind.as_str()), " or ");
    Err(Problem::new(
        format!(
            "`{name}` needs a target {wanted}, and the rule's is `{}`",
            target.as_str()
        ),
        format!(
            "give the rule another target; `{}` suits: {}",
            target.as_str(),
            others(target)
        ),
    ))
}

fn list<'s>(words: impl Iterator<Item = &'s str>, between: &str) -> String {
    let words: Vec<String> = words.map(|word| format!("`{word}`")).collect();
    words.join(between)
}
