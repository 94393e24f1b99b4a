//! Headroom below `StartLimitBurst`: one start too many, and systemd refuses all further ones; a restart even
//! leaves a running service down. The healer never causes that, and never resets the counter blindly.

use std::time::Duration;

use jiff::Timestamp;
use prunelle_systemd::UnitState;
use prunelle_systemd::unit::{ActiveState, ServiceState};

use super::{Answer, Guard, Question};
use crate::facts::Fact;
use crate::policy::RemedySpec;
use crate::reason::Reason;

/// From this burst on, one start is kept in reserve for a person.
const BURST_WITH_RESERVE: u32 = 3;

pub(super) struct StartLimitHeadroom;

impl Guard for StartLimitHeadroom {
    fn name(&self) -> &'static str {
        "start_limit"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let (
            RemedySpec::RestartService(_) | RemedySpec::StartService,
            Fact::Known { value: unit, .. },
        ) = (&question.rung.remedy, &question.facts.unit)
        else {
            return Answer::Pass;
        };
        match &unit.service {
            Some(service)
                if service.start_limit_burst > 0 && !service.start_limit_interval.is_zero() =>
            {
                headroom(question, unit, service)
            }
            _ => Answer::Pass,
        }
    }
}

fn headroom(question: Question<'_>, unit: &UnitState, service: &ServiceState) -> Answer {
    let interval = service.start_limit_interval;
    let left_of_interval = |since: Option<Timestamp>| {
        // A time in the future is a stepped clock: taken as if it were now.
        let passed = Duration::try_from(question.now.wall.duration_since(since?));
        Some(interval.saturating_sub(passed.unwrap_or_default())).filter(|left| !left.is_zero())
    };
    if service.result == "start-limit-hit" {
        return left_of_interval(unit.state_change)
            .map_or(Answer::Pass, |left| Answer::Defer(Reason::StartLimit, left));
    }
    // A unit that failed before it hit the limit keeps the result of that. As many automatic restarts tell of it.
    let has_given_up = unit.active == ActiveState::Failed
        && service.restarts.saturating_add(1) >= service.start_limit_burst;
    if has_given_up && let Some(left) = left_of_interval(unit.last_start) {
        return Answer::Defer(Reason::StartLimit, left);
    }

    let history = &question.facts.history;
    // Other rules start the unit, too: theirs are among those of the target.
    let charges = if history.target_charges.len() > history.charges.len() {
        &history.target_charges
    } else {
        &history.charges
    };
    let ours: Vec<Duration> = charges
        .iter()
        .map(|charge| question.certain_age(charge))
        .filter(|age| *age < interval)
        .collect();
    // systemd counts starts by anyone; of those by others the last one is known.
    let last_start_left = left_of_interval(unit.last_start);
    let used = ours.len().max(usize::from(last_start_left.is_some()));
    let reserve = u32::from(service.start_limit_burst >= BURST_WITH_RESERVE);
    let limit = usize::try_from(service.start_limit_burst - reserve).unwrap_or(usize::MAX);
    if used < limit {
        return Answer::Pass;
    }
    let oldest_leaves = ours.iter().max().map(|age| interval.saturating_sub(*age));
    Answer::Defer(
        Reason::StartLimit,
        oldest_leaves.or(last_start_left).unwrap_or(interval),
    )
}
