//! The ladder: remedies, their limits and checks, each fitting the rule's target and one another.

use std::time::Duration;

use super::checker::{Checker, Problem, Read, join};
use super::remedy::settings;
use super::target::TargetKind;
use super::value::{self, count};
use super::verify::verify;
use super::{limits, suits};
use crate::policy::wire::{ApprovalWire, OrNone, RungWire, Scalar};
use crate::policy::{Approval, Protected, RemedyKind, RemedySpec, Rung, TargetRule, Verify};

const MAX_ATTEMPTS: u32 = 10;
/// An attempt holds its target's slot; one that lasts longer is stuck.
const LONGEST_WITHIN: Duration = Duration::from_hours(6);
const EXPIRES: Duration = Duration::from_hours(1);
const SHORTEST_EXPIRES: Duration = Duration::from_mins(1);
const LONGEST_EXPIRES: Duration = Duration::from_hours(7 * 24);

/// What a rung has to fit; a part that has errors of its own is missing and not checked against.
pub(super) struct Surroundings<'a> {
    pub(super) target: Option<&'a TargetRule>,
    pub(super) protected: Option<&'a Protected>,
}

impl Surroundings<'_> {
    fn kind(&self) -> Option<TargetKind> {
        self.target.map(TargetKind::of)
    }
}

pub(super) fn ladder(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Vec<RungWire>>,
    around: &Surroundings<'_>,
) -> Option<Vec<Rung>> {
    const EXAMPLE: &str = "write at least one rung: `- remedy: restart_service`";
    let wire = checker.present(at, "ladder", wire, EXAMPLE)?;
    let at = join(at, "ladder");
    if wire.is_empty() {
        checker.report(&at, Problem::new("the ladder has no rung", EXAMPLE));
        return None;
    }
    checker.each(&at, wire, |checker, at, wire| {
        rung(checker, at, wire, around)
    })
}

fn rung(
    checker: &mut Checker<'_>,
    at: &str,
    wire: RungWire,
    around: &Surroundings<'_>,
) -> Option<Rung> {
    let kind = checker.required(
        at,
        "remedy",
        wire.remedy,
        "as in `remedy: restart_service`",
        remedy,
    );
    if let Some(problem) = kind.and_then(|kind| suits::remedy(kind, around.kind()).err()) {
        checker.report(&join(at, "remedy"), problem);
    }
    let attempts = checker.or(at, "attempts", wire.attempts, 1, count(MAX_ATTEMPTS));
    let verify = verify(checker, at, wire.verify, around.kind());
    let remedy = kind.and_then(|kind| {
        let wire = wire.settings.unwrap_or_default();
        settings(
            checker,
            &join(at, "with"),
            kind,
            wire,
            around,
            verify.as_ref(),
        )
    });
    contradiction(checker, at, kind, verify.as_ref());
    let within = within(checker, at, wire.within, remedy.as_ref(), verify.as_ref());
    let allow = allow(checker, at, wire.allow, around);
    let budget = match &wire.budget {
        None => Some(None),
        Some(wire) => limits::budget(checker, &join(at, "budget"), wire).map(Some),
    };
    let approval = approval(checker, at, wire.approval.as_ref(), kind);
    Some(Rung {
        remedy: remedy?,
        attempts: attempts?,
        verify: verify?,
        within: within?,
        allow: allow?,
        budget: budget?,
        approval: approval?,
    })
}

fn remedy(text: &str) -> Result<RemedyKind, Problem> {
    RemedyKind::from_name(text).ok_or_else(|| {
        let names = RemedyKind::ALL.map(|kind| format!("`{}`", kind.as_str()));
        Problem::new(
            format!("unknown remedy `{text}`"),
            format!("known remedies: {}", names.join(", ")),
        )
    })
}

fn allow(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Vec<Scalar>>,
    around: &Surroundings<'_>,
) -> Read<Option<Vec<globset::GlobMatcher>>> {
    let Some(wire) = wire else {
        return Some(None);
    };
    if around.kind().is_some_and(|kind| !kind.has_unit()) {
        checker.report(
            &join(at, "allow"),
            Problem::new(
                "a rung's `allow` is about units, and the rule's target is none",
                "leave it out, or give the rule a target `unit` or `process_group`",
            ),
        );
    }
    checker
        .list(at, "allow", Some(wire), value::unit_glob)
        .map(Some)
}

/// Rebooting asks a person, unless the policy says that it need not.
fn approval(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<&OrNone<ApprovalWire>>,
    kind: Option<RemedyKind>,
) -> Read<Option<Approval>> {
    let default = (kind == Some(RemedyKind::Reboot)).then_some(Approval { expires: EXPIRES });
    checker.or_none(at, "approval", wire, default, |checker, at, wire| {
        let read = value::duration_within(SHORTEST_EXPIRES, LONGEST_EXPIRES);
        let expires = checker.or(at, "expires", wire.expires.clone(), EXPIRES, read)?;
        Some(Approval { expires })
    })
}

/// A check that the remedy itself makes impossible.
fn contradiction(
    checker: &mut Checker<'_>,
    at: &str,
    kind: Option<RemedyKind>,
    verify: Option<&Verify>,
) {
    let (Some(kind), Some(verify)) = (kind, verify) else {
        return;
    };
    let impossible = match kind {
        RemedyKind::StopService | RemedyKind::ResetFailed => {
            needs(verify, &|check| matches!(check, Verify::UnitActive { .. }))
                .then_some("`unit_active`")
        }
        RemedyKind::RestartService | RemedyKind::StartService | RemedyKind::ReloadService => {
            needs(verify, &|check| {
                matches!(check, Verify::UnitInactive { .. })
            })
            .then_some("`unit_inactive`")
        }
        _ => None,
    };
    if let Some(check) = impossible {
        checker.report(
            &join(at, "verify"),
            Problem::new(
                format!(
                    "no attempt could succeed: after `{}` a unit is not as {check} asks",
                    kind.as_str()
                ),
                "check what the remedy is for",
            ),
        );
    }
}

/// Whether the whole check fails unless one of that kind holds.
fn needs(verify: &Verify, is_meant: &impl Fn(&Verify) -> bool) -> bool {
    match verify {
        Verify::All(checks) => checks.iter().any(|check| needs(check, is_meant)),
        Verify::Any(checks) => checks.iter().all(|check| needs(check, is_meant)),
        check => is_meant(check),
    }
}

fn within(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Scalar>,
    remedy: Option<&RemedySpec>,
    verify: Option<&Verify>,
) -> Option<Duration> {
    let shortest = [
        ("stable_for", verify.map_or(Duration::ZERO, stable_for)),
        ("grace", remedy.map_or(Duration::ZERO, grace)),
    ];
    let default = default_within(remedy, verify);
    let within = checker.or(at, "within", wire, default, value::some_duration)?;
    for (key, time) in shortest {
        if within <= time {
            checker.report(
                &join(at, "within"),
                Problem::new(
                    format!("no attempt could succeed: `within` is not longer than `{key}`"),
                    "`within` holds the remedy and the time it has to stay well",
                ),
            );
        }
    }
    if within > LONGEST_WITHIN {
        checker.report(
            &join(at, "within"),
            Problem::new("an attempt may not last that long", "write at most `6h`"),
        );
    }
    Some(within)
}

/// Enough for the remedy, and for what the check has to wait for.
fn default_within(remedy: Option<&RemedySpec>, verify: Option<&Verify>) -> Duration {
    let acting = match remedy.map(RemedySpec::kind) {
        Some(RemedyKind::CleanFolder) => Duration::from_mins(5),
        Some(
            RemedyKind::VacuumJournal | RemedyKind::CleanPackageCache | RemedyKind::DropCaches,
        ) => Duration::from_mins(2),
        Some(RemedyKind::RunCommand) => Duration::from_mins(1),
        Some(RemedyKind::Reboot) => Duration::from_mins(15),
        _ => Duration::from_secs(30),
    };
    let grace = remedy.map_or(Duration::ZERO, grace);
    acting.max(verify.map_or(Duration::ZERO, waiting)) + grace
}

/// How long the fact that a check asks for takes to follow.
fn waiting(verify: &Verify) -> Duration {
    match verify {
        // Rules keep alerts firing for minutes.
        Verify::AlertInactive => Duration::from_mins(10),
        Verify::Promql { .. } => Duration::from_mins(2),
        Verify::UsageBelow { .. } | Verify::PressureBelow { .. } => Duration::from_mins(1),
        Verify::All(checks) | Verify::Any(checks) => {
            checks.iter().map(waiting).max().unwrap_or_default()
        }
        _ => stable_for(verify) + Duration::from_secs(20),
    }
}

fn stable_for(verify: &Verify) -> Duration {
    match verify {
        Verify::UnitActive { stable_for } | Verify::UnitInactive { stable_for } => *stable_for,
        Verify::All(checks) | Verify::Any(checks) => {
            checks.iter().map(stable_for).max().unwrap_or_default()
        }
        _ => Duration::ZERO,
    }
}

const fn grace(remedy: &RemedySpec) -> Duration {
    match remedy {
        RemedySpec::EndProcess(end) => end.grace,
        _ => Duration::ZERO,
    }
}
