//! A target whose ladder was exhausted is left to a person until its quarantine ends. The first part of the guard
//! `cooldown`.

use super::{Answer, Question};
use crate::reason::Reason;

pub(super) fn ask(question: Question<'_>) -> Answer {
    let Some(quarantine) = &question.facts.history.quarantine else {
        return Answer::Pass;
    };
    let left = quarantine
        .lasts
        .saturating_sub(question.waited(&quarantine.since));
    if left.is_zero() {
        Answer::Pass
    } else {
        Answer::Defer(Reason::Quarantined, left)
    }
}
