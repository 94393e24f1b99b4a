//! The settings of each remedy, within their bounds.

use std::path::PathBuf;
use std::time::Duration;

use prunelle_foundation::quantity::ByteSize;

use super::checker::{Checker, Problem, Read, join};
use super::rung::Surroundings;
use super::{paths, value};
use crate::policy::wire::{SettingsWire, of_remedy};
use crate::policy::{
    CleanFolder, EndProcess, Reboot, RemedyKind, RemedySpec, RestartService, RunCommand,
    TargetRule, ThrottleService, VacuumJournal, Verify,
};

const MAX_BYTES: u64 = 20 << 30;
const MAX_FILES: u32 = 100_000;
const THROTTLE_FOR: Duration = Duration::from_hours(1);
const LONGEST_THROTTLE: Duration = Duration::from_hours(7 * 24);
const KEEP: Duration = Duration::from_hours(7 * 24);
/// What journald archived within a day is still needed to tell what happened.
const SHORTEST_KEEP: Duration = Duration::from_hours(24);
const LONGEST_KEEP: Duration = Duration::from_hours(10 * 365 * 24);
const GRACE: Duration = Duration::from_secs(10);
const LONGEST_GRACE: Duration = Duration::from_mins(5);
const HEALTHY_FOR: Duration = Duration::from_hours(24);
const SHORTEST_HEALTHY_FOR: Duration = Duration::from_mins(10);
const LONGEST_HEALTHY_FOR: Duration = Duration::from_hours(365 * 24);
const COMMAND_MEMORY: u64 = 256 << 20;
const SMALLEST_MEMORY: u64 = 1 << 20;
const MOST_ARGUMENTS: usize = 64;
const LONGEST_ARGUMENT: usize = 4096;

/// The remedy with its settings.
pub(super) fn settings(
    checker: &mut Checker<'_>,
    at: &str,
    kind: RemedyKind,
    wire: SettingsWire,
    around: &Surroundings<'_>,
    verify: Option<&Verify>,
) -> Option<RemedySpec> {
    refuse_others(checker, at, kind, &wire);
    Some(match kind {
        RemedyKind::RestartService => {
            let restarts_live = checker.or(at, "live", wire.live, false, live)?;
            RemedySpec::RestartService(RestartService { restarts_live })
        }
        RemedyKind::StartService => RemedySpec::StartService,
        RemedyKind::StopService => RemedySpec::StopService,
        RemedyKind::ReloadService => RemedySpec::ReloadService,
        RemedyKind::ResetFailed => RemedySpec::ResetFailed,
        RemedyKind::CleanPackageCache => RemedySpec::CleanPackageCache,
        RemedyKind::DropCaches => RemedySpec::DropCaches,
        RemedyKind::ThrottleService => RemedySpec::ThrottleService(throttle(checker, at, wire)?),
        RemedyKind::CleanFolder => {
            RemedySpec::CleanFolder(clean_folder(checker, at, wire, around, verify)?)
        }
        RemedyKind::VacuumJournal => {
            let read = value::duration_within(SHORTEST_KEEP, LONGEST_KEEP);
            let keep = checker.or(at, "keep", wire.keep, KEEP, read)?;
            RemedySpec::VacuumJournal(VacuumJournal { keep })
        }
        RemedyKind::EndProcess => {
            let read = value::duration_within(Duration::ZERO, LONGEST_GRACE);
            let grace = checker.or(at, "grace", wire.grace, GRACE, read)?;
            RemedySpec::EndProcess(EndProcess { grace })
        }
        RemedyKind::RunCommand => RemedySpec::RunCommand(run_command(checker, at, wire)?),
        RemedyKind::Reboot => {
            let read = value::duration_within(SHORTEST_HEALTHY_FOR, LONGEST_HEALTHY_FOR);
            let healthy_for = checker.or(at, "healthy_for", wire.healthy_for, HEALTHY_FOR, read)?;
            RemedySpec::Reboot(Reboot { healthy_for })
        }
    })
}

/// Settings of other remedies are told with their owners.
fn refuse_others(checker: &mut Checker<'_>, at: &str, kind: RemedyKind, wire: &SettingsWire) {
    let own = of_remedy(kind);
    for key in wire.given().into_iter().filter(|key| !own.contains(key)) {
        let owners = RemedyKind::ALL
            .into_iter()
            .filter(|other| of_remedy(*other).contains(&key))
            .map(RemedyKind::as_str);
        checker.report(&join(at, key), foreign(kind.as_str(), key, owners));
    }
}

/// A setting that belongs to others.
pub(super) fn foreign(
    name: &str,
    key: &str,
    owners: impl Iterator<Item = &'static str>,
) -> Problem {
    let owners: Vec<String> = owners.map(|owner| format!("`{owner}`")).collect();
    Problem::new(
        format!("`{name}` has no setting `{key}`"),
        format!("leave it out: it belongs to {}", owners.join(" and ")),
    )
}

fn live(text: &str) -> Result<bool, Problem> {
    match text {
        "restart" => Ok(true),
        "leave" => Ok(false),
        _ => Err(Problem::new(
            format!("unknown answer `{text}` to a unit that is up"),
            "`leave`: it has recovered by itself (the default); `restart`: restart it, for alerts that say something else than that it is down",
        )),
    }
}

fn throttle(checker: &mut Checker<'_>, at: &str, wire: SettingsWire) -> Option<ThrottleService> {
    let has_limit =
        wire.cpu_quota.is_some() || wire.cpu_weight.is_some() || wire.memory_high.is_some();
    if !has_limit {
        checker.report(
            at,
            Problem::new(
                "`throttle_service` limits nothing",
                "write at least one of `cpu_quota: 50%`, `cpu_weight: 20`, `memory_high: 1GiB`",
            ),
        );
    }
    let cpu_quota = checker.or(at, "cpu_quota", wire.cpu_quota, None, |text| {
        quota(text).map(Some)
    });
    let cpu_weight = checker.or(at, "cpu_weight", wire.cpu_weight, None, |text| {
        value::count(10_000)(text).map(|weight| Some(u64::from(weight)))
    });
    let memory_high = checker.or(at, "memory_high", wire.memory_high, None, |text| {
        memory(text).map(Some)
    });
    let read = value::duration_within(Duration::from_secs(1), LONGEST_THROTTLE);
    let lasts = checker.or(at, "for", wire.lasts, THROTTLE_FOR, read);
    Some(ThrottleService {
        cpu_quota: cpu_quota?,
        cpu_weight: cpu_weight?,
        memory_high: memory_high?,
        lasts: lasts?,
    })
}

/// `50%` of one processor; more than `100%` are several.
fn quota(text: &str) -> Result<f64, Problem> {
    text.strip_suffix('%')
        .map(str::trim_end)
        .filter(|number| number.bytes().all(|b| b.is_ascii_digit() || b == b'.'))
        .and_then(|number| number.parse::<f64>().ok())
        .filter(|percent| (1.0..=1_000_000.0).contains(percent))
        .map(|percent| percent / 100.0)
        .ok_or_else(|| {
            Problem::new(
                format!("`{text}` is not a share of processors"),
                "write it in percent of one processor, at least `1%`: `50%` is half of one, `200%` are two",
            )
        })
}

fn memory(text: &str) -> Result<u64, Problem> {
    match value::bytes(text)? {
        bytes if bytes < SMALLEST_MEMORY => Err(Problem::new(
            format!("nothing runs in `{text}`"),
            format!("write at least `{}`", ByteSize::from_bytes(SMALLEST_MEMORY)),
        )),
        bytes => Ok(bytes),
    }
}

fn clean_folder(
    checker: &mut Checker<'_>,
    at: &str,
    wire: SettingsWire,
    around: &Surroundings<'_>,
    verify: Option<&Verify>,
) -> Option<CleanFolder> {
    let folder = folder(checker, at, &wire, around);
    let older_than = checker.required(
        at,
        "older_than",
        wire.older_than,
        "say what is old enough to go: `older_than: 3d`",
        value::some_duration,
    );
    let wanted = verify.map_or(0.0, least_free_space);
    let stop_at_free = checker.required(
        at,
        "stop_at_free",
        wire.stop_at_free,
        "say how much free space is enough: `stop_at_free: 25%`",
        |text| match value::ratio(text)? {
            ratio if ratio < wanted => Err(Problem::new(
                "cleaning would stop before there is as much space as `verify` asks for",
                "raise `stop_at_free`, or lower `at_least`",
            )),
            ratio => Ok(ratio),
        },
    );
    let max_bytes = checker.or(at, "max_bytes", wire.max_bytes, MAX_BYTES, value::bytes);
    let max_files = checker.or(
        at,
        "max_files",
        wire.max_files,
        MAX_FILES,
        value::count(u32::MAX),
    );
    Some(CleanFolder {
        folder: folder?,
        older_than: older_than?,
        stop_at_free: stop_at_free?,
        max_bytes: max_bytes?,
        max_files: u64::from(max_files?),
    })
}

/// The folder, which a mount target needs and no other may have.
fn folder(
    checker: &mut Checker<'_>,
    at: &str,
    wire: &SettingsWire,
    around: &Surroundings<'_>,
) -> Read<Option<PathBuf>> {
    let protected = around.protected.map_or(&[][..], |list| &list.paths);
    match around.target {
        Some(TargetRule::Mount { allow, .. }) => {
            let read = |text: &str| match paths::cleanable(text, protected)? {
                folder
                    if allow.is_empty() || allow.iter().any(|mount| folder.starts_with(mount)) =>
                {
                    Ok(folder)
                }
                _ => Err(Problem::new(
                    format!("`{text}` lies on none of the mounts that the rule allows"),
                    "name a folder below one of them",
                )),
            };
            let hint = "say which folder of the mount is cleaned: `folder: /var/tmp`";
            checker
                .required(at, "folder", wire.folder.clone(), hint, read)
                .map(Some)
        }
        Some(TargetRule::Path { .. }) if wire.folder.is_some() => {
            checker.report(
                &join(at, "folder"),
                Problem::new(
                    "the folder of a `path` target is the path itself",
                    "leave `folder` out",
                ),
            );
            None
        }
        _ => Some(None),
    }
}

/// How much free space must there be for the check to hold.
fn least_free_space(verify: &Verify) -> f64 {
    match verify {
        Verify::FreeSpace { at_least } => *at_least,
        Verify::All(checks) => checks.iter().map(least_free_space).fold(0.0, f64::max),
        Verify::Any(checks) => checks.iter().map(least_free_space).fold(1.0, f64::min),
        _ => 0.0,
    }
}

fn run_command(checker: &mut Checker<'_>, at: &str, wire: SettingsWire) -> Option<RunCommand> {
    const EXAMPLE: &str =
        "program and arguments, without a shell: `argv: [/usr/local/bin/fix, --now]`";
    let argv = checker.present(at, "argv", wire.argv, EXAMPLE);
    let argv = argv.and_then(|argv| {
        let count = argv.len();
        if count == 0 || count > MOST_ARGUMENTS {
            let message = if count == 0 {
                "there is no command".to_owned()
            } else {
                format!("more than {MOST_ARGUMENTS} arguments")
            };
            checker.report(&join(at, "argv"), Problem::new(message, EXAMPLE));
            return None;
        }
        let argv = checker.list(at, "argv", Some(argv), argument)?;
        let program = argv.first()?;
        if let Err(problem) = paths::absolute(program) {
            checker.report(&format!("{at}.argv[0]"), problem);
            return None;
        }
        Some(argv)
    });
    let labels = checker.list_or_empty(at, "labels", wire.labels, label);
    let memory_max = checker.or(at, "memory_max", wire.memory_max, COMMAND_MEMORY, memory);
    let is_idempotent = checker.or(at, "idempotent", wire.idempotent, false, value::boolean);
    Some(RunCommand {
        argv: argv?,
        labels: labels?,
        memory_max: memory_max?,
        is_idempotent: is_idempotent?,
    })
}

fn argument(text: &str) -> Result<String, Problem> {
    if text.contains('\0') || text.len() > LONGEST_ARGUMENT {
        return Err(Problem::new(
            "an argument that cannot be passed",
            format!("at most {LONGEST_ARGUMENT} bytes, and no NUL"),
        ));
    }
    Ok(text.to_owned())
}

/// A label whose name can be part of a variable's.
fn label(text: &str) -> Result<String, Problem> {
    let is_valid = text.len() <= 100
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && text.bytes().next().is_some_and(|b| !b.is_ascii_digit());
    if !is_valid {
        return Err(Problem::new(
            format!("`{text}` cannot be part of a variable's name"),
            "name labels of letters, digits and `_`: `labels: [instance]` gives `PRUNELLE_LABEL_INSTANCE`",
        ));
    }
    Ok(text.to_owned())
}
