//! Reads single values: each function says what is wrong with a text, and what to write instead.

use std::str::FromStr;
use std::time::Duration;

use globset::{GlobBuilder, GlobMatcher};
use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::quantity::{ByteSize, Ratio};
use prunelle_systemd::UnitName;

use super::checker::Problem;
use crate::policy::is_glob;

pub(super) fn name(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        Err(Problem::new("an empty name", "write a name"))
    } else {
        Ok(text.to_owned())
    }
}

pub(super) fn duration(text: &str) -> Result<Duration, Problem> {
    PromDuration::from_str(text)
        .map(PromDuration::get)
        .map_err(|error| Problem::new(error.to_string(), error.hint()))
}

/// A duration that is not zero.
pub(super) fn some_duration(text: &str) -> Result<Duration, Problem> {
    match duration(text)? {
        Duration::ZERO => Err(Problem::new(
            format!("`{text}` is no time at all"),
            "write a duration above zero, as in `5m`",
        )),
        duration => Ok(duration),
    }
}

/// A duration within bounds, both allowed; the bounds are written as in `24h`.
pub(super) fn duration_within(
    min: Duration,
    max: Duration,
) -> impl Fn(&str) -> Result<Duration, Problem> {
    move |text| {
        let duration = duration(text)?;
        if (min..=max).contains(&duration) {
            return Ok(duration);
        }
        let (min, max) = (PromDuration::from(min), PromDuration::from(max));
        Err(Problem::new(
            format!("`{text}` is not between {min} and {max}"),
            "write a duration in that range",
        ))
    }
}

pub(super) fn ratio(text: &str) -> Result<f64, Problem> {
    Ratio::from_str(text)
        .map(Ratio::get)
        .map_err(|error| Problem::new(error.to_string(), error.hint()))
}

pub(super) fn bytes(text: &str) -> Result<u64, Problem> {
    match ByteSize::from_str(text).map(ByteSize::get) {
        Ok(0) => Err(Problem::new(
            "a limit of nothing",
            "write a size above zero",
        )),
        Ok(bytes) => Ok(bytes),
        Err(error) => Err(Problem::new(error.to_string(), error.hint())),
    }
}

/// A share that something can be below.
pub(super) fn ratio_above_zero(text: &str) -> Result<f64, Problem> {
    match ratio(text)? {
        ratio if ratio > 0.0 => Ok(ratio),
        _ => Err(Problem::new(
            "nothing is ever below `0%`",
            "write a percentage above zero, as in `80%`",
        )),
    }
}

/// A whole number from 1 to `max`.
pub(super) fn count(max: u32) -> impl Fn(&str) -> Result<u32, Problem> {
    number(1, max)
}

/// A whole number from `min` to `max`.
pub(super) fn number(min: u32, max: u32) -> impl Fn(&str) -> Result<u32, Problem> {
    move |text| {
        text.parse()
            .ok()
            .filter(|count| (min..=max).contains(count))
            .ok_or_else(|| {
                Problem::new(
                    format!("`{text}` is not a whole number from {min} to {max}"),
                    "write a number in that range, in digits",
                )
            })
    }
}

pub(super) fn factor(text: &str) -> Result<f64, Problem> {
    text.parse()
        .ok()
        .filter(|factor| (1.0..=1000.0).contains(factor))
        .ok_or_else(|| {
            Problem::new(
                format!("`{text}` is not a factor"),
                "write a number from 1 (no growth) to 1000",
            )
        })
}

pub(super) fn boolean(text: &str) -> Result<bool, Problem> {
    match text {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(Problem::new(
            format!("`{text}` is neither true nor false"),
            "write `true` or `false`",
        )),
    }
}

/// A glob over full unit names; a plain name is completed, `nginx` means `nginx.service`.
pub(super) fn unit_glob(text: &str) -> Result<GlobMatcher, Problem> {
    const HINT: &str =
        "write a unit's name, `nginx.service`, or a glob over names, `php*-fpm.service`";
    let pattern = if is_glob(text) {
        text.to_owned()
    } else {
        UnitName::from_str(text)
            .map_err(|error| Problem::new(error.to_string(), HINT))?
            .to_string()
    };
    // Unit names have backslashes in them: `dev-disk-by\x2duuid`.
    GlobBuilder::new(&pattern)
        .backslash_escape(false)
        .build()
        .map(|glob| glob.compile_matcher())
        .map_err(|error| Problem::new(format!("`{text}` is not a glob: {}", error.kind()), HINT))
}

/// A name that is used once, in letters that need no quotes anywhere.
pub(super) fn unique_name(
    text: &str,
    of: &str,
    names: &mut std::collections::BTreeSet<String>,
) -> Result<String, Problem> {
    let is_valid = (1..=100).contains(&text.len())
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'));
    if !is_valid {
        return Err(Problem::new(
            format!("`{text}` is not a {of}'s name"),
            "1 to 100 letters, digits, `-`, `_` and `.`",
        ));
    }
    if !names.insert(text.to_owned()) {
        return Err(Problem::new(
            format!("two {of}s are named `{text}`"),
            format!("give each {of} a name of its own"),
        ));
    }
    Ok(text.to_owned())
}
