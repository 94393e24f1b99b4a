//! The last guard, asked by the journal inside the transaction that writes the intent.
//!
//! All guards answer once more, over the history as that transaction reads it, so that nothing that the journal owns
//! (who runs, budgets, pauses, quarantines, approvals) can have changed since; what was read elsewhere must be fresh.

use std::time::Duration;

use super::{Answer, GUARDS, Guard, Question, RETRY_UNKNOWN, switches};
use crate::facts::{Facts, History};
use crate::policy::Mode;
use crate::reason::Reason;
use crate::target::Target;

/// Facts about the target may be this old when an intent is written.
pub const MAX_FACT_AGE: Duration = Duration::from_secs(2);

pub(super) struct Admission;

impl Guard for Admission {
    fn name(&self) -> &'static str {
        "admission"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        if target_facts_are_fresh(question) {
            Answer::Pass
        } else {
            Answer::Defer(Reason::FactUnknown, RETRY_UNKNOWN)
        }
    }
}

/// Whether an intent may be written, given the history that its transaction has read; the reason when not.
pub fn admission(question: Question<'_>, history: History) -> Result<(), Reason> {
    let facts = Facts {
        history,
        ..question.facts.clone()
    };
    let question = Question {
        facts: &facts,
        ..question
    };
    GUARDS
        .iter()
        .try_for_each(|guard| match guard.ask(question) {
            Answer::Pass => Ok(()),
            Answer::Defer(reason, _) | Answer::Suppress(reason) => Err(reason),
        })?;
    match switches::mode(question) {
        Mode::Enforce => Ok(()),
        Mode::Observe => Err(Reason::Observed),
        Mode::Off => Err(Reason::ModeOff),
    }
}

fn target_facts_are_fresh(question: Question<'_>) -> bool {
    let facts = question.facts;
    let read = match question.target {
        Target::Unit(_) => vec![facts.unit.known_at()],
        Target::ProcessGroup(_) => vec![facts.unit.known_at(), facts.victim.known_at()],
        Target::Path(_) | Target::Mount(_) => vec![facts.folder.known_at()],
        // What is true of the machine as a whole was read with the question.
        Target::Host => vec![],
    };
    read.into_iter()
        .all(|at| at.is_some_and(|at| question.now.since(at) <= MAX_FACT_AGE))
}
