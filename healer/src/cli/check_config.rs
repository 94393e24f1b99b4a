//! `check-config`: a policy in one look, or everything that is wrong with it.

mod words;

use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use prunelle_foundation::clock::{SharedClock, SystemClock};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::web_config;

use crate::policy::load::{self, Checked};
use crate::policy::{Policy, Rule, TargetRule};

pub(super) fn run(policy: &Path, web: Option<&Path>) -> anyhow::Result<String> {
    let clock: SharedClock = Arc::new(SystemClock::new()?);
    let read = load::read_with_files(policy);
    let web = web.map(|file| (file, web_config::read(file, &clock)));
    let mut errors = Vec::new();
    let mut text = String::new();
    match &read {
        Ok(Checked {
            policy: read,
            warnings,
        }) => {
            write!(text, "{}: OK\n{}", policy.display(), summary(read))?;
            for warning in warnings {
                // Beside the answer: it is allowed, and probably not meant.
                eprintln!("warning: {warning}");
            }
        }
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
        "budget   {} a host in {}, {} at once",
        policy.host_budget.max,
        PromDuration::from(policy.host_budget.per),
        policy.max_at_once
    )?;
    let critical: Vec<String> = policy.critical.iter().map(ToString::to_string).collect();
    writeln!(out, "critical {}", critical.join(", "))?;
    match &policy.heartbeat {
        Some(heartbeat) => writeln!(
            out,
            "beat     missing after {}",
            PromDuration::from(heartbeat.missing_after)
        )?,
        None => writeln!(out, "beat     not waited for")?,
    }
    for group in &policy.groups {
        writeln!(
            out,
            "group    {}: {}; {} at once, while {} others are up",
            group.name,
            words::globs(&group.units),
            group.max_at_once,
            group.min_healthy
        )?;
    }
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
            writeln!(
                out,
                "  on       the unit in `{label}`, out of {}",
                words::globs(allow)
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
            writeln!(
                out,
                "  on       the unit that uses most {}, out of {}",
                resource.as_str(),
                words::globs(allow)
            )?;
        }
        TargetRule::Host => writeln!(out, "  on       this machine")?,
    }
    for (index, rung) in rule.ladder.iter().enumerate() {
        writeln!(
            out,
            "  {:<8} {}",
            if index == 0 { "do" } else { "else" },
            words::rung(rung)
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
    write_more_limits(out, rule)?;
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

/// Limits that a rule need not have.
fn write_more_limits(out: &mut String, rule: &Rule) -> std::fmt::Result {
    if let Some(budget) = rule.rule_budget {
        writeln!(out, "           {} by this rule", words::budget(budget))?;
    }
    if let Some(budget) = rule.target_budget {
        writeln!(out, "           {} of one target", words::budget(budget))?;
    }
    if let Some(flapping) = rule.flapping {
        writeln!(
            out,
            "           after {} repairs within {} left alone for {}",
            flapping.repairs,
            PromDuration::from(flapping.within),
            PromDuration::from(flapping.hold)
        )?;
    }
    if let Some(breaker) = rule.breaker {
        writeln!(
            out,
            "           after {} failures in a row not used for {}",
            breaker.failures,
            PromDuration::from(breaker.open_for)
        )?;
    }
    let names = |intervals: &[crate::policy::TimeInterval]| {
        let names: Vec<&str> = intervals.iter().map(|it| it.name.as_str()).collect();
        names.join(", ")
    };
    if !rule.active_time_intervals.is_empty() {
        writeln!(out, "  only in  {}", names(&rule.active_time_intervals))?;
    }
    if !rule.mute_time_intervals.is_empty() {
        writeln!(out, "  never in {}", names(&rule.mute_time_intervals))?;
    }
    Ok(())
}
