//! `status`: the daemon's picture of itself as text for people.

use std::fmt::{self, Write as _};

use crate::control::Status;
use crate::notify::outbox::{HeldStatus, QueueStatus, Unwritten};
use crate::reload::PolicyStatus;
use crate::view::{
    ActionView, AlertView, ApprovalView, HeartbeatView, PauseView, QuarantineView, RunningView,
    ServiceView, SystemdView, ThrottleView, View,
};

const SHOWN_ALERTS: usize = 20;
const SHOWN_ACTIONS: usize = 10;

pub(super) fn text(status: &Status) -> String {
    let mut text = String::new();
    // Writing to a string cannot fail.
    let _ = write_status(&mut text, status);
    text.truncate(text.trim_end().len());
    text
}

fn write_status(out: &mut String, status: &Status) -> fmt::Result {
    let view = &status.view;
    write_head(out, &status.version, view)?;
    write_policy(out, &status.policy)?;
    section(
        out,
        "questions, for a person to answer",
        &view.approvals,
        usize::MAX,
        write_approval,
    )?;
    section(
        out,
        "in quarantine, left to a person",
        &view.quarantines,
        usize::MAX,
        write_quarantine,
    )?;
    section(
        out,
        "throttled for a while",
        &view.throttled,
        usize::MAX,
        write_throttle,
    )?;
    section(out, "paused", &view.pauses, usize::MAX, write_pause)?;
    section(out, "services", &view.services, usize::MAX, write_service)?;
    section(out, "running", &view.running, usize::MAX, write_running)?;
    section(out, "alerts", &view.alerts, SHOWN_ALERTS, write_alert)?;
    section(
        out,
        "last actions",
        &view.actions,
        SHOWN_ACTIONS,
        write_action,
    )?;
    if let Some(telling) = &status.telling {
        write_unwritten(out, telling.unwritten)?;
        section(out, "messages", &telling.queues, usize::MAX, write_queue)?;
        section(
            out,
            "held back for a list or a digest",
            &telling.held,
            usize::MAX,
            write_held,
        )?;
    }
    section(
        out,
        "refused notifications",
        &status.rejected,
        usize::MAX,
        |out, sample| {
            write!(
                out,
                "{:.0}  {} bytes: {}",
                sample.at, sample.bytes, sample.problem
            )
        },
    )
}

fn write_unwritten(out: &mut String, unwritten: Unwritten) -> fmt::Result {
    let Unwritten {
        deliveries,
        is_stalled,
    } = unwritten;
    if deliveries > 0 {
        writeln!(
            out,
            "\nmessages that were tried and cannot be noted in the journal: {deliveries}"
        )?;
    }
    if is_stalled {
        writeln!(
            out,
            "\nnothing new can be told: the journal cannot be written"
        )?;
    }
    Ok(())
}

fn write_head(out: &mut String, version: &str, view: &View) -> fmt::Result {
    let ready = if view.is_ready { "ready" } else { "not ready" };
    writeln!(
        out,
        "prunelle-healer {version}, {ready} at {:.0}",
        view.as_of
    )?;
    match &view.mode_note {
        Some(note) => writeln!(out, "mode     {} ({})", view.mode, printable(note))?,
        None => writeln!(out, "mode     {}", view.mode)?,
    }
    let systemd = match view.systemd {
        SystemdView::NotYet => "not read yet",
        SystemdView::Synchronised => "synchronised",
        SystemdView::Lost => "lost: nothing is done to units",
    };
    writeln!(out, "systemd  {systemd}")?;
    if let Some(heartbeat) = &view.heartbeat {
        write_heartbeat(out, heartbeat)?;
    }
    writeln!(out, "alerts   {}", view.alerts_total)
}

fn write_policy(out: &mut String, policy: &PolicyStatus) -> fmt::Result {
    writeln!(
        out,
        "policy   revision {} of {}, in force since {:.0}",
        policy.revision,
        printable(&policy.file),
        policy.since
    )?;
    let Some(refused) = &policy.refused else {
        return Ok(());
    };
    writeln!(
        out,
        "         the file as it is now was refused; correct it and reload:"
    )?;
    for line in refused.lines() {
        writeln!(out, "         {}", printable(line))?;
    }
    Ok(())
}

fn write_heartbeat(out: &mut String, heartbeat: &HeartbeatView) -> fmt::Result {
    out.write_str("heartbeat ")?;
    match (heartbeat.is_missing, heartbeat.last) {
        (false, None) => write!(out, "has not come yet")?,
        (false, Some(last)) => write!(out, "came at {last:.0}")?,
        (true, None) => write!(out, "MISSING: it has never come since the start")?,
        (true, Some(last)) => write!(out, "MISSING: it came last at {last:.0}")?,
    }
    if heartbeat.is_missing {
        write!(
            out,
            ", which is longer ago than {}: Prometheus, Alertmanager or the way to here is broken",
            heartbeat.missing_after
        )?;
    }
    writeln!(out)
}

fn section<T>(
    out: &mut String,
    title: &str,
    items: &[T],
    shown: usize,
    line: impl Fn(&mut String, &T) -> fmt::Result,
) -> fmt::Result {
    if items.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{title}:")?;
    for item in items.iter().take(shown) {
        let mut text = String::new();
        line(&mut text, item)?;
        writeln!(out, "  {}", printable(&text))?;
    }
    match items.len().saturating_sub(shown) {
        0 => Ok(()),
        more => writeln!(out, "  … and {more} more (--json shows them)"),
    }
}

/// Labels and notes come from others: on a terminal they must not move the cursor, nor pretend to be lines of ours.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, "\u{fffd}")
}

fn write_approval(out: &mut String, question: &ApprovalView) -> fmt::Result {
    write!(
        out,
        "{number}  {} (rule {}, {} on {}), until {:.0}: `prunelle-healer approve {number}` or `deny {number}`",
        question.message,
        question.rule,
        question.remedy,
        question.target,
        question.until,
        number = question.number,
    )
}

fn write_quarantine(out: &mut String, held: &QuarantineView) -> fmt::Result {
    write!(
        out,
        "{} by rule {}, since {:.0}, until {:.0}: `{}` ends it",
        held.target, held.rule, held.since, held.until, held.release
    )
}

fn write_throttle(out: &mut String, throttle: &ThrottleView) -> fmt::Result {
    let ThrottleView {
        unit,
        limits,
        alert,
        since,
        until,
        problem,
    } = throttle;
    write!(
        out,
        "{unit} to {limits}, since {since:.0}, until {alert} is over"
    )?;
    if let Some(until) = until {
        write!(out, ", at most until {until:.0}")?;
    }
    if let Some(problem) = problem {
        write!(out, "; not undone yet: {}", printable(problem))?;
    }
    Ok(())
}

fn write_pause(out: &mut String, pause: &PauseView) -> fmt::Result {
    write!(out, "{}", pause.target)?;
    if let Some(until) = pause.until {
        write!(out, " until {until:.0}")?;
    }
    if !pause.note.is_empty() {
        write!(out, " ({})", pause.note)?;
    }
    Ok(())
}

fn write_service(out: &mut String, service: &ServiceView) -> fmt::Result {
    let up = match service.up {
        Some(true) => "up",
        Some(false) => "down",
        None => "unknown",
    };
    write!(out, "{:<8} {}  {}", up, service.name, service.state)
}

fn write_running(out: &mut String, running: &RunningView) -> fmt::Result {
    write!(
        out,
        "{} on {}: {}, rung {}, attempt {}, since {:.0} ({})",
        running.remedy,
        running.target,
        running.stage,
        running.rung,
        running.attempt,
        running.since,
        running.alert,
    )
}

fn write_alert(out: &mut String, alert: &AlertView) -> fmt::Result {
    write!(out, "{} since {:.0}", alert.name, alert.since)?;
    match (&alert.rule, &alert.target) {
        (Some(rule), Some(target)) => write!(out, ", rule {rule} on {target}")?,
        (Some(rule), None) => write!(out, ", rule {rule}")?,
        (None, _) => write!(out, ", no rule")?,
    }
    if let Some(decision) = &alert.decision {
        write!(
            out,
            ": {}, {}",
            decision.reason.as_str(),
            decision.reason.words()
        )?;
        if let Some(until) = decision.until {
            write!(out, " (again at {until:.0})")?;
        }
    }
    Ok(())
}

fn write_queue(out: &mut String, queue: &QueueStatus) -> fmt::Result {
    write!(out, "{} by {}: ", queue.receiver, queue.integration)?;
    match queue.waiting_since {
        Some(since) => write!(out, "{} wait since {since:.0}", queue.waiting)?,
        None => write!(out, "none waits")?,
    }
    if let Some(at) = queue.last_sent {
        write!(out, ", last sent at {at:.0}")?;
    }
    if let Some(at) = queue.last_given_up {
        write!(out, ", {} GIVEN UP, last at {at:.0}", queue.given_up)?;
    }
    if let Some(problem) = &queue.problem {
        write!(out, ": {problem}")?;
    }
    Ok(())
}

fn write_held(out: &mut String, held: &HeldStatus) -> fmt::Result {
    write!(
        out,
        "{} for {}, since {:.0}",
        held.waiting, held.receiver, held.since
    )
}

fn write_action(out: &mut String, action: &ActionView) -> fmt::Result {
    write!(
        out,
        "{:.0}  {} on {}: {} ({:.1} s)",
        action.at, action.remedy, action.target, action.message, action.took_seconds
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_stays_on_its_line() {
        let mut text = String::new();
        let notes = ["a\nsystemd  lost\u{1b}[2J"];
        section(&mut text, "paused", &notes, 1, |out, note| {
            out.write_str(note)
        })
        .unwrap();
        assert_eq!(text, "\npaused:\n  a\u{fffd}systemd  lost\u{fffd}[2J\n");
    }
}
