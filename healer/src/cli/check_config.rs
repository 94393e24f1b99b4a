//! `check-config`: a policy in one look, or everything that is wrong with it.

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::quantity::{ByteSize, Ratio};
use prunelle_foundation::web_config;

use crate::policy::{Policy, RemedySpec, Rule, Rung, TargetRule, Verify, load};

pub(super) fn run(policy: &Path, web: Option<&Path>) -> anyhow::Result<String> {
    let clock: SharedClock = Arc::new(SystemClock::new()?);
    let read = load::read(policy);
    let web = web.map(|file| (file, web_config::read(file, &clock)));
    let mut errors = Vec::new();
    let mut text = String::new();
    match &read {
        Ok(read) => write!(text, "{}: OK\n{}", policy.display(), summary(read))?,
        Err(wrong) => errors.push(wrong),
    }
    match &web {
        Some((file, Ok(web))) => write!(text, "\n\n{}: OK\n{}", file.display(), web.summary())?,
        Some((_, Err(wrong))) => errors.push(wrong),
        None => {}
    }
    let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
    anyhow::ensure!(errors.is_empty(), errors.join("\n"));
    Ok(text)
}

/// What the policy allows, for people.
pub(super) fn summary(policy: &Policy) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_summary(&mut text, policy);
    text.truncate(text.trim_end().len());
    text
}

fn write_summary(out: &mut String, policy: &Policy) -> std::fmt::Result {
    writeln!(
        out,
        "revision {}",
        policy.revision.get(..12).unwrap_or_default()
    )?;
    writeln!(
        out,
        "host     alerts whose `{}` is {}",
        policy.host.label,
        policy.host.is.join(" or ")
    )?;
    writeln!(out, "mode     {}", policy.mode.as_str())?;
    writeln!(
        out,
        "budget   {} a host in {}",
        policy.host_budget.max,
        PromDuration::from(policy.host_budget.per)
    )?;
    writeln!(out, "rules    {}", policy.rules.len())?;
    for rule in &policy.rules {
        write_rule(out, rule)?;
    }
    Ok(())
}

fn write_rule(out: &mut String, rule: &Rule) -> std::fmt::Result {
    let matchers: Vec<String> = rule.matchers.iter().map(ToString::to_string).collect();
    let mode = rule
        .mode
        .map_or(String::new(), |mode| format!(" (mode {})", mode.as_str()));
    writeln!(out, "\n{}{mode}", rule.name)?;
    writeln!(out, "  when     {}", matchers.join(", "))?;
    match &rule.target {
        TargetRule::Unit { label, allow } if allow.is_empty() => {
            writeln!(
                out,
                "  on       nothing: the allow-list of `{label}` is empty"
            )?;
        }
        TargetRule::Unit { label, allow } => {
            let globs: Vec<_> = allow.iter().map(|glob| glob.glob().glob()).collect();
            writeln!(
                out,
                "  on       the unit in `{label}`, out of {}",
                globs.join(", ")
            )?;
        }
        TargetRule::Path {
            path,
            same_file_system,
        } => {
            let only = if *same_file_system {
                ", when the alert is about its file system"
            } else {
                ""
            };
            writeln!(out, "  on       {}{only}", path.display())?;
        }
        TargetRule::Mount { label, allow } => {
            let mounts: Vec<_> = allow
                .iter()
                .map(|path| path.display().to_string())
                .collect();
            writeln!(
                out,
                "  on       the file system in `{label}`, out of {}",
                mounts.join(", ")
            )?;
        }
        TargetRule::ProcessGroup { resource, allow } => {
            let globs: Vec<_> = allow.iter().map(|glob| glob.glob().glob()).collect();
            writeln!(
                out,
                "  on       the unit that uses most {}, out of {}",
                resource.as_str(),
                globs.join(", ")
            )?;
        }
        TargetRule::Host => writeln!(out, "  on       this machine")?,
    }
    for (index, rung) in rule.ladder.iter().enumerate() {
        writeln!(
            out,
            "  {:<8} {}",
            if index == 0 { "do" } else { "else" },
            rung_text(rung)
        )?;
    }
    writeln!(
        out,
        "  limits   {} in {}; then a wait of {}, {} and up to {}",
        rule.budget.max,
        PromDuration::from(rule.budget.per),
        PromDuration::from(rule.cooldown.first),
        PromDuration::from(rule.cooldown.step),
        PromDuration::from(rule.cooldown.max),
    )?;
    let told = if rule.receivers.is_empty() {
        String::new()
    } else {
        format!(", tell {}", rule.receivers.join(", "))
    };
    if rule.quarantine.is_zero() {
        writeln!(out, "  at last  no quarantine{told}")
    } else {
        let quarantine = PromDuration::from(rule.quarantine);
        writeln!(out, "  at last  quarantine for {quarantine}{told}")
    }
}

fn rung_text(rung: &Rung) -> String {
    let remedy = match &rung.remedy {
        RemedySpec::CleanFolder(clean) => format!(
            "clean_folder of what is older than {}, at most {} and {} files, until {} is free",
            PromDuration::from(clean.older_than),
            ByteSize::from_bytes(clean.max_bytes),
            clean.max_files,
            percent(clean.stop_at_free),
        ),
        other => other.kind().as_str().to_owned(),
    };
    let verify = match &rung.verify {
        Verify::UnitActive { stable_for } => {
            format!("active for {}", PromDuration::from(*stable_for))
        }
        Verify::FreeSpace { at_least } => format!("{} free", percent(*at_least)),
        other => format!("{other:?}"),
    };
    format!(
        "{remedy}; up to {}, each within {}, checked: {verify}",
        match rung.attempts {
            1 => "1 attempt".to_owned(),
            attempts => format!("{attempts} attempts"),
        },
        PromDuration::from(rung.within),
    )
}

fn percent(ratio: f64) -> String {
    Ratio::new(ratio).map_or_else(|| ratio.to_string(), |ratio| ratio.to_string())
}
