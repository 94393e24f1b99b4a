//! The table of remedies: how each is written in a policy, what is wrong before it, and what must be true afterwards.
//!
//! All of them act on units of the sandbox that write down each thing that is done to them, so that what was done can be
//! counted past the healer. A new remedy is a new row.

use std::fmt::Write as _;
use std::fs;
use std::time::Duration;

use anyhow::{Result, ensure};
use jiff::Timestamp;
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::{HostOptions, Stack, StackOptions, http, wait, wait_until};
use serde_json::json;

use super::ledger::Ledger;
use super::{LIMIT, lines};

/// A row.
#[derive(Clone, Copy, Debug)]
pub(super) struct Remedy {
    /// As the policy calls it.
    name: &'static str,
    /// The other keys of its rung.
    rung: &'static str,
    /// The state of the unit while the alert fires.
    before: Before,
    /// The word that the unit writes down when it is done, and how often it may.
    deed: &'static str,
    often: Often,
    /// `ActiveState` of the unit in the end.
    after: &'static str,
}

/// How a unit is brought into a state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Before {
    Up,
    Down,
    Failed,
}

/// How often something may be done for one fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Often {
    /// Once, whatever happens.
    Once,
    /// Twice does no harm: once for each start mark at most, and once at least.
    OncePerStart,
    /// It leaves no trace that could be counted.
    Untold,
}

/// All of them.
pub(super) const REMEDIES: &[Remedy] = &[
    Remedy {
        name: "restart_service",
        rung: "with: {live: restart}, verify: {unit_active: {stable_for: 300ms}}",
        before: Before::Up,
        deed: "start",
        often: Often::Once,
        after: "active",
    },
    Remedy {
        name: "start_service",
        rung: "verify: {unit_active: {stable_for: 300ms}}",
        before: Before::Down,
        deed: "start",
        often: Often::Once,
        after: "active",
    },
    Remedy {
        name: "stop_service",
        rung: "verify: {unit_inactive: {stable_for: 300ms}}",
        before: Before::Up,
        deed: "stop",
        often: Often::Once,
        after: "inactive",
    },
    Remedy {
        name: "reload_service",
        rung: "verify: {unit_active: {stable_for: 300ms}}",
        before: Before::Up,
        deed: "reload",
        often: Often::OncePerStart,
        after: "active",
    },
    Remedy {
        name: "reset_failed",
        rung: "verify: {unit_inactive: {stable_for: 300ms}}",
        before: Before::Failed,
        deed: "nothing",
        often: Often::Untold,
        after: "inactive",
    },
];

/// Writes down what is done to it.
const UNIT: &str = "[Unit]\nStartLimitIntervalSec=0\n\
    [Service]\nType=exec\n\
    ExecStart=/bin/sh -c 'echo start >>${PRUNELLE_SANDBOX}/%n.deeds; exec sleep infinity'\n\
    ExecReload=/bin/sh -c 'echo reload >>${PRUNELLE_SANDBOX}/%n.deeds'\n\
    ExecStop=/bin/sh -c 'echo stop >>${PRUNELLE_SANDBOX}/%n.deeds'\n";

/// A host with so many units for each remedy, one for each fault: while its alert goes on, a unit that was repaired rests.
pub(super) fn options(remedies: &[Remedy], units: usize) -> Result<StackOptions> {
    let mut host = HostOptions::demo()?;
    host.units = Vec::new();
    host.policy = "\
version: 1
host: {label: instance, is: ['localhost:9750']}
mode: enforce
defaults:
  boot_grace: 0s
  cooldown: {first: 1h, step: 1h, factor: 1, max: 1h}
  budget: {max: 10000, per: 1h}
  host_budget: {max: 10000, per: 1h}
  max_at_once: 1000
  flapping: {repairs: 10000, within: 30m, hold: 1s}
  breaker: {failures: 100, open_for: 1s}
rules:
"
    .to_owned();
    for remedy in remedies {
        let names = (0..units).map(|index| (remedy.unit(index), UNIT.to_owned()));
        host.units.extend(names);
        write!(
            host.policy,
            "  - name: {name}
    matchers: ['alertname = \"Fault\"', 'remedy = \"{name}\"']
    target: {{unit: {{label: name, allow: ['{pattern}']}}}}
    ladder: [{{remedy: {name}, attempts: 5, within: 20s, {rung}}}]
    escalate: {{quarantine: 0s}}
",
            name = remedy.name,
            pattern = remedy.pattern(),
            rung = remedy.rung
        )?;
    }
    // What the test tells of is all that is wrong.
    let nothing = ("MONITORED_SERVICES".to_owned(), "dbus.service".to_owned());
    host.exporter_env.push(nothing);
    Ok(StackOptions::of(vec![host]))
}

impl Remedy {
    pub(super) fn name(&self) -> &'static str {
        self.name
    }

    fn unit(&self, index: usize) -> String {
        format!("{}-{index:03}.service", self.name.replace('_', "-"))
    }

    fn pattern(&self) -> String {
        format!("{}-*.service", self.name.replace('_', "-"))
    }
}

/// One fault: told of to Alertmanager until it has been seen to.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    remedy: Remedy,
    unit: String,
    /// Names it among the alerts.
    label: String,
    began: Timestamp,
    /// What had been done to the unit before.
    deeds: usize,
}

impl Fault {
    /// Brings a unit that was not used before into the state that the remedy is for, and tells that it is wrong.
    pub(super) fn begin(stack: &Stack, remedy: Remedy, index: usize) -> Result<Self> {
        let host = stack.host();
        let unit = remedy.unit(index);
        prepare(host, &unit, remedy.before)?;
        let fault = Self {
            label: format!("{}-{index}", remedy.name),
            began: wait::now(),
            deeds: deeds(host, &unit, remedy.deed),
            remedy,
            unit,
        };
        fault.tell(stack, "2100-01-01T00:00:00Z")?;
        Ok(fault)
    }

    /// The value of the alert's label `fault`.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Whether its repair has ended.
    pub(super) fn has_ended(&self, host: &Host) -> Result<bool> {
        Ok(!Ledger::open(host)?.outcomes(&self.label)?.is_empty())
    }

    /// Waits for the end of the repair, checks that all is as it should be, and tells that the alert is over.
    pub(super) fn is_repaired(&self, stack: &Stack) -> Result<()> {
        let host = stack.host();
        wait_until(&format!("{} has ended", self.label), LIMIT, || {
            self.has_ended(host).ok()?.then_some(())
        })?;
        let ledger = Ledger::open(host)?;
        let outcomes = ledger.outcomes(&self.label)?;
        let is_once = outcomes.len() == 1 || self.remedy.often == Often::OncePerStart;
        ensure!(
            is_once && outcomes.iter().all(|outcome| outcome == "success"),
            "{}: {outcomes:?}",
            self.label
        );
        let done = deeds(host, &self.unit, self.remedy.deed) - self.deeds;
        let starts = ledger.starts(&self.label)?;
        let is_well = match self.remedy.often {
            Often::Once => done == 1,
            Often::OncePerStart => (1..=starts).contains(&done),
            Often::Untold => true,
        };
        ensure!(
            is_well,
            "{}: `{}` {done} times, with {starts} start marks",
            self.label,
            self.remedy.deed
        );
        let state = host.state(&self.unit)?;
        ensure!(
            state == self.remedy.after,
            "{} is {state} after {}",
            self.unit,
            self.label
        );
        self.tell(stack, &wait::now().to_string())
    }

    /// Waits until the healer knows that the alert is over.
    pub(super) fn is_over(&self, host: &Host) -> Result<()> {
        wait_until(&format!("the alert {} is over", self.label), LIMIT, || {
            let lines = lines(host, "alert").ok()?;
            let is_end = |line: &Action| {
                line.status == "RESOLVED" && line.details["labels"]["fault"] == self.label
            };
            lines.iter().any(is_end).then_some(())
        })
    }

    fn tell(&self, stack: &Stack, ends: &str) -> Result<()> {
        let alert = json!([{
            "labels": {
                "alertname": "Fault",
                "instance": stack.host().instance(),
                "severity": "critical",
                "remedy": self.remedy.name,
                "name": self.unit,
                "fault": self.label,
            },
            "startsAt": self.began.to_string(),
            "endsAt": ends,
        }]);
        let json = [("Content-Type", "application/json")];
        let port = stack.alertmanager.port();
        let answer = http::post(port, "/api/v2/alerts", &json, &alert.to_string())?;
        ensure!(answer.status == 200, "{answer:?}");
        Ok(())
    }
}

fn prepare(host: &Host, unit: &str, before: Before) -> Result<()> {
    let manager = host.manager();
    match before {
        Before::Up => manager.systemctl(&["start", unit]).map(drop),
        Before::Down => manager.systemctl(&["stop", unit]).map(drop),
        Before::Failed => {
            manager.systemctl(&["start", unit])?;
            manager.kill_main(unit)?;
            manager.wait_for(unit, "failed", Duration::from_secs(10))
        }
    }
}

fn deeds(host: &Host, unit: &str, word: &str) -> usize {
    let file = host.dir().join(format!("{unit}.deeds"));
    let text = fs::read_to_string(file).unwrap_or_default();
    text.lines().filter(|line| *line == word).count()
}
