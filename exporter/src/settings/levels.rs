//! Thresholds, from the model report's bare units: percent, and MB per second.

use prunelle_foundation::setting::{Problem, given};

use super::resolve::Errors;
use crate::thresholds::{Levels, Thresholds};

const BYTES_PER_MB: f64 = 1e6;

/// All thresholds, from what was given and the defaults of the model report.
pub(super) fn thresholds(errors: &mut Errors<'_>) -> Thresholds {
    let flags = &errors.given.flags;
    Thresholds {
        cpu: levels(
            errors,
            "cpu_threshold",
            (flags.cpu_threshold.as_ref(), "80"),
            (flags.cpu_threshold_critical.as_ref(), Some("95")),
            percent,
        ),
        memory: levels(
            errors,
            "memory_threshold",
            (flags.memory_threshold.as_ref(), "85"),
            (flags.memory_threshold_critical.as_ref(), Some("95")),
            percent,
        ),
        disk: levels(
            errors,
            "disk_threshold",
            (flags.disk_threshold.as_ref(), "90"),
            (flags.disk_threshold_critical.as_ref(), Some("97")),
            percent,
        ),
        network: levels(
            errors,
            "network_threshold",
            (flags.network_threshold.as_ref(), "100"),
            (flags.network_threshold_critical.as_ref(), None),
            megabytes,
        ),
    }
}

/// Both levels of one resource, each from its text and its default.
fn levels(
    errors: &mut Errors<'_>,
    field: &str,
    warning: (Option<&String>, &str),
    critical: (Option<&String>, Option<&str>),
    parser: fn(&str) -> Result<f64, Problem>,
) -> Levels {
    let critical_field = format!("{field}_critical");
    let warning_text = given(warning.0.map(String::as_str)).unwrap_or(warning.1);
    let critical_text = given(critical.0.map(String::as_str)).or(critical.1);
    let mut level = |field: &str, text: &str| errors.parse(field, Some(&text.to_owned()), parser);
    let levels = Levels {
        warning: level(field, warning_text).unwrap_or_default(),
        critical: critical_text.and_then(|text| level(&critical_field, text)),
    };
    let is_above = levels
        .critical
        .is_some_and(|critical| levels.warning > critical);
    if let (true, Some(critical_text)) = (is_above, critical_text) {
        let (warning_name, critical_name) =
            (errors.given.name(field), errors.given.name(&critical_field));
        if given(warning.0.map(String::as_str)).is_some() {
            let hint = format!("lower it, or raise `{critical_name}`, which is {critical_text}");
            let problem = Problem::new("is above the critical level", hint);
            errors.add(field, warning_text, problem);
        } else {
            let hint = format!("raise it, or lower `{warning_name}`, which is {warning_text}");
            let problem = Problem::new("is below the warning level", hint);
            errors.add(&critical_field, critical_text, problem);
        }
    }
    levels
}

/// A percentage from 1 to 100, as a ratio.
fn percent(text: &str) -> Result<f64, Problem> {
    let problem = |hint: String| Problem::new("is not a percentage from 1 to 100", hint);
    let bare = text.strip_suffix('%').map(str::trim_end);
    let number: f64 = bare
        .unwrap_or(text)
        .parse()
        .map_err(|_| problem("give a bare number, as `80`".into()))?;
    if bare.is_some() {
        return Err(problem(format!("leave out the sign: `{number}`")));
    }
    if number > 0.0 && number < 1.0 {
        // 0.07 * 100.0 is not 7, and nobody wants to be told `7.000000000000001`.
        let meant = (number * 1e4).round() / 1e2;
        return Err(problem(format!("it is percent, not a ratio: `{meant}`")));
    }
    if !(1.0..=100.0).contains(&number) {
        return Err(problem("give a number from 1 to 100, as `80`".into()));
    }
    Ok(number / 100.0)
}

/// MB per second, as bytes per second.
fn megabytes(text: &str) -> Result<f64, Problem> {
    let hint = "give a bare number of MB (10^6 bytes) a second, as `100`";
    let number = text.parse().ok().filter(|number: &f64| {
        // Up to a terabyte a second.
        number.is_finite() && *number > 0.0 && *number <= 1e6
    });
    let megabytes = number.ok_or_else(|| Problem::new("is not a number of MB a second", hint))?;
    Ok(megabytes * BYTES_PER_MB)
}
