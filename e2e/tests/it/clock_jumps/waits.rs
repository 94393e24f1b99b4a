//! A timed pause and a cooldown, over jumps of the wall clock: each lasts as long as it was to last.

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Result, ensure};
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::wait::Stopwatch;
use prunelle_sandbox::{HostOptions, Stack, StackOptions, wait_until};

use super::{LIMIT, SLACK, faked_by};

/// Of the pause, and of the cooldown.
const WAIT: Duration = Duration::from_secs(8);
const PAUSED: &str = "paused.service";
const COOLED: &str = "cooled.service";

#[test]
fn clock_jumps_neither_prolong_nor_shorten_a_pause_or_a_cooldown() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let clock = folder.path().join("clock");
    fs::write(&clock, "+0")?;
    Stack::tell(options(&clock)?, |stack| {
        let host = stack.host();
        for jump in ["+1d", "-1d"] {
            // From the end of a repair on it cools down.
            let repaired = count(host, &is_repaired(COOLED))?;
            host.manager().kill_main(COOLED)?;
            more_than(host, repaired, &is_repaired(COOLED))?;
            let cooling = Stopwatch::start();
            more_than(host, repaired, &is_over(COOLED))?;

            let pause = format!("{}s", WAIT.as_secs());
            let (cooled, paused) = (
                is_deferred(COOLED, "cooldown"),
                is_deferred(PAUSED, "paused"),
            );
            let before = (count(host, &cooled)?, count(host, &paused)?);
            host.healer_command(&["pause", PAUSED, "--for", &pause])?;
            let pausing = Stopwatch::start();
            host.manager().kill_main(PAUSED)?;
            host.manager().kill_main(COOLED)?;
            more_than(host, before.0, &cooled)?;
            more_than(host, before.1, &paused)?;

            fs::write(&clock, jump)?;
            host.healer().stop()?;
            host.healer().start()?;
            for (unit, since) in [(COOLED, cooling), (PAUSED, pausing)] {
                host.manager().wait_for(unit, "active", LIMIT)?;
                let lasted = since.elapsed();
                ensure!(
                    lasted + Duration::from_secs(1) >= WAIT && lasted <= WAIT + SLACK,
                    "{jump}: {unit} was down until {lasted:?} later"
                );
            }
            more_than(host, repaired + 1, &is_over(COOLED))?;
        }
        Ok(())
    })
}

fn options(clock: &Path) -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    let unit =
        "[Unit]\nStartLimitIntervalSec=0\n[Service]\nType=exec\nExecStart=/bin/sleep infinity\n";
    host.units = [PAUSED, COOLED]
        .map(|name| (name.to_owned(), unit.to_owned()))
        .into();
    let wait = WAIT.as_secs();
    host.policy = format!(
        "\
version: 1
host: {{label: instance, is: ['localhost:9750']}}
mode: enforce
defaults:
  boot_grace: 0s
  budget: {{max: 100, per: 1h}}
  flapping: none
rules:
  - name: paused
    matchers: ['alertname = \"ServiceDown\"', 'name = \"{PAUSED}\"']
    target: {{unit: {{label: name, allow: ['{PAUSED}']}}}}
    cooldown: {{first: 0s, step: 1s, factor: 1, max: 1s}}
    ladder:
      - {{remedy: restart_service, attempts: 1, verify: {{unit_active: {{stable_for: 300ms}}}}, within: 10s}}
  - name: cooled
    matchers: ['alertname = \"ServiceDown\"', 'name = \"{COOLED}\"']
    target: {{unit: {{label: name, allow: ['{COOLED}']}}}}
    cooldown: {{first: {wait}s, step: {wait}s, factor: 1, max: {wait}s}}
    ladder:
      - {{remedy: restart_service, attempts: 1, verify: {{unit_active: {{stable_for: 300ms}}}}, within: 10s}}
"
    );
    host.healer_env = faked_by(clock)?;
    Ok(StackOptions::of(vec![host]).change("ServiceDown", "keep_firing_for", "0s"))
}

fn is_repaired(unit: &'static str) -> impl Fn(&Action) -> bool {
    move |line| line.service == unit && line.is("outcome", "SUCCESS")
}

fn is_over(unit: &'static str) -> impl Fn(&Action) -> bool {
    move |line| line.service == unit && line.is("alert", "RESOLVED")
}

fn is_deferred(unit: &'static str, reason: &'static str) -> impl Fn(&Action) -> bool {
    move |line| {
        let is_about = line.details["target"] == format!("unit:{unit}");
        is_about && line.is("decision", "DEFERRED") && line.details["reason"] == reason
    }
}

/// Waits until there are more such lines than before.
fn more_than(host: &Host, before: usize, is_it: &impl Fn(&Action) -> bool) -> Result<()> {
    wait_until("a line of the action log", LIMIT, || {
        (count(host, is_it).ok()? > before).then_some(())
    })
}

fn count(host: &Host, is_it: &impl Fn(&Action) -> bool) -> Result<usize> {
    Ok(host.actions()?.iter().filter(|line| is_it(line)).count())
}
