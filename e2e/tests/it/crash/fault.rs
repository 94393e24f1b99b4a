//! One fault of a row: told of to Alertmanager until it has been seen to, and checked against what the row says.

use anyhow::{Result, ensure};
use jiff::Timestamp;
use prunelle_sandbox::stack::{Action, Host};
use prunelle_sandbox::{Stack, http, wait, wait_until};
use serde_json::json;

use super::ledger::Ledger;
use super::remedies::{Leaves, Often, On, Row};
use super::scenery::{deeds, prepare};
use super::{LIMIT, lines};

/// One fault.
#[derive(Clone, Debug)]
pub(super) struct Fault {
    remedy: Row,
    unit: String,
    /// The unit that writes down what is done.
    counter: String,
    /// Names it among the alerts.
    label: String,
    began: Timestamp,
    /// What had been done before.
    deeds: usize,
}

impl Fault {
    /// Brings about what the remedy is for, with a unit that was not used before, and tells that something is wrong.
    pub(super) fn begin(stack: &Stack, remedy: Row, index: usize) -> Result<Self> {
        let host = stack.host();
        let unit = remedy.unit(index);
        prepare(host, &unit, remedy.before)?;
        let counter = match remedy.target {
            On::Host(unit) => unit.to_owned(),
            On::Unit | On::Greediest => unit.clone(),
        };
        let fault = Self {
            label: format!("{}-{index}", remedy.name),
            began: wait::now(),
            deeds: deeds(host, &counter, remedy.deed),
            remedy,
            unit,
            counter,
        };
        fault.tell(stack, "2100-01-01T00:00:00Z")?;
        Ok(fault)
    }

    /// The row.
    pub(super) fn remedy(&self) -> Row {
        self.remedy
    }

    /// The value of the alert's label `fault`.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Whether its repair has ended.
    pub(super) fn has_ended(&self, host: &Host) -> Result<bool> {
        Ok(!Ledger::open(host)?.ends(&self.label)?.is_empty())
    }

    /// Waits for the end of the repair, and checks that all is as it should be.
    pub(super) fn is_repaired(&self, host: &Host) -> Result<()> {
        wait_until(&format!("{} has ended", self.label), LIMIT, || {
            self.has_ended(host).ok()?.then_some(())
        })?;
        let ledger = Ledger::open(host)?;
        let ends = ledger.ends(&self.label)?;
        let is_success = |end: &(String, String)| end.0 == "success";
        // Told anew after a crash, an alert about what is shared finds it free, and something left to do.
        let is_once = ends.len() == 1 || self.remedy.is_shared();
        let is_well = is_once
            && match self.remedy.often {
                Often::OnceOr(reason) => ends.iter().all(|end| is_success(end) || end.1 == reason),
                Often::Once | Often::OncePerStart | Often::Untold => ends.iter().all(is_success),
            };
        ensure!(is_well, "{}: {ends:?}", self.label);
        let done = deeds(host, &self.counter, self.remedy.deed) - self.deeds;
        let starts = ledger.starts(&self.label)?;
        let is_well = match self.remedy.often {
            Often::Once => done == 1,
            Often::OnceOr(_) if ends.iter().all(is_success) => done == 1,
            Often::OnceOr(_) => done <= 1.min(starts),
            Often::OncePerStart => (1..=starts).contains(&done),
            Often::Untold => true,
        };
        ensure!(
            is_well,
            "{}: `{}` {done} times, with {starts} start marks: {ends:?}",
            self.label,
            self.remedy.deed
        );
        let (property, wanted) = match self.remedy.leaves {
            Leaves::State(state) => ("ActiveState", state),
            Leaves::Limited { property, then, .. } => (property, then),
            Leaves::Nothing => return Ok(()),
        };
        self.has(host, property, wanted)
    }

    /// Tells that the alert is over.
    pub(super) fn end(&self, stack: &Stack) -> Result<()> {
        if self.remedy.target == On::Greediest {
            // The next one is to be the greediest.
            stack.host().manager().systemctl(&["stop", &self.unit])?;
        }
        self.tell(stack, &wait::now().to_string())
    }

    /// Waits until the healer knows that the alert is over, and has undone what was done for its time only.
    pub(super) fn is_over(&self, host: &Host) -> Result<()> {
        wait_until(&format!("the alert {} is over", self.label), LIMIT, || {
            let lines = lines(host, "alert").ok()?;
            let is_end = |line: &Action| {
                line.status == "RESOLVED" && line.details["labels"]["fault"] == self.label
            };
            lines.iter().any(is_end).then_some(())
        })?;
        let Leaves::Limited {
            property, after, ..
        } = self.remedy.leaves
        else {
            return Ok(());
        };
        wait_until(&format!("{} is undone", self.label), LIMIT, || {
            self.is_undone(host).ok()?.then_some(())
        })?;
        let undone = self.undone(host)?;
        ensure!(
            undone.len() == 1 && undone[0].status == "SUCCESS",
            "{undone:#?}"
        );
        self.has(host, property, after)
    }

    /// Whether it is told that what was done has been undone.
    pub(super) fn is_undone(&self, host: &Host) -> Result<bool> {
        Ok(!self.undone(host)?.is_empty())
    }

    fn undone(&self, host: &Host) -> Result<Vec<Action>> {
        let mut lines = lines(host, "action")?;
        lines.retain(|line| line.action_type.ends_with("_undo") && line.service == self.unit);
        Ok(lines)
    }

    fn has(&self, host: &Host, property: &str, wanted: &str) -> Result<()> {
        let value = host.manager().show(&self.unit, property)?;
        ensure!(
            value == wanted,
            "{property} of {} is {value}, not {wanted}, after {}",
            self.unit,
            self.label
        );
        Ok(())
    }

    fn tell(&self, stack: &Stack, ends: &str) -> Result<()> {
        let alert = json!([{
            "labels": {
                "alertname": "Fault",
                "instance": stack.host().instance(),
                "severity": "critical",
                "row": self.remedy.name,
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
