//! A rule whose remediations fail again and again, on whatever targets, is not used for a while: its remedy is no cure,
//! or its checks are wrong.
//!
//! So many failures in a row open the breaker. After `open_for` since the last of them, one trial runs alone; its
//! success closes the breaker, its failure opens it again.

use super::{Answer, Guard, Question};
use crate::reason::Reason;

pub(super) struct Breaker;

impl Guard for Breaker {
    fn name(&self) -> &'static str {
        "breaker"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let history = &question.facts.history;
        let (Some(breaker), Some((last, _))) = (&question.rule.breaker, history.rule_ends.last())
        else {
            return Answer::Pass;
        };
        let ends = history.rule_ends.iter();
        if !breaker.has_tripped(ends.map(|(_, has_succeeded)| *has_succeeded)) {
            return Answer::Pass;
        }
        let left = breaker.open_for.saturating_sub(question.certain_age(last));
        if !left.is_zero() {
            Answer::Defer(Reason::BreakerOpen, left)
        } else if history.rule_running > 0 {
            // The trial's end re-guards what waits for it; the wait is a safety net.
            Answer::Defer(Reason::BreakerOpen, question.rung.within)
        } else {
            Answer::Pass
        }
    }
}
