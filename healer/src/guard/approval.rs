//! A person has to agree first, where the rung asks for it.
//!
//! Asked after all other guards, so that nobody is asked about what would not be done anyway; in observe mode nobody is
//! asked at all. An approval holds for one remediation on this rung, all its attempts included (the journal tells none
//! that another one has used), and not for longer than it could have been given.

use super::{Answer, Guard, Question, switches};
use crate::policy::Mode;
use crate::reason::Reason;

pub(super) struct Approval;

impl Guard for Approval {
    fn name(&self) -> &'static str {
        "approval"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let Some(needed) = &question.rung.approval else {
            return Answer::Pass;
        };
        if switches::mode(question) != Mode::Enforce {
            return Answer::Pass;
        }
        let Some(asked) = &question.facts.history.approval else {
            return Answer::Defer(Reason::AwaitingApproval, needed.expires);
        };
        let left = asked.lasts.saturating_sub(question.waited(&asked.since));
        match asked.is_approved {
            Some(false) => Answer::Suppress(Reason::Denied),
            _ if left.is_zero() => Answer::Suppress(Reason::ApprovalExpired),
            Some(true) => Answer::Pass,
            None => Answer::Defer(Reason::AwaitingApproval, left),
        }
    }
}
