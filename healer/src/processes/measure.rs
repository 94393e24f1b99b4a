//! Looking for the greediest unit: the samples, the waits between them, on a thread for work that blocks.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::{Now, SharedClock};
use prunelle_foundation::lifecycle::Tasks;
use prunelle_systemd::UnitState;

use super::{Capacity, Choice, Folder, Place, ProcessesError, Sample, choose, is_actionable};
use crate::causes::with_causes;
use crate::facts::{Fact, Victim};
use crate::remediation::alarm::Alarm;
use crate::remediation::steps::Roots;
use crate::target::Resource;

/// Between two samples.
const BETWEEN: Duration = Duration::from_secs(1);

/// The greediest unit as a fact, and the cgroup that it was found by.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The unit; it does not apply when none stands out.
    pub victim: Fact<Victim>,
    /// Where its processes are, when it is known.
    pub place: Option<Place>,
}

impl Measured {
    /// The target is no process group.
    pub fn not_applicable() -> Self {
        Self {
            victim: Fact::NotApplicable,
            place: None,
        }
    }

    /// The victim, if the service manager says the same: that the unit's own cgroup is where the processes were found.
    /// Until it does, nobody is the victim. What is no service is never acted on, and told as it was found.
    pub fn confirmed(self, unit: &Fact<UnitState>) -> Fact<Victim> {
        let (Fact::Known { value, .. }, Some(place), Fact::Known { value: state, .. }) =
            (&self.victim, &self.place, unit)
        else {
            return self.victim;
        };
        let told = state.service.as_ref().map(|service| &service.control_group);
        if !is_actionable(&value.unit) || told == Some(&Some(place.control_group.clone())) {
            return self.victim;
        }
        let told = told.and_then(Option::as_deref).unwrap_or("none");
        Fact::Unknown(format!(
            "processes of `{}` were found in the cgroup `{}`, and its cgroup as systemd tells it is {told}",
            value.unit,
            super::printable(place.control_group.as_bytes()),
        ))
    }
}

/// What it takes to look.
#[derive(Clone, Debug)]
pub struct Looking {
    /// The time.
    pub clock: SharedClock,
    /// What waits between two samples.
    pub alarm: Arc<dyn Alarm>,
    /// What spawns the blocking work.
    pub tasks: Tasks,
    /// Where the kernel tells of processes.
    pub roots: Roots,
}

/// Finds the unit that uses most of a resource. By CPU time it takes a second; by memory only when there is a near-tie.
pub async fn greediest(looking: &Looking, resource: Resource) -> Measured {
    match find(looking, resource).await {
        Ok((Choice::Greediest(victim, place), at)) => Measured {
            victim: Fact::Known { value: victim, at },
            place: Some(place),
        },
        Ok(_) => Measured {
            victim: Fact::NotApplicable,
            place: None,
        },
        Err(why) => Measured {
            victim: Fact::Unknown(why),
            place: None,
        },
    }
}

async fn find(looking: &Looking, resource: Resource) -> Result<(Choice, Now), String> {
    let at = looking.clock.now();
    let (capacity, first) = look(looking, resource, at.boot).await?;
    let ticks = rustix::param::clock_ticks_per_second();
    let choice = choose(resource, None, &first, &capacity, ticks);
    if choice != Choice::NearTie {
        return Ok((choice, at));
    }
    let until = at.boot + BETWEEN;
    loop {
        let left = until.saturating_sub(looking.clock.now().boot);
        if left.is_zero() {
            break;
        }
        looking.alarm.after(left).await;
    }
    let at = looking.clock.now();
    let (capacity, second) = look(looking, resource, at.boot).await?;
    let choice = choose(resource, Some(&first), &second, &capacity, ticks);
    Ok((choice, at))
}

async fn look(
    looking: &Looking,
    resource: Resource,
    at: Duration,
) -> Result<(Capacity, Sample), String> {
    let roots = looking.roots.clone();
    let work = move || -> Result<_, ProcessesError> {
        let proc = Folder::open(&roots.proc)?;
        let capacity = Capacity::read(&proc, &roots)?;
        let sample = Sample::take(&proc, resource, &capacity, at)?;
        Ok((capacity, sample))
    };
    match looking.tasks.spawn_blocking("processes", work).await {
        Ok(Ok(found)) => Ok(found),
        Ok(Err(error)) => Err(with_causes(&error)),
        Err(error) => Err(error.to_string()),
    }
}
