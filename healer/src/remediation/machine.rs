//! The state machine of one remediation: a pure, total function. The engine drives it, tests and rehearsals as well.
//!
//! ```text
//! guarding ─┬→ suppressed(reason) | observed                          end
//!    ↑      ├→ deferred(until) → guarding
//!    │      └→ admitting  (fsync A: the intent; the budget is charged here)
//!    │            ├→ refused, not writable → deferred → guarding
//!    │            └→ starting  (fsync B: the start mark)
//!    │                  └→ executing → done | failed | timed out
//!    │                        done → verifying → verified → settling → succeeded          end
//!    │                        failed | timed out | not verified → settling (the attempt's end is written)
//!    ├── next attempt, next rung ←───────────────────────────────────────┤
//!    │                                    ladder exhausted: quarantine ←─┘                end
//!    ├ a rung that is not for this target, not allowed, used up, denied → next rung → guarding
//!    └ resolved before executing → cancelled                                              end
//!      resolved while executing  → the step is finished and verified, no further rung     end
//!
//! after a crash, by the last durable state:
//!   intent → guarding, the budget stays charged · acted, verifying → verifying
//!   started → identifying ─┬→ it happened → verifying
//!                          ├→ it did not → counts as an attempt
//!                          ├→ it may be run again → guarding ─→ no (more) need, or no leave → verifying
//!                          └→ it cannot be told → unknown                                 end
//! ```
//!
//! What must hold, and the tests assert: the remedy runs only between its start mark and the attempt's deadline;
//! answers to steps that are no longer current change nothing; an end is reached once, has one reason, and is not left;
//! an admitted remediation ends before its deadline, if only the journal answers.

mod transition;

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::state::{End, Failure, Next, Remediation, Stage, StepId};
use crate::reason::{Outcome, Reason};
use transition::Transition;

/// What the guards say, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Nothing against it.
    Proceed,
    /// Nothing against it but the mode in force: it was planned, and nothing is touched.
    Observe,
    /// Not now; ask again after this long at the latest.
    Defer(Reason, Duration),
    /// No.
    Suppress(Reason),
}

/// What is found out about a step that a crash interrupted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Identified {
    /// It happened: verify.
    Happened,
    /// It did not happen.
    DidNot,
    /// It does not matter: it may be run again.
    RunAgain,
    /// It cannot be told.
    Unknown,
}

/// The answer to a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// To [`Effect::Ask`].
    Guards(Verdict),
    /// To [`Effect::Admit`]: the intent is on disk.
    Admitted,
    /// To [`Effect::Admit`] and [`Effect::Start`]: no, for this reason; nothing was done.
    Refused(Reason),
    /// To [`Effect::Start`]: the mark is on disk.
    Started,
    /// To [`Effect::Apply`].
    Applied(Result<(), Failure>),
    /// To [`Effect::Identify`].
    Identified(Identified),
    /// To [`Effect::Verify`].
    Verified(Result<(), Failure>),
    /// To [`Effect::Settle`]: it is on disk.
    Settled,
}

/// What happens to a remediation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A step was carried out.
    Step(StepId, Answer),
    /// A wait may be over.
    Due,
    /// A fact that a guard looked at may have changed.
    Nudge,
    /// The alert resolved.
    Resolved,
    /// The alert fires again, in the same remediation.
    Refired,
}

/// What the engine has to do. All but `Decide` are steps that answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Gather the facts and ask the guards.
    Ask,
    /// Plan, take the lease, write the intent.
    Admit,
    /// Write the start mark.
    Start,
    /// Run the remedy.
    Apply,
    /// Find out whether the remedy ran.
    Identify,
    /// Check its effect.
    Verify,
    /// Write the end of the attempt, of the remediation, or of both.
    Settle {
        /// The attempt that ended, and how; none when none was under way.
        attempt: Option<Result<(), Failure>>,
        /// The end of the remediation.
        end: Option<End>,
    },
    /// Keep a decision, when it differs from the last one.
    Decide {
        /// Why.
        reason: Reason,
        /// It will be asked again by itself.
        is_deferred: bool,
    },
}

/// One step: what becomes of `state` when `event` happens at `now`, and what has to be done.
pub fn step(state: Remediation, event: Event, now: &Now) -> (Remediation, Vec<Effect>) {
    let mut transition = Transition {
        state,
        effects: Vec::new(),
        now,
    };
    match event {
        Event::Step(id, answer) if id == transition.state.step => transition.answered(answer),
        Event::Step(..) => {}
        Event::Due => transition.due(),
        Event::Nudge => transition.nudged(),
        Event::Resolved => transition.resolved(),
        Event::Refired => transition.state.is_alert_active = true,
    }
    (transition.state, transition.effects)
}

/// The first effect of a new or a recovered remediation.
pub fn begin(mut state: Remediation) -> (Remediation, Vec<Effect>) {
    let effect = match state.stage {
        Stage::Guarding { .. } => Effect::Ask,
        Stage::Identifying { .. } => Effect::Identify,
        Stage::Verifying { .. } => Effect::Verify,
        Stage::Deferred { .. }
        | Stage::Admitting { .. }
        | Stage::Starting { .. }
        | Stage::Executing { .. }
        | Stage::Settling(_)
        | Stage::Ended(_) => return (state, Vec::new()),
    };
    state.step = StepId(state.step.0.wrapping_add(1));
    (state, vec![effect])
}

/// The first effect of a remediation whose last attempt had ended, on disk, when a crash interrupted it.
pub fn begin_after_attempt(
    state: Remediation,
    outcome: Outcome,
    now: &Now,
) -> (Remediation, Vec<Effect>) {
    let mut transition = Transition {
        state,
        effects: Vec::new(),
        now,
    };
    let next = match outcome {
        Outcome::Success => Next::End(SUCCESS),
        _ => transition.next_after(Failure {
            outcome,
            reason: match outcome {
                Outcome::Timeout => Reason::TimedOut,
                Outcome::NotVerified => Reason::NotVerified,
                Outcome::Cancelled => Reason::StoppedByPerson,
                Outcome::Unknown => Reason::UnknownAfterCrash,
                Outcome::Success | Outcome::Failed | Outcome::Observed => Reason::RemedyFailed,
            },
        }),
    };
    match next {
        Next::End(_) => transition.settle(None, next),
        Next::Guard(_) => transition.settled(next),
    }
    (transition.state, transition.effects)
}

const SUCCESS: End = End {
    outcome: Outcome::Success,
    reason: None,
    quarantine: Duration::ZERO,
};

#[cfg(test)]
mod tests;
