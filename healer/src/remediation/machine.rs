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
//!    └ resolved before executing → cancelled                                              end
//!      resolved while executing  → the step is finished and verified, no further rung     end
//!
//! after a crash, by the last durable state:
//!   intent → guarding, the budget stays charged · acted, verifying → verifying
//!   started → identifying ─┬→ it happened → verifying
//!                          ├→ it did not → counts as an attempt
//!                          ├→ it may be run again → guarding
//!                          └→ it cannot be told → unknown                                 end
//! ```
//!
//! What must hold, and the tests assert: the remedy runs only between its start mark and the attempt's deadline;
//! answers to steps that are no longer current change nothing; an end is reached once, has one reason, and is not left;
//! an admitted remediation ends before its deadline, if only the journal answers.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::deadline::Deadline;
use super::state::{
    End, Failure, GUARDING_LIMIT, Next, Position, RETRY, Remediation, Stage, StepId,
};
use crate::reason::{Outcome, Reason};

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

struct Transition<'a> {
    state: Remediation,
    effects: Vec<Effect>,
    now: &'a Now,
}

impl Transition<'_> {
    fn answered(&mut self, answer: Answer) {
        match (self.state.stage.clone(), answer) {
            (Stage::Guarding { again, .. }, Answer::Guards(verdict)) => {
                self.guarded(verdict, again);
            }
            (Stage::Admitting { until }, Answer::Admitted) => {
                if self.state.deadline.is_none() {
                    let limit = self.state.time_limit();
                    self.state.deadline = Some(Deadline::after(self.now, limit));
                }
                self.go_on(until, |until| Stage::Starting { until }, Effect::Start);
            }
            (Stage::Admitting { .. } | Stage::Starting { .. }, Answer::Refused(reason)) => {
                self.defer(reason, RETRY);
            }
            (Stage::Starting { until }, Answer::Started) => {
                self.go_on(until, |until| Stage::Executing { until }, Effect::Apply);
            }
            (Stage::Executing { until }, Answer::Applied(Ok(())))
            | (Stage::Identifying { until }, Answer::Identified(Identified::Happened)) => {
                self.enter(Stage::Verifying { until }, Effect::Verify);
            }
            (Stage::Executing { .. }, Answer::Applied(Err(failure)))
            | (Stage::Verifying { .. }, Answer::Verified(Err(failure))) => self.failed(failure),
            (Stage::Verifying { .. }, Answer::Verified(Ok(()))) => {
                self.settle(Some(Ok(())), Next::End(SUCCESS));
            }
            (Stage::Identifying { .. }, Answer::Identified(Identified::DidNot)) => {
                self.failed(Failure {
                    outcome: Outcome::Failed,
                    reason: Reason::Interrupted,
                });
            }
            (Stage::Identifying { .. }, Answer::Identified(Identified::RunAgain)) => {
                self.guard(self.state.position);
            }
            (Stage::Identifying { .. }, Answer::Identified(Identified::Unknown)) => self.unknown(),
            (Stage::Settling(next), Answer::Settled) => self.settled(next),
            _ => {}
        }
    }

    fn guarded(&mut self, verdict: Verdict, again: bool) {
        match verdict {
            Verdict::Proceed => {
                let until = Deadline::after(self.now, self.state.within());
                self.enter(Stage::Admitting { until }, Effect::Admit);
            }
            _ if again => self.guard(self.state.position),
            Verdict::Observe => self.stop(Outcome::Observed, Reason::Observed),
            Verdict::Defer(reason, after) => self.defer(reason, after),
            // There is nothing to do on this rung: the ladder goes on.
            Verdict::Suppress(reason @ Reason::NothingToClean) => {
                match self.next_position(reason) {
                    Some(position) => self.guard(position),
                    None => self.stop(Outcome::Cancelled, reason),
                }
            }
            Verdict::Suppress(reason) => self.stop(Outcome::Cancelled, reason),
        }
    }

    fn due(&mut self) {
        let overall_passed = self
            .state
            .deadline
            .as_ref()
            .is_some_and(|deadline| deadline.has_passed(self.now));
        match &self.state.stage {
            Stage::Guarding { until, .. } if until.has_passed(self.now) => {
                self.defer(Reason::FactUnknown, RETRY * 5);
            }
            Stage::Deferred { .. } if overall_passed => {
                self.stop(Outcome::Timeout, Reason::TimedOut);
            }
            Stage::Deferred { until, .. } if until.has_passed(self.now) => {
                self.guard(self.state.position);
            }
            Stage::Executing { until } | Stage::Verifying { until }
                if until.has_passed(self.now) =>
            {
                self.failed(Failure {
                    outcome: Outcome::Timeout,
                    reason: Reason::TimedOut,
                });
            }
            Stage::Identifying { until } if until.has_passed(self.now) => self.unknown(),
            _ => {}
        }
    }

    fn nudged(&mut self) {
        match &mut self.state.stage {
            Stage::Guarding { again, .. } => *again = true,
            Stage::Deferred { .. } => self.guard(self.state.position),
            _ => {}
        }
    }

    fn resolved(&mut self) {
        self.state.is_alert_active = false;
        if matches!(
            self.state.stage,
            Stage::Guarding { .. } | Stage::Deferred { .. }
        ) {
            self.stop(Outcome::Cancelled, Reason::Resolved);
        }
    }

    /// Between two writes: goes on unless the alert resolved or the attempt's time has passed. Nothing was done yet.
    fn go_on(&mut self, until: Deadline, stage: fn(Deadline) -> Stage, effect: Effect) {
        if !self.state.is_alert_active {
            self.stop(Outcome::Cancelled, Reason::Resolved);
        } else if until.has_passed(self.now) {
            self.failed(Failure {
                outcome: Outcome::Timeout,
                reason: Reason::TimedOut,
            });
        } else {
            self.enter(stage(until), effect);
        }
    }

    fn failed(&mut self, failure: Failure) {
        let next = self.next_after(failure);
        self.settle(Some(Err(failure)), next);
    }

    /// Remembers a failed attempt, and tells what follows: the next attempt, the next rung, or the end.
    fn next_after(&mut self, failure: Failure) -> Next {
        self.state.last = Some(failure);
        if failure.reason == Reason::UnknownAfterCrash {
            return Next::End(End {
                outcome: failure.outcome,
                reason: Some(failure.reason),
                quarantine: self.state.quarantine,
            });
        }
        if failure.reason == Reason::StoppedByPerson || !self.state.is_alert_active {
            return Next::End(End {
                outcome: failure.outcome,
                reason: Some(failure.reason),
                quarantine: Duration::ZERO,
            });
        }
        self.next_position(failure.reason).map_or(
            Next::End(End {
                outcome: failure.outcome,
                reason: Some(Reason::LadderExhausted),
                quarantine: self.state.quarantine,
            }),
            Next::Guard,
        )
    }

    fn next_position(&self, reason: Reason) -> Option<Position> {
        let Position { rung, attempt } = self.state.position;
        let is_hopeless = matches!(
            reason,
            Reason::NotPermitted | Reason::NothingToClean | Reason::NotLoaded | Reason::NotAllowed
        );
        if !is_hopeless
            && self
                .state
                .rung(rung)
                .is_some_and(|limits| attempt < limits.attempts)
        {
            return Some(Position {
                rung,
                attempt: attempt + 1,
            });
        }
        let next = rung.checked_add(1)?;
        self.state.rung(next).map(|_| Position {
            rung: next,
            attempt: 1,
        })
    }

    fn unknown(&mut self) {
        self.failed(Failure {
            outcome: Outcome::Unknown,
            reason: Reason::UnknownAfterCrash,
        });
    }

    /// Waits, if the remediation's own deadline allows it; else ends it, and the alert waits without it.
    fn defer(&mut self, reason: Reason, after: Duration) {
        let fits = self
            .state
            .deadline
            .as_ref()
            .is_none_or(|deadline| after < deadline.left(self.now));
        if !self.state.is_alert_active {
            self.stop(Outcome::Cancelled, Reason::Resolved);
        } else if fits {
            self.effects.push(Effect::Decide {
                reason,
                is_deferred: true,
            });
            self.state.stage = Stage::Deferred {
                reason,
                until: Deadline::after(self.now, after),
            };
            self.forget_step();
        } else {
            self.stop(Outcome::Cancelled, reason);
        }
    }

    /// Ends it without (another) attempt. What the last attempt did counts for more than why no other was made.
    fn stop(&mut self, outcome: Outcome, reason: Reason) {
        let end = End {
            outcome: self.state.last.map_or(outcome, |last| last.outcome),
            reason: Some(reason),
            quarantine: Duration::ZERO,
        };
        if self.state.is_admitted() {
            self.settle(None, Next::End(end));
        } else {
            self.effects.push(Effect::Decide {
                reason,
                is_deferred: false,
            });
            self.state.stage = Stage::Ended(end);
            self.forget_step();
        }
    }

    fn settled(&mut self, next: Next) {
        match next {
            Next::End(end) => {
                self.state.stage = Stage::Ended(end);
                self.forget_step();
            }
            Next::Guard(_) if !self.state.is_alert_active => {
                self.stop(Outcome::Cancelled, Reason::Resolved);
            }
            Next::Guard(position) => self.guard(position),
        }
    }

    fn guard(&mut self, position: Position) {
        self.state.position = position;
        let stage = Stage::Guarding {
            until: Deadline::after(self.now, GUARDING_LIMIT),
            again: false,
        };
        self.enter(stage, Effect::Ask);
    }

    fn settle(&mut self, attempt: Option<Result<(), Failure>>, next: Next) {
        let end = match next {
            Next::End(end) => Some(end),
            Next::Guard(_) => None,
        };
        self.enter(Stage::Settling(next), Effect::Settle { attempt, end });
    }

    fn enter(&mut self, stage: Stage, effect: Effect) {
        self.state.stage = stage;
        self.forget_step();
        self.effects.push(effect);
    }

    /// Makes the answer to the step under way, if any, one that is ignored.
    fn forget_step(&mut self) {
        self.state.step = StepId(self.state.step.0.wrapping_add(1));
    }
}

#[cfg(test)]
mod tests;
