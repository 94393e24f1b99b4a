//! The report as text for a terminal: at most 100 columns, the most telling first.

use std::fmt::{self, Write as _};

use jiff::Timestamp;

use super::report::{Report, Totals};

/// Rows of one table; the rest is counted.
const ROWS: usize = 20;
const WIDTH: usize = 100;

/// The report as text.
pub fn text(report: &Report) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, report);
    text.truncate(text.trim_end().len());
    text
}

fn write(out: &mut String, report: &Report) -> fmt::Result {
    head(out, report)?;
    remediations(out, report)?;
    reasons(out, report)?;
    budgets(out, report)?;
    writeln!(out, "\nNot rehearsed")?;
    for item in &report.not_rehearsed {
        wrapped(out, item.what, 16, item.why)?;
    }
    Ok(())
}

fn head(out: &mut String, report: &Report) -> fmt::Result {
    let history = &report.history;
    writeln!(
        out,
        "Rehearsed {} to {} UTC, each repair assumed to be a {}\n\
         Policy    {}, mode {} (shown, not applied)",
        minute(report.asked.from),
        minute(report.asked.to),
        report.assumed,
        report.policy.revision.get(..12).unwrap_or_default(),
        report.policy.mode
    )?;
    match (history.coverage.first, history.coverage.last) {
        (Some(first), Some(last)) => writeln!(
            out,
            "History   {:.1}% of it, {} to {}, read every {} s from Prometheus {}",
            history.coverage.ratio * 100.0,
            minute(first),
            minute(last),
            history.step_seconds,
            history.prometheus
        )?,
        _ => writeln!(
            out,
            "History   none: Prometheus {} has no samples of that time",
            history.prometheus
        )?,
    }
    for gap in history.coverage.gaps.iter().take(ROWS) {
        writeln!(
            out,
            "          nothing {} to {}",
            minute(gap.from),
            minute(gap.to)
        )?;
    }
    more(out, history.coverage.gaps.len(), "gaps")?;
    let Totals {
        episodes,
        of_this_host,
        remediations,
        attempts,
        succeeded,
        repaired,
        tried,
        waited,
        suppressed,
        approvals_assumed,
    } = report.totals;
    writeln!(
        out,
        "Episodes  {episodes}, {of_this_host} about this host: {repaired} repaired, {tried} tried in vain, {waited} ended \
         while waiting,\n          {suppressed} suppressed"
    )?;
    writeln!(
        out,
        "Repairs   {remediations} remediations, {succeeded} succeeded, {attempts} attempts"
    )?;
    if approvals_assumed > 0 {
        writeln!(
            out,
            "          a person would have been asked about {approvals_assumed} of the attempts"
        )?;
    }
    if let Some(hour) = &report.busiest_hour {
        writeln!(
            out,
            "Busiest   {} remediations in the hour from {}",
            hour.remediations,
            minute(hour.from)
        )?;
    }
    Ok(())
}

fn remediations(out: &mut String, report: &Report) -> fmt::Result {
    if report.remediations_by.is_empty() {
        return writeln!(out, "\nNothing would have been done");
    }
    writeln!(
        out,
        "\n{:>6} {:>6}  {:<24} {:<33} remedy",
        "done", "good", "rule", "target"
    )?;
    for row in report.remediations_by.iter().take(ROWS) {
        let note = if row.mode == "enforce" {
            String::new()
        } else {
            format!(" ({})", row.mode)
        };
        let line = format!(
            "{:>6} {:>6}  {:<24} {:<33} {}{note}",
            row.remediations,
            row.succeeded,
            cut(&row.rule, 24),
            cut(&row.target, 33),
            row.remedy,
        );
        writeln!(out, "{}", cut(&line, WIDTH))?;
    }
    more(out, report.remediations_by.len(), "rows")
}

fn reasons(out: &mut String, report: &Report) -> fmt::Result {
    if report.reasons.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\n{:>8} {:>9}  {:<10} {:<20} rule",
        "episodes", "decisions", "why not", ""
    )?;
    for row in report.reasons.iter().take(ROWS) {
        let line = format!(
            "{:>8} {:>9}  {:<10} {:<20} {}",
            row.episodes,
            row.decisions,
            row.kind,
            row.reason,
            row.rule.as_deref().unwrap_or("-")
        );
        writeln!(out, "{}", cut(&line, WIDTH))?;
    }
    more(out, report.reasons.len(), "rows")
}

fn budgets(out: &mut String, report: &Report) -> fmt::Result {
    if report.budgets.is_empty() {
        return writeln!(out, "\nNo budget was used up");
    }
    writeln!(out, "\nBudgets that were used up")?;
    for stop in report.budgets.iter().take(ROWS) {
        let line = format!(
            "  {}  {:<14} {} on {}",
            minute(stop.at),
            stop.reason,
            stop.rule,
            stop.target
        );
        writeln!(out, "{}", cut(&line, WIDTH))?;
    }
    more(out, report.budgets.len(), "times")
}

fn more(out: &mut String, all: usize, what: &str) -> fmt::Result {
    match all.checked_sub(ROWS) {
        Some(left) if left > 0 => writeln!(out, "          and {left} more {what} (--format json)"),
        _ => Ok(()),
    }
}

fn wrapped(out: &mut String, name: &str, indent: usize, text: &str) -> fmt::Result {
    let mut line = format!("  {name:<width$}", width = indent - 2);
    for word in text.split(' ') {
        if line.chars().count() + word.chars().count() + 1 > WIDTH {
            writeln!(out, "{line}")?;
            line = " ".repeat(indent);
        }
        line.push_str(if line.ends_with(' ') { "" } else { " " });
        line.push_str(word);
    }
    writeln!(out, "{line}")
}

/// A text of at most so many characters.
fn cut(text: &str, most: usize) -> String {
    let text = text.trim_end();
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{kept}…")
}

/// Date and minute, in UTC.
pub(super) fn minute(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d %H:%M").to_string()
}
