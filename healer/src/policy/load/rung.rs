//! The ladder: remedies, their settings and checks, each fitting the rule's target.

use std::collections::BTreeMap;
use std::time::Duration;

use super::checker::{self, Checker, Problem, count, join};
use crate::policy::wire::{RungWire, Scalar, SettingsWire, VerifyWire};
use crate::policy::{
    CleanFolder, RemedyKind, RemedySpec, RestartService, Rung, TargetRule, Verify,
};

const MAX_ATTEMPTS: u32 = 10;
const RESTART_WITHIN: Duration = Duration::from_secs(30);
const CLEAN_WITHIN: Duration = Duration::from_mins(5);
/// An attempt holds its target's slot; one that lasts longer is stuck.
const LONGEST_WITHIN: Duration = Duration::from_hours(6);
const STABLE_FOR: Duration = Duration::from_secs(2);
const MAX_BYTES: u64 = 20 << 30;
const MAX_FILES: u32 = 100_000;

const CHECKS: &str = "known checks: `unit_active: {stable_for: 2s}`, `free_space: {at_least: 15%}`";

pub(super) fn ladder(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Vec<RungWire>>,
    target: Option<&TargetRule>,
) -> Option<Vec<Rung>> {
    const EXAMPLE: &str = "write at least one rung: `- remedy: restart_service`";
    let wire = checker.present(at, "ladder", wire, EXAMPLE)?;
    let at = join(at, "ladder");
    if wire.is_empty() {
        checker.report(&at, Problem::new("the ladder has no rung", EXAMPLE));
        return None;
    }
    let rungs: Vec<Option<Rung>> = wire
        .into_iter()
        .enumerate()
        .map(|(index, wire)| rung(checker, &format!("{at}[{index}]"), wire, target))
        .collect();
    rungs.into_iter().collect()
}

fn rung(
    checker: &mut Checker<'_>,
    at: &str,
    wire: RungWire,
    target: Option<&TargetRule>,
) -> Option<Rung> {
    let kind = checker.required(
        at,
        "remedy",
        wire.remedy,
        "as in `remedy: restart_service`",
        |text| remedy(text, target),
    );
    let attempts = checker.or(at, "attempts", wire.attempts, 1, count(MAX_ATTEMPTS));
    let verify = verify(checker, at, wire.verify, target);
    let settings = kind.and_then(|kind| {
        settings(
            checker,
            &join(at, "with"),
            kind,
            wire.with.unwrap_or_default(),
            verify.as_ref(),
        )
    });
    let within = within(checker, at, wire.within, kind, verify.as_ref());
    Some(Rung {
        remedy: settings?,
        attempts: attempts?,
        verify: verify?,
        within: within?,
        allow: None,
        budget: None,
        approval: None,
    })
}

fn remedy(text: &str, target: Option<&TargetRule>) -> Result<RemedyKind, Problem> {
    let kind = RemedyKind::from_name(text).ok_or_else(|| {
        let names = RemedyKind::ALL.map(|kind| format!("`{}`", kind.as_str()));
        Problem::new(
            format!("unknown remedy `{text}`"),
            format!("known remedies: {}", names.join(", ")),
        )
    })?;
    match (kind, target) {
        (RemedyKind::RestartService, Some(TargetRule::Path { .. })) => Err(Problem::new(
            "`restart_service` needs a unit, and the rule's target is a path",
            "use `clean_folder` here, or give the rule a `unit` target",
        )),
        (RemedyKind::CleanFolder, Some(TargetRule::Unit { .. })) => Err(Problem::new(
            "`clean_folder` needs a path, and the rule's target is a unit",
            "use `restart_service` here, or give the rule a `path` target",
        )),
        _ => Ok(kind),
    }
}

fn settings(
    checker: &mut Checker<'_>,
    at: &str,
    kind: RemedyKind,
    wire: SettingsWire,
    verify: Option<&Verify>,
) -> Option<RemedySpec> {
    match kind {
        RemedyKind::RestartService => {
            let given = [
                ("older_than", wire.older_than.is_some()),
                ("stop_at_free", wire.stop_at_free.is_some()),
                ("max_bytes", wire.max_bytes.is_some()),
                ("max_files", wire.max_files.is_some()),
            ];
            refuse_others(checker, at, "restart_service", &given);
            Some(RemedySpec::RestartService(RestartService::default()))
        }
        RemedyKind::CleanFolder => clean_folder(checker, at, wire, verify),
        other => {
            checker.report(
                at,
                Problem::new(format!("`{}` cannot be written yet", other.as_str()), ""),
            );
            None
        }
    }
}

fn clean_folder(
    checker: &mut Checker<'_>,
    at: &str,
    wire: SettingsWire,
    verify: Option<&Verify>,
) -> Option<RemedySpec> {
    let older_than = checker.required(
        at,
        "older_than",
        wire.older_than,
        "say what is old enough to go: `older_than: 3d`",
        checker::some_duration,
    );
    let stop_at_free = checker.required(
        at,
        "stop_at_free",
        wire.stop_at_free,
        "say how much free space is enough: `stop_at_free: 25%`",
        |text| match (checker::ratio(text)?, verify) {
            (ratio, Some(Verify::FreeSpace { at_least })) if ratio < *at_least => {
                Err(Problem::new(
                    "cleaning would stop before there is as much space as `verify` asks for",
                    "raise `stop_at_free`, or lower `at_least`",
                ))
            }
            (ratio, _) => Ok(ratio),
        },
    );
    let max_bytes = checker.or(at, "max_bytes", wire.max_bytes, MAX_BYTES, checker::bytes);
    let max_files = checker.or(at, "max_files", wire.max_files, MAX_FILES, count(u32::MAX));
    Some(RemedySpec::CleanFolder(CleanFolder {
        folder: None,
        older_than: older_than?,
        stop_at_free: stop_at_free?,
        max_bytes: max_bytes?,
        max_files: u64::from(max_files?),
    }))
}

fn refuse_others(checker: &mut Checker<'_>, at: &str, owner: &str, given: &[(&str, bool)]) {
    for (key, _) in given.iter().filter(|(_, is_given)| *is_given) {
        checker.report(
            &join(at, key),
            Problem::new(format!("`{owner}` has no setting `{key}`"), "leave it out"),
        );
    }
}

fn verify(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<BTreeMap<String, Option<VerifyWire>>>,
    target: Option<&TargetRule>,
) -> Option<Verify> {
    let wire = checker.present(at, "verify", wire, CHECKS)?;
    let at = join(at, "verify");
    let mut checks = wire.into_iter();
    let (Some((name, settings)), None) = (checks.next(), checks.next()) else {
        checker.report(&at, Problem::new("a rung has one check", CHECKS));
        return None;
    };
    let at = join(&at, &name);
    let settings = settings.unwrap_or_default();
    match name.as_str() {
        "unit_active" => {
            if matches!(target, Some(TargetRule::Path { .. })) {
                checker.report(
                    &at,
                    Problem::new(
                        "`unit_active` needs a unit, and the rule's target is a path",
                        CHECKS,
                    ),
                );
            }
            let given = [("at_least", settings.at_least.is_some())];
            refuse_others(checker, &at, "unit_active", &given);
            let stable_for = checker.or(
                &at,
                "stable_for",
                settings.stable_for,
                STABLE_FOR,
                checker::duration,
            )?;
            Some(Verify::UnitActive { stable_for })
        }
        "free_space" => {
            if matches!(target, Some(TargetRule::Unit { .. })) {
                checker.report(
                    &at,
                    Problem::new(
                        "`free_space` needs a path, and the rule's target is a unit",
                        CHECKS,
                    ),
                );
            }
            let given = [("stable_for", settings.stable_for.is_some())];
            refuse_others(checker, &at, "free_space", &given);
            let at_least =
                checker.required(&at, "at_least", settings.at_least, CHECKS, checker::ratio)?;
            Some(Verify::FreeSpace { at_least })
        }
        _ => {
            checker.report(&at, Problem::new(format!("unknown check `{name}`"), CHECKS));
            None
        }
    }
}

fn within(
    checker: &mut Checker<'_>,
    at: &str,
    wire: Option<Scalar>,
    kind: Option<RemedyKind>,
    verify: Option<&Verify>,
) -> Option<Duration> {
    let stable_for = match verify {
        Some(Verify::UnitActive { stable_for }) => *stable_for,
        _ => Duration::ZERO,
    };
    let default = match kind {
        Some(RemedyKind::CleanFolder) => CLEAN_WITHIN,
        _ => RESTART_WITHIN,
    };
    let within = checker.or(at, "within", wire, default, checker::some_duration)?;
    if within <= stable_for {
        checker.report(
            &join(at, "within"),
            Problem::new(
                "no attempt could succeed: `within` is not longer than `stable_for`",
                "`within` holds the remedy and the time it has to stay well",
            ),
        );
    }
    if within > LONGEST_WITHIN {
        checker.report(
            &join(at, "within"),
            Problem::new("an attempt may not last that long", "write at most `6h`"),
        );
    }
    Some(within)
}
