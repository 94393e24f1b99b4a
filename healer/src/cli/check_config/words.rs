//! Remedies, checks and limits in words.

use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::quantity::{ByteSize, Ratio};

use crate::policy::{Budget, CleanFolder, RemedySpec, Rung, ThrottleService, Verify};
use crate::target::Resource;

/// One rung in one line.
pub(super) fn rung(rung: &Rung) -> String {
    let mut parts = vec![
        remedy(&rung.remedy),
        format!(
            "up to {}, each within {}, checked: {}",
            match rung.attempts {
                1 => "1 attempt".to_owned(),
                attempts => format!("{attempts} attempts"),
            },
            PromDuration::from(rung.within),
            check(&rung.verify),
        ),
    ];
    if let Some(allow) = &rung.allow {
        parts.push(match globs(allow) {
            names if names.is_empty() => "for no unit, its list is empty".to_owned(),
            names => format!("only for {names}"),
        });
    }
    if let Some(limit) = &rung.budget {
        parts.push(format!("at most {}", budget(*limit)));
    }
    if let Some(approval) = &rung.approval {
        let expires = PromDuration::from(approval.expires);
        parts.push(format!("a person has to agree within {expires}"));
    }
    parts.join("; ")
}

/// The patterns of a list of units.
pub(super) fn globs(units: &[globset::GlobMatcher]) -> String {
    let texts: Vec<&str> = units.iter().map(|unit| unit.glob().glob()).collect();
    texts.join(", ")
}

/// `5 in 1h`
pub(super) fn budget(budget: Budget) -> String {
    format!("{} in {}", budget.max, PromDuration::from(budget.per))
}

fn remedy(remedy: &RemedySpec) -> String {
    let name = remedy.kind().as_str();
    match remedy {
        RemedySpec::RestartService(restart) if restart.restarts_live => {
            format!("{name}, also when it is up")
        }
        RemedySpec::ThrottleService(throttle) => format!("{name} {}", limits(throttle)),
        RemedySpec::CleanFolder(clean) => format!("{name} {}", cleaning(clean)),
        RemedySpec::VacuumJournal(vacuum) => {
            format!("{name}, keeping {}", PromDuration::from(vacuum.keep))
        }
        RemedySpec::EndProcess(end) => {
            format!("{name}, SIGKILL after {}", PromDuration::from(end.grace))
        }
        RemedySpec::RunCommand(command) => format!(
            "{name} `{}` in at most {}",
            command.argv.join(" "),
            ByteSize::from_bytes(command.memory_max)
        ),
        RemedySpec::Reboot(reboot) => format!(
            "{name} when it was up for {}",
            PromDuration::from(reboot.healthy_for)
        ),
        RemedySpec::RestartService(_)
        | RemedySpec::StartService
        | RemedySpec::StopService
        | RemedySpec::ReloadService
        | RemedySpec::ResetFailed
        | RemedySpec::CleanPackageCache
        | RemedySpec::DropCaches => name.to_owned(),
    }
}

fn limits(throttle: &ThrottleService) -> String {
    let mut limits = Vec::new();
    if let Some(quota) = throttle.cpu_quota {
        limits.push(format!("to {:.0}% of one processor", quota * 100.0));
    }
    if let Some(weight) = throttle.cpu_weight {
        limits.push(format!("to the CPU weight {weight}"));
    }
    if let Some(high) = throttle.memory_high {
        limits.push(format!("to {} of memory", ByteSize::from_bytes(high)));
    }
    format!(
        "{} for {}",
        limits.join(", "),
        PromDuration::from(throttle.lasts)
    )
}

fn cleaning(clean: &CleanFolder) -> String {
    let folder = clean
        .folder
        .as_ref()
        .map_or(String::new(), |folder| format!("{} ", folder.display()));
    format!(
        "{folder}of what is older than {}, at most {} and {} files, until {} is free",
        PromDuration::from(clean.older_than),
        ByteSize::from_bytes(clean.max_bytes),
        clean.max_files,
        percent(clean.stop_at_free),
    )
}

fn check(verify: &Verify) -> String {
    match verify {
        Verify::UnitActive { stable_for } => {
            format!("active for {}", PromDuration::from(*stable_for))
        }
        Verify::UnitInactive { stable_for } => {
            format!("down for {}", PromDuration::from(*stable_for))
        }
        Verify::FreeSpace { at_least } => format!("{} free", percent(*at_least)),
        Verify::UsageBelow { resource, ratio } => {
            let what = match resource {
                Resource::Cpu => "CPU",
                Resource::Memory => "memory",
            };
            format!("less than {} of {what} in use", percent(*ratio))
        }
        Verify::PressureBelow { resource, ratio } => {
            format!("{} pressure below {}", resource.as_str(), percent(*ratio))
        }
        Verify::Promql { expr } => format!("Prometheus returns something for `{expr}`"),
        Verify::Http { url, status } => {
            let codes: Vec<String> = status.iter().map(ToString::to_string).collect();
            format!("{url} answers {}", codes.join(" or "))
        }
        Verify::Tcp { address } => format!("{address} can be connected to"),
        Verify::AlertInactive => "Alertmanager no longer has the alert".to_owned(),
        Verify::All(checks) => joined(checks, " and "),
        Verify::Any(checks) => joined(checks, " or "),
    }
}

fn joined(checks: &[Verify], word: &str) -> String {
    let texts: Vec<String> = checks
        .iter()
        .map(|one| match one {
            Verify::All(_) | Verify::Any(_) => format!("({})", check(one)),
            _ => check(one),
        })
        .collect();
    texts.join(word)
}

fn percent(ratio: f64) -> String {
    Ratio::new(ratio).map_or_else(|| ratio.to_string(), |ratio| ratio.to_string())
}
