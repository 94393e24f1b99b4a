//! An explanation for people: one line for each thing that was asked, with its answer in words.

use std::fmt::{self, Write as _};

use super::{AlertExplanation, Explanation, RuleExplanation, RungExplanation};
use crate::reason::Reason;

/// The explanation as text.
pub fn text(explanation: &Explanation) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write(&mut text, explanation);
    text.truncate(text.trim_end().len());
    text
}

fn write(out: &mut String, explanation: &Explanation) -> fmt::Result {
    writeln!(
        out,
        "{}",
        if explanation.is_of_daemon {
            "What the daemon would do now, if this alert had just been confirmed. Nothing is touched."
        } else {
            "What a daemon would do, asked from here: the policy as it is in its file, the state of this machine as this \
             user sees it, and nothing known of what happened before (no budgets used, no pauses). Nothing is touched."
        }
    )?;
    for alert in &explanation.alerts {
        write_alert(out, alert)?;
    }
    Ok(())
}

fn write_alert(out: &mut String, alert: &AlertExplanation) -> fmt::Result {
    writeln!(out, "\nalert {}", printable(&alert.alert))?;
    if let Some(reason) = alert.reason {
        writeln!(out, "  nothing is done: {}", said(reason))?;
    }
    for rule in &alert.rules {
        write_rule(out, rule)?;
    }
    Ok(())
}

fn write_rule(out: &mut String, rule: &RuleExplanation) -> fmt::Result {
    if let Some(why) = &rule.why_not {
        return writeln!(out, "  rule {}: no, {}", rule.rule, printable(why));
    }
    match (&rule.target, rule.reason) {
        (Some(target), _) => writeln!(out, "  rule {}: matches, on {target}", rule.rule)?,
        (None, Some(reason)) => {
            writeln!(
                out,
                "  rule {}: matches, and has no target: {}",
                rule.rule,
                said(reason)
            )?;
        }
        (None, None) => writeln!(out, "  rule {}: matches", rule.rule)?,
    }
    for rung in &rule.rungs {
        write_rung(out, rung)?;
    }
    Ok(())
}

fn write_rung(out: &mut String, rung: &RungExplanation) -> fmt::Result {
    writeln!(out, "    rung {}: {}", rung.rung, rung.remedy)?;
    for guard in &rung.guards {
        write!(out, "      {:<16} {:<5}", guard.guard, guard.answer)?;
        if let Some(reason) = guard.reason {
            write!(out, " {}", said(reason))?;
        }
        if let Some(wait) = &guard.wait {
            write!(out, " (asked again in {wait} at the latest)")?;
        }
        // Nothing after a bare answer.
        out.truncate(out.trim_end().len());
        writeln!(out)?;
    }
    for unknown in &rung.unknown {
        writeln!(out, "      not found out: {}", printable(unknown))?;
    }
    let decision = match rung.decision.as_str() {
        "act" => "it would be done",
        "observe" => "it would be done, but the mode in force is observe",
        "wait" => "it waits",
        _ => "it is left alone",
    };
    write!(out, "      → {decision}")?;
    if let (Some(reason), false) = (rung.reason, rung.decision == "observe") {
        write!(out, ": {}", said(reason))?;
    }
    writeln!(out)?;
    if let Some(plan) = &rung.plan {
        writeln!(out, "      plan: {}", printable(plan))?;
    }
    Ok(())
}

fn said(reason: Reason) -> String {
    format!("{}, {}", reason.as_str(), reason.words())
}

/// Labels come from others: on a terminal they must not move the cursor, nor pretend to be lines of ours.
fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}
