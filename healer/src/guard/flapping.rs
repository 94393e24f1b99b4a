//! A target that is repaired again and again is left alone for a while: repairing it once more is no cure. The second
//! part of the guard `cooldown`.
//!
//! Whether it flaps is judged at its last repair, not now: it does not stop to flap because it is left alone.

use super::{Answer, Question};
use crate::facts::MOST_ENDS;
use crate::reason::Reason;

pub(super) fn ask(question: Question<'_>) -> Answer {
    let repairs = &question.facts.history.repairs;
    let (Some(flapping), Some(last)) = (&question.rule.flapping, repairs.last()) else {
        return Answer::Pass;
    };
    let boots = &question.facts.history.boots;
    let close = repairs
        .iter()
        .filter(|repair| boots.certain(repair, last) < flapping.within)
        .count();
    let left = flapping.hold.saturating_sub(question.certain_age(last));
    let limit = usize::try_from(flapping.repairs.min(MOST_ENDS)).unwrap_or(usize::MAX);
    if close >= limit && !left.is_zero() {
        Answer::Defer(Reason::Flapping, left)
    } else {
        Answer::Pass
    }
}
