//! From text to value, each with what is wrong and what to do. Flags, variables and the file all come through here, so
//! that bare numbers of the model report's variables and units of the file are both understood everywhere.

use std::time::Duration;

use prunelle_foundation::duration::PromDuration;
use prunelle_foundation::listener::ListenAddress;
use prunelle_foundation::quantity::ByteSize;
use prunelle_foundation::setting::Problem;
use prunelle_foundation::telemetry::{self, LogFormat};
use regex::Regex;

use super::Boundary;

const LONGEST_INTERVAL: Duration = Duration::from_hours(1);
const BYTES_PER_MB: f64 = 1e6;

pub(super) fn address(text: &str) -> Result<ListenAddress, Problem> {
    text.parse().map_err(|_| {
        Problem::new(
            "is not an address to listen on",
            "write `:9750`, `127.0.0.1:9750` or `[::1]:9750`",
        )
    })
}

pub(super) fn telemetry_path(text: &str) -> Result<String, Problem> {
    let is_simple = text.starts_with('/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"/-_.~".contains(&byte));
    if !is_simple {
        Err(Problem::new(
            "is not a path for the metrics",
            "write it as `/metrics`: a slash, then letters, digits and `-_.~/`",
        ))
    } else if text == "/" || text.starts_with("/-/") {
        Err(Problem::new(
            "is taken by a page of its own",
            "choose another, as `/metrics`",
        ))
    } else {
        Ok(text.to_owned())
    }
}

/// A whole number from 1 to `largest`.
pub(super) fn number(
    largest: usize,
    example: &'static str,
) -> impl Fn(&str) -> Result<usize, Problem> {
    move |text| {
        let number = text.parse().ok();
        number
            .filter(|number| (1..=largest).contains(number))
            .ok_or_else(|| {
                let hint = format!("give a whole number from 1 to {largest}, as `{example}`");
                Problem::new("is not a number in its range", hint)
            })
    }
}

pub(super) fn boundary(text: &str) -> Result<Boundary, Problem> {
    match text {
        "machine" => Ok(Boundary::Machine),
        "cgroup" => Ok(Boundary::Cgroup),
        _ => Err(Problem::new(
            "is not a boundary",
            "use `machine` or `cgroup`",
        )),
    }
}

/// Bare seconds, or a duration with its unit.
pub(super) fn interval(text: &str) -> Result<Duration, Problem> {
    let bare = text.parse().ok().map(Duration::from_secs);
    let with_unit = || text.parse().ok().map(PromDuration::get);
    bare.or_else(with_unit)
        .filter(|interval| (Duration::from_secs(1)..=LONGEST_INTERVAL).contains(interval))
        .ok_or_else(|| {
            Problem::new(
                "is not an interval from one second to one hour",
                "give whole seconds, as `10`, or a duration, as `1m`",
            )
        })
}

pub(super) fn log_level(text: &str) -> Result<String, Problem> {
    if telemetry::is_level(text) {
        Ok(text.to_owned())
    } else {
        Err(Problem::new(
            "is not a log level",
            "use `error`, `warn`, `info`, `debug`, `trace` or `off`, or a filter as `info,prunelle_systemd=debug`",
        ))
    }
}

pub(super) fn log_format(text: &str) -> Result<LogFormat, Problem> {
    text.parse()
        .map_err(|_| Problem::new("is not a log format", "use `logfmt` or `json`"))
}

pub(super) fn regex(text: &str) -> Result<Regex, Problem> {
    Regex::new(text).map_err(|error| {
        // Its last line says what is wrong; those before it draw where, in as many lines.
        let text = error.to_string();
        let why = text.lines().last().unwrap_or_default();
        Problem::new(
            "is not a regular expression",
            why.trim_start_matches("error: "),
        )
    })
}

/// The same, for a whole name.
pub(super) fn whole(text: &str) -> Result<Regex, Problem> {
    regex(text)?;
    regex(&format!("^(?:{text})$"))
}

/// A percentage from 1 to 100, with or without its sign, as a ratio.
pub(super) fn percent(text: &str) -> Result<f64, Problem> {
    let problem = |hint: String| Problem::new("is not a percentage from 1 to 100", hint);
    let bare = text.strip_suffix('%').map_or(text, str::trim_end);
    let number: f64 = bare
        .parse()
        .map_err(|_| problem("give a number, as `80` or `80%`".into()))?;
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

/// Bare MB per second, or a size with its unit, as bytes per second.
pub(super) fn traffic(text: &str) -> Result<f64, Problem> {
    let size = text.strip_suffix("/s").unwrap_or(text).trim_end();
    let with_unit = size.parse().ok().map(ByteSize::get);
    #[expect(clippy::cast_precision_loss, reason = "a threshold for people")]
    let with_unit = with_unit.map(|bytes| bytes as f64);
    let bare = || {
        text.parse()
            .ok()
            .map(|megabytes: f64| megabytes * BYTES_PER_MB)
    };
    with_unit
        .or_else(bare)
        // Up to a terabyte a second.
        .filter(|bytes| bytes.is_finite() && *bytes > 0.0 && *bytes <= 1e12)
        .ok_or_else(|| {
            let hint = "give a number of MB (10^6 bytes) a second, as `100` or `100MB`";
            Problem::new("is not a number of MB a second", hint)
        })
}
