//! The plan: which process of the victim unit, what it is, and what it holds.

use std::time::Duration;

use serde_json::Value;
use tracing::debug;

use super::choice::{self, Candidate};
use super::members::Members;
use super::{Details, EndProcess, Used};
use crate::causes::with_causes;
use crate::facts::Fact;
use crate::policy::{self, RemedySpec};
use crate::processes::{Capacity, Place, ProcessesError, is_actionable};
use crate::reason::Reason;
use crate::remedy::{Plan, Planning};
use crate::target::{Resource, Target};

/// Over which CPU time is measured: long enough for what is counted in hundredths of a second, short enough for the
/// facts to be fresh afterwards.
const BETWEEN: Duration = Duration::from_millis(300);

impl EndProcess {
    pub(super) async fn planned(&self, planning: &Planning) -> Result<Plan, Reason> {
        let (Target::ProcessGroup(resource), RemedySpec::EndProcess(policy::EndProcess { grace })) =
            (&planning.target, &planning.remedy)
        else {
            return Err(Reason::NoTarget);
        };
        let (resource, grace) = (*resource, *grace);
        let place = place(planning)?;
        let before = match resource {
            Resource::Memory => None,
            Resource::Cpu => {
                let of = place.clone();
                // Before the first look as before the second: each process is looked at equally late in both.
                let at = self.clock.now().boot;
                let times = self
                    .blocking(move |proc, _| Members::open(proc)?.cpu_times(&of))
                    .await;
                let times = readable(times)?;
                self.wait(BETWEEN).await;
                Some((times, at))
            }
        };
        let now = self.clock.now().boot;
        let look = move |proc: &std::path::Path, roots: &crate::remediation::steps::Roots| {
            let members = Members::open(proc)?;
            let capacity = Capacity::read(&members.proc, roots)?;
            let candidates = match &before {
                None => members.by_memory(&place)?,
                Some((times, at)) => {
                    let ticks = rustix::param::clock_ticks_per_second();
                    members.by_cpu(&place, times, now.saturating_sub(*at), ticks)?
                }
            };
            let (own, root) = (&members.own, &members.root);
            let chosen = choice::choose(resource, &candidates, &capacity, own, root);
            Ok(chosen.map(|chosen| Details {
                process: chosen.identity.clone(),
                unit: place,
                used: used(resource, chosen),
                command_line: members.command_line(chosen.identity.pid),
                grace_seconds: grace.as_secs_f64(),
            }))
        };
        let details = readable(self.blocking(look).await)??;
        Ok(Plan {
            message: message(&details),
            details: serde_json::to_value(&details).unwrap_or(Value::Null),
        })
    }
}

/// The victim unit and its cgroup, as the service manager tells it.
fn place(planning: &Planning) -> Result<Place, Reason> {
    let (Fact::Known { value: victim, .. }, Fact::Known { value: unit, .. }) =
        (&planning.facts.victim, &planning.facts.unit)
    else {
        return Err(Reason::FactUnknown);
    };
    if !is_actionable(&victim.unit) {
        return Err(Reason::NotAllowed);
    }
    let service = unit.service.as_ref();
    let control_group = service.and_then(|service| service.control_group.clone());
    // At the top it would be everybody's.
    let control_group = control_group.filter(|path| path.len() > 1);
    Ok(Place {
        unit: victim.unit.clone(),
        control_group: control_group.ok_or(Reason::FactUnknown)?,
    })
}

fn readable<T>(read: Option<Result<T, ProcessesError>>) -> Result<T, Reason> {
    match read {
        Some(Ok(value)) => Ok(value),
        Some(Err(error)) => {
            debug!(
                error = with_causes(&error),
                "cannot look at the processes of the victim"
            );
            Err(Reason::FactUnknown)
        }
        None => Err(Reason::FactUnknown),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "bytes, which were counted as whole ones"
)]
fn used(resource: Resource, chosen: &Candidate) -> Used {
    match resource {
        Resource::Memory => Used::Memory(chosen.used as u64),
        Resource::Cpu => Used::Processors(chosen.used),
    }
}

fn message(details: &Details) -> String {
    format!(
        "end process {} of `{}`, which uses {}: {}",
        details.process.pid, details.unit.unit, details.used, details.command_line
    )
}
