//! Thresholds, from the model report's bare units: percent, and MB per second.

use super::problem::Problem;

const BYTES_PER_MB: f64 = 1e6;

/// A percentage from 1 to 100, as a ratio.
pub(super) fn percent(text: &str) -> Result<f64, Problem> {
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
pub(super) fn megabytes(text: &str) -> Result<f64, Problem> {
    let hint = "give a bare number of MB (10^6 bytes) a second, as `100`";
    let number = text.parse().ok().filter(|number: &f64| {
        // Up to a terabyte a second.
        number.is_finite() && *number > 0.0 && *number <= 1e6
    });
    let megabytes = number.ok_or_else(|| Problem::new("is not a number of MB a second", hint))?;
    Ok(megabytes * BYTES_PER_MB)
}
