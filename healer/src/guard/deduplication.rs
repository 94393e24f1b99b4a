//! One remediation a target: an alert about a target that is being repaired joins that repair.

use super::{Answer, Guard, Question};
use crate::reason::Reason;

pub(super) struct Deduplication;

impl Guard for Deduplication {
    fn name(&self) -> &'static str {
        "deduplication"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        match question.facts.history.running {
            // The end of that repair re-guards what joined it; the wait is a safety net.
            Some(running) if question.remediation != Some(running) => {
                Answer::Defer(Reason::JoinedRunning, question.rung.within)
            }
            _ => Answer::Pass,
        }
    }
}
