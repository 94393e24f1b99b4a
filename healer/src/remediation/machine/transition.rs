//! What each event does to the state, one function an event: the arrows of the diagram.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use super::{Answer, Effect, Identified, SUCCESS, Verdict};
use crate::reason::{Outcome, Reason};
use crate::remediation::deadline::Deadline;
use crate::remediation::state::{
    End, Failure, GUARDING_LIMIT, Next, Position, RETRY, Remediation, Stage, StepId,
};

/// A state on its way to the next one, with what has to be done for that.
pub(super) struct Transition<'a> {
    pub(super) state: Remediation,
    pub(super) effects: Vec<Effect>,
    pub(super) now: &'a Now,
}

impl Transition<'_> {
    pub(super) fn answered(&mut self, answer: Answer) {
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
                if matches!(self.state.stage, Stage::Executing { .. }) {
                    self.state.is_interrupted = false;
                }
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
                self.state.is_interrupted = true;
                self.guard(self.state.position);
            }
            (Stage::Identifying { .. }, Answer::Identified(Identified::Unknown)) => self.unknown(),
            (Stage::Settling(next), Answer::Settled) => self.settled(next),
            _ => {}
        }
    }

    fn guarded(&mut self, verdict: Verdict, again: bool) {
        match verdict {
            // It waited and was asked for so long that another attempt would outlive it.
            Verdict::Proceed if self.has_outlived() => {
                self.stop(Outcome::Timeout, Reason::TimedOut);
            }
            Verdict::Proceed => {
                let until = Deadline::after(self.now, self.state.within().min(self.left()));
                self.enter(Stage::Admitting { until }, Effect::Admit);
            }
            _ if again => self.guard(self.state.position),
            Verdict::Observe => self.stop(Outcome::Observed, Reason::Observed),
            Verdict::Defer(reason, after) => self.defer(reason, after),
            Verdict::Suppress(reason) if reason.is_about_rung() && !self.state.is_interrupted => {
                self.skip_rung(reason);
            }
            Verdict::Suppress(reason) => self.stop(Outcome::Cancelled, reason),
        }
    }

    /// This rung is not for it, or not now: the ladder goes on, and ends as any that was tried in vain.
    fn skip_rung(&mut self, reason: Reason) {
        match (self.next_position(reason), self.state.last) {
            (Some(position), _) => self.guard(position),
            (None, Some(last)) => {
                let end = self.exhausted(last.outcome);
                self.settle(None, Next::End(end));
            }
            (None, None) => self.stop(Outcome::Cancelled, reason),
        }
    }

    fn exhausted(&self, outcome: Outcome) -> End {
        End {
            outcome,
            reason: Some(Reason::LadderExhausted),
            quarantine: self.state.quarantine,
        }
    }

    fn has_outlived(&self) -> bool {
        let deadline = self.state.deadline.as_ref();
        deadline.is_some_and(|deadline| deadline.has_passed(self.now))
    }

    pub(super) fn due(&mut self) {
        let overall_passed = self.has_outlived();
        match &self.state.stage {
            Stage::Guarding { .. } | Stage::Deferred { .. } if overall_passed => {
                self.stop(Outcome::Timeout, Reason::TimedOut);
            }
            Stage::Guarding { until, .. } if until.has_passed(self.now) => {
                self.defer(Reason::FactUnknown, RETRY * 5);
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

    pub(super) fn nudged(&mut self) {
        match &mut self.state.stage {
            Stage::Guarding { again, .. } => *again = true,
            Stage::Deferred { .. } => self.guard(self.state.position),
            _ => {}
        }
    }

    pub(super) fn resolved(&mut self) {
        self.state.is_alert_active = false;
        if matches!(
            self.state.stage,
            Stage::Guarding { .. } | Stage::Deferred { .. }
        ) {
            self.stop(Outcome::Cancelled, Reason::Resolved);
        }
    }

    /// Between two writes: goes on unless the alert resolved or the attempt's time has passed. Nothing was done yet, but
    /// by an attempt that a crash interrupted.
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
        self.state.is_interrupted = false;
        let next = self.next_after(failure);
        self.settle(Some(Err(failure)), next);
    }

    /// Remembers a failed attempt, and tells what follows: the next attempt, the next rung, or the end.
    pub(super) fn next_after(&mut self, failure: Failure) -> Next {
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
        self.next_position(failure.reason)
            .map_or_else(|| Next::End(self.exhausted(failure.outcome)), Next::Guard)
    }

    fn next_position(&self, reason: Reason) -> Option<Position> {
        let Position { rung, attempt } = self.state.position;
        let is_hopeless =
            reason.is_about_rung() || matches!(reason, Reason::NotLoaded | Reason::NotAllowed);
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

    /// How long it may still last; for ever before its first intent.
    fn left(&self) -> Duration {
        self.state
            .deadline
            .as_ref()
            .map_or(Duration::MAX, |deadline| deadline.left(self.now))
    }

    /// Waits, if the remediation's own deadline allows it; else ends it, and the alert waits without it.
    fn defer(&mut self, reason: Reason, after: Duration) {
        // There has to be time for the attempt as well.
        let fits = after.saturating_add(self.state.within()) <= self.left();
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
        if self.state.is_interrupted {
            self.end_interrupted(reason);
            return;
        }
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

    /// The attempt that a crash interrupted is not run again. It may have acted, may even be why nothing is left to do:
    /// its effect is checked, as that of any attempt, if there is time.
    fn end_interrupted(&mut self, reason: Reason) {
        self.state.is_interrupted = false;
        let left = self
            .state
            .deadline
            .as_ref()
            .map_or(Duration::ZERO, |deadline| deadline.left(self.now));
        if left.is_zero() {
            let failure = Failure {
                outcome: Outcome::Failed,
                reason: Reason::Interrupted,
            };
            let end = End {
                outcome: failure.outcome,
                reason: Some(reason),
                quarantine: Duration::ZERO,
            };
            self.settle(Some(Err(failure)), Next::End(end));
        } else {
            let until = Deadline::after(self.now, self.state.within().min(left));
            self.enter(Stage::Verifying { until }, Effect::Verify);
        }
    }

    pub(super) fn settled(&mut self, next: Next) {
        match next {
            Next::End(end) => {
                self.state.stage = Stage::Ended(end);
                self.forget_step();
            }
            Next::Guard(_) if !self.state.is_alert_active => {
                self.stop(Outcome::Cancelled, Reason::Resolved);
            }
            Next::Guard(_) if self.has_outlived() => {
                self.stop(Outcome::Timeout, Reason::TimedOut);
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

    pub(super) fn settle(&mut self, attempt: Option<Result<(), Failure>>, next: Next) {
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
