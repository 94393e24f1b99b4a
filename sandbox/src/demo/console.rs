//! The demo's report of each cycle: figures, services, alerts, and what the healer did since the last one.

use std::io::Write;

use anyhow::Result;
use serde_json::Value;

use crate::stack::{Action, Stack};
use crate::wait;

/// Writes the reports; remembers which lines of the action log were shown.
#[derive(Debug)]
pub(super) struct Console {
    is_terminal: bool,
    shown: usize,
}

impl Console {
    /// Lines of the action log from before are not shown.
    pub(super) fn new(stack: &Stack, is_terminal: bool) -> Result<Self> {
        Ok(Self {
            is_terminal,
            shown: stack.actions()?.len(),
        })
    }

    /// One report. What cannot be asked is said; it does not end the demo.
    pub(super) fn report(&mut self, stack: &Stack, out: &mut impl Write) -> Result<()> {
        let time = wait::now().strftime("%H:%M:%S");
        let figures = figures(stack).unwrap_or_else(|error| format!("not known: {error:#}"));
        writeln!(out, "{time} UTC  {figures}")?;
        self.services(stack, out)?;
        self.alerts(stack, out)?;
        self.actions(stack, out)?;
        Ok(out.flush()?)
    }

    fn services(&self, stack: &Stack, out: &mut impl Write) -> Result<()> {
        let Ok(services) = stack.query("prunelle_service_up{job=\"prunelle-services\"}") else {
            return Ok(());
        };
        if services.is_empty() {
            writeln!(out, "  the state of the services is not known")?;
        }
        for service in services {
            let name = service.labels.get("name").map_or("?", String::as_str);
            let state = if service.value > 0.0 {
                self.green("up  ")
            } else {
                self.red("DOWN")
            };
            writeln!(out, "  {state}  {name}")?;
        }
        Ok(())
    }

    fn alerts(&self, stack: &Stack, out: &mut impl Write) -> Result<()> {
        let alerts = match stack.alerts() {
            Ok(alerts) => alerts,
            Err(error) => return Ok(writeln!(out, "  alerts: not known: {error:#}")?),
        };
        // The heartbeat always fires; that is its purpose.
        for alert in alerts.iter().filter(|alert| alert.name() != "Heartbeat") {
            let summary = alert.annotations.get("summary").map_or("", String::as_str);
            let text = format!("{} ({}): {summary}", alert.name(), alert.label("severity"));
            writeln!(out, "  alert: {}", self.red(&text))?;
        }
        Ok(())
    }

    fn actions(&mut self, stack: &Stack, out: &mut impl Write) -> Result<()> {
        let lines = match stack.actions() {
            Ok(lines) => lines,
            Err(error) => return Ok(writeln!(out, "  actions: not known: {error:#}")?),
        };
        // A log that was rotated begins anew.
        let new = lines.get(self.shown..).unwrap_or(&lines);
        for line in new.iter().filter(|line| line.event_type != "alert") {
            writeln!(out, "  {}", self.action(line))?;
        }
        self.shown = lines.len();
        Ok(())
    }

    /// `06:40:29 outcome service_restart demo-web.service SUCCESS: …`
    fn action(&self, line: &Action) -> String {
        let status = match line.status.as_str() {
            "SUCCESS" => self.green("SUCCESS"),
            other => self.red(other),
        };
        let what = [&line.event_type, &line.action_type, &line.service]
            .into_iter()
            .filter(|word| !word.is_empty())
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join(" ");
        // An attempt's line says what was done; the outcome's, how it ended.
        let done = line.details.pointer("/evidence/message");
        let message = done.and_then(Value::as_str).unwrap_or(&line.message);
        let time = line.timestamp.strftime("%H:%M:%S");
        format!("{time} {what} {status}: {message}")
    }

    fn green(&self, text: &str) -> String {
        self.coloured(text, "32")
    }

    fn red(&self, text: &str) -> String {
        self.coloured(text, "31")
    }

    fn coloured(&self, text: &str, colour: &str) -> String {
        if self.is_terminal {
            format!("\x1b[{colour}m{text}\x1b[0m")
        } else {
            text.to_owned()
        }
    }
}

/// CPU, memory and the fullest disk, in percent.
fn figures(stack: &Stack) -> Result<String> {
    let mut figures = Vec::new();
    for resource in ["cpu", "memory", "disk"] {
        let samples = stack.query(&format!("topk(1, prunelle_{resource}_usage_ratio)"))?;
        figures.push(match samples.first() {
            Some(sample) => {
                let place = sample.labels.get("mountpoint");
                let place = place.map_or(String::new(), |path| format!(" ({path})"));
                format!("{resource} {:.1} %{place}", 100.0 * sample.value)
            }
            None => format!("{resource} not known yet"),
        });
    }
    Ok(figures.join(", "))
}
