//! `--break`: kills a service of the running demo and shows, with the seconds, how it comes back.
//!
//! Every step's time comes from the part that made it: Prometheus' sample, Alertmanager's alert, the healer's action
//! log, systemd's own time stamp.

use std::io::Write;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;

use super::state::State;
use crate::manager::Manager;
use crate::stack::observe::{self, Action};
use crate::wait;

/// How long the healer may take: longer than the first cooldowns.
const LIMIT: Duration = Duration::from_mins(1);

/// Kills the main process of a service of the demo that runs in `dir`, and writes the timeline.
pub fn break_service(dir: &Path, service: &str, out: &mut impl Write) -> Result<()> {
    let state = State::read(dir)?;
    let manager = Manager::attach(&state.host)?;
    let unit = format!("demo-{service}.service");
    ensure!(
        manager.show(&unit, "LoadState")? == "loaded",
        "no service `{service}` in the demo: web, db or worker"
    );
    ensure!(
        manager.show(&unit, "ActiveState")? == "active",
        "{unit} is not running at this moment"
    );
    let is_firing = observe::alerts(state.alertmanager)?
        .iter()
        .any(|alert| alert.label("name") == unit);
    let killed = wait::now();
    let pid = manager.kill_main(&unit)?;
    step(
        out,
        "killed",
        killed,
        killed,
        &format!("{unit}, process {}", pid.as_raw_pid()),
    )?;

    let mut timeline = Timeline::new(killed, unit, is_firing);
    let end = wait::try_until("the outcome", LIMIT, || timeline.look(&state, &manager));
    timeline.write(out)?;
    end.map(drop)
}

/// What is known so far of one fault's course.
#[derive(Debug)]
struct Timeline {
    unit: String,
    killed: Timestamp,
    /// The alert about the fault before has not resolved yet; Alertmanager has no news of this one then.
    is_firing: bool,
    seen: Option<Timestamp>,
    alert: Option<Timestamp>,
    webhook: Option<Timestamp>,
    restarted: Option<Timestamp>,
    outcome: Option<Action>,
    decisions: Vec<Action>,
}

impl Timeline {
    fn new(killed: Timestamp, unit: String, is_firing: bool) -> Self {
        Self {
            unit,
            killed,
            is_firing,
            seen: None,
            alert: None,
            webhook: None,
            restarted: None,
            outcome: None,
            decisions: Vec::new(),
        }
    }

    /// Asks every part for what is not known yet; done when the healer's outcome is.
    fn look(&mut self, state: &State, manager: &Manager) -> Result<Option<()>> {
        if self.alert.is_none() {
            let alerts = observe::alerts(state.alertmanager)?;
            self.alert = alerts
                .iter()
                .filter(|alert| alert.label("name") == self.unit)
                .map(|alert| alert.starts_at)
                .find(|&at| at >= self.killed);
        }
        let mut lines = observe::actions(&state.action_log)?;
        lines.retain(|line| line.service == self.unit && line.timestamp >= self.killed);
        let received = lines.iter().find(|line| line.is("alert", "FIRING"));
        self.webhook = received.map(|line| line.timestamp);
        self.decisions.clone_from(&lines);
        self.decisions.retain(|line| line.event_type == "decision");
        self.outcome = lines.into_iter().find(|line| line.event_type == "outcome");
        if self.outcome.is_none() {
            return Ok(None);
        }
        let series = format!("prunelle_service_up{{name=\"{}\"}}", self.unit);
        self.seen = observe::first_sample(state.prometheus, &series, "0", self.killed)?;
        self.restarted = active_since(manager, &self.unit)?.filter(|&at| at >= self.killed);
        Ok(Some(()))
    }

    fn why_not(&self, step: &str) -> &'static str {
        match step {
            "seen" if self.outcome.is_some() => "it was back before the next scrape",
            "alert" | "webhook" if self.is_firing => {
                "none of its own: the alert about the fault before still fires"
            }
            _ => "not seen",
        }
    }

    fn write(&self, out: &mut impl Write) -> Result<()> {
        let steps = [
            (
                "seen",
                self.seen,
                "by Prometheus, in a scrape of the exporter",
            ),
            ("alert", self.alert, "ServiceDown fires"),
            ("webhook", self.webhook, "journaled by the healer"),
            ("restarted", self.restarted, "active again, says systemd"),
        ];
        for (name, at, what) in steps {
            match at {
                Some(at) => step(out, name, at, self.killed, what)?,
                None => writeln!(out, "{name:<10}        -    {}", self.why_not(name))?,
            }
        }
        for line in &self.decisions {
            step(out, "decision", line.timestamp, self.killed, &line.message)?;
        }
        if let Some(line) = &self.outcome {
            let name = if line.status == "SUCCESS" {
                "verified"
            } else {
                "ended"
            };
            let what = format!("{}: {}", line.status, line.message);
            step(out, name, line.timestamp, self.killed, &what)?;
        }
        Ok(out.flush()?)
    }
}

fn step(
    out: &mut impl Write,
    name: &str,
    at: Timestamp,
    since: Timestamp,
    what: &str,
) -> Result<()> {
    let seconds = at.duration_since(since).as_secs_f64();
    Ok(writeln!(out, "{name:<10} {seconds:>8.3} s  {what}")?)
}

/// Since when a unit is active: `ActiveEnterTimestamp`.
fn active_since(manager: &Manager, unit: &str) -> Result<Option<Timestamp>> {
    let text = manager.systemctl(&[
        "show",
        "--value",
        "--timestamp=us+utc",
        "--property=ActiveEnterTimestamp",
        "--",
        unit,
    ])?;
    // "Tue 2026-11-24 06:16:42.278123 UTC", or nothing.
    let Some((date, time)) = text
        .trim()
        .strip_suffix(" UTC")
        .and_then(|text| text.split_once(' '))
        .and_then(|(_day, rest)| rest.split_once(' '))
    else {
        return Ok(None);
    };
    let at = format!("{date}T{time}Z");
    Ok(Some(at.parse().with_context(|| format!("no time: {at}"))?))
}
