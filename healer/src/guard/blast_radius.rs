//! How much is touched at once: remediations on the host and on a group of units, and how many others of a group must
//! be up before one that is up is hit. Two separate limits; a group of which too little is known blocks.

use super::hits::takes_a_live_unit_away;
use super::{Answer, Guard, LOOK_AGAIN, Question, RETRY_UNKNOWN};
use crate::facts::GroupFacts;
use crate::reason::Reason;
use crate::target::Target;

pub(super) struct BlastRadius;

impl Guard for BlastRadius {
    fn name(&self) -> &'static str {
        "blast_radius"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let others = &question.facts.history.others_running;
        // The end of one of them re-guards what waits for it; the wait is a safety net.
        let too_many = Answer::Defer(Reason::TooManyAtOnce, question.rung.within);
        if has_reached(others.len(), question.policy.max_at_once) {
            return too_many;
        }
        for facts in &question.facts.groups {
            let groups = &question.policy.groups;
            let Some(group) = groups.iter().find(|group| group.name == facts.name) else {
                // The facts are of another policy than the question.
                return Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN);
            };
            let of_group = others
                .iter()
                .filter_map(Target::unit)
                .filter(|unit| group.has(unit.as_str()))
                .count();
            if has_reached(of_group, group.max_at_once) {
                return too_many;
            }
            if takes_a_live_unit_away(question) {
                match healthy(facts, group.min_healthy) {
                    Answer::Pass => {}
                    blocked => return blocked,
                }
            }
        }
        Answer::Pass
    }
}

fn healthy(facts: &GroupFacts, min_healthy: u32) -> Answer {
    match facts.healthy_others {
        Some(others) if others >= min_healthy => Answer::Pass,
        Some(_) => Answer::Defer(Reason::TooFewHealthy, LOOK_AGAIN),
        None => Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN),
    }
}

fn has_reached(count: usize, limit: u32) -> bool {
    count >= usize::try_from(limit).unwrap_or(usize::MAX)
}
