//! Driving a case through the state machine: what it asks for is answered at once, unless it takes time.

use prunelle_foundation::clock::Now;

use super::cases::CaseId;
use super::{Attempt, CONFIRMED_EVERY, Decided, Happening, REPAIR, Running};
use crate::guard::{self, Answer as GuardAnswer, Question};
use crate::reason::{Outcome, Reason};
use crate::remediation::machine::{self, Answer, Effect, Event, Verdict};
use crate::remediation::state::{Failure, Remediation};
use crate::simulate::Assume;
use crate::simulate::facts;
use crate::simulate::memory::Of;

impl Running<'_> {
    pub(super) fn drive(&mut self, id: CaseId, event: Event) {
        let Some(case) = self.case(id) else { return };
        let (state, effects) = machine::step(case.state.clone(), event, &self.clock.now());
        self.proceed(id, state, effects);
    }

    /// Puts the state that follows in place, and answers what it asks for, until it has to wait.
    pub(super) fn proceed(&mut self, id: CaseId, mut state: Remediation, mut effects: Vec<Effect>) {
        let now = self.clock.now();
        loop {
            let Some(case) = self.cases.get_mut(id.0) else {
                return;
            };
            let has_just_ended = case.state.end().is_none() && state.end().is_some();
            case.state = state;
            let step = case.state.step;
            if let Some(place) = self.steps.get_mut(id.0) {
                *place = step;
            }
            let mut answer = None;
            for effect in effects {
                answer = self.carry_out(id, effect, &now).or(answer);
            }
            if has_just_ended {
                self.ended(id, &now);
            }
            let (Some(answer), Some(case)) = (answer, self.case(id)) else {
                break;
            };
            (state, effects) = machine::step(case.state.clone(), Event::Step(step, answer), &now);
        }
        let wake = self.case(id).and_then(|case| case.state.wake(&now));
        if let Some(wake) = wake {
            self.at(self.clock.after(wake), Happening::Due(id));
        }
    }

    fn carry_out(&mut self, id: CaseId, effect: Effect, now: &Now) -> Option<Answer> {
        match effect {
            Effect::Ask => Some(Answer::Guards(self.ask(id, now))),
            Effect::Admit => {
                let case = self.cases.get_mut(id.0)?;
                let rung = self.policy.rules.get(case.rule)?.ladder.get(case.rung())?;
                let remedy = rung.remedy.kind();
                let of = Of {
                    rule: case.rule,
                    target: &case.target,
                    remedy,
                    remediation: case.remediation,
                };
                self.memory.charge(of, now);
                case.begun.get_or_insert(self.clock.millis());
                case.attempts.push(Attempt {
                    at: self.clock.millis(),
                    rung: case.rung(),
                    remedy,
                });
                Some(Answer::Admitted)
            }
            Effect::Start => Some(Answer::Started),
            Effect::Apply => {
                let within = self.case(id)?.state.within();
                let takes = self.clock.after(REPAIR.min(within / 2));
                self.at(takes, Happening::Step(id));
                None
            }
            Effect::Verify => Some(Answer::Verified(match self.assume {
                Assume::Success => Ok(()),
                Assume::Failure => Err(Failure {
                    outcome: Outcome::NotVerified,
                    reason: Reason::NotVerified,
                }),
            })),
            Effect::Settle { .. } => Some(Answer::Settled),
            Effect::Decide {
                reason,
                is_deferred,
            } => {
                self.decide(id, reason, is_deferred);
                None
            }
            // Only after a crash, of which there is none.
            Effect::Identify => None,
        }
    }

    fn ask(&self, id: CaseId, now: &Now) -> Verdict {
        let asked = || {
            let case = self.case(id)?;
            let rule = self.policy.rules.get(case.rule)?;
            let rung = rule.ladder.get(case.rung())?;
            let history = self.memory.history(Of {
                rule: case.rule,
                target: &case.target,
                remedy: rung.remedy.kind(),
                remediation: case.remediation,
            });
            let mountpoint = case.alert.labels.get("mountpoint");
            let facts = facts::facts(
                &self.policy,
                &self.mounts,
                mountpoint,
                &case.target,
                rung,
                history,
                now,
            );
            let question = Question {
                alert: &case.alert,
                policy: &self.policy,
                rule,
                rung,
                target: &case.target,
                remediation: Some(case.remediation),
                facts: &facts,
                now,
            };
            let blocking = guard::GUARDS
                .iter()
                .filter(|guard| {
                    facts::NOT_ASKED
                        .iter()
                        .all(|(name, _)| *name != guard.name())
                })
                .map(|guard| guard.ask(question))
                .find(|answer| *answer != GuardAnswer::Pass);
            Some(match blocking {
                None | Some(GuardAnswer::Pass) => Verdict::Proceed,
                Some(GuardAnswer::Defer(reason, wait)) => Verdict::Defer(reason, wait),
                Some(GuardAnswer::Suppress(reason)) => Verdict::Suppress(reason),
            })
        };
        asked().unwrap_or(Verdict::Suppress(Reason::NoRule))
    }

    fn decide(&mut self, id: CaseId, reason: Reason, is_deferred: bool) {
        let at = self.clock.millis();
        let Some(case) = self.cases.get_mut(id.0) else {
            return;
        };
        if case.decided == Some((reason, is_deferred)) {
            return;
        }
        case.decided = Some((reason, is_deferred));
        let is_first = case.seen.insert(reason);
        self.log.decided(Decided {
            at,
            episode: case.episode,
            rule: case.rule,
            target: case.target.clone(),
            reason,
            is_deferred,
            is_first,
        });
        if !is_deferred && may_change(reason) && reason != Reason::Resolved {
            self.at(at + CONFIRMED_EVERY, Happening::Confirmed(id));
        }
    }
}

/// Whether time alone may change a refusal: others come from the labels and the policy.
const fn may_change(reason: Reason) -> bool {
    !matches!(
        reason,
        Reason::NotAllowed
            | Reason::Protected
            | Reason::NotCritical
            | Reason::NoTarget
            | Reason::OtherFileSystem
            | Reason::OtherHost
            | Reason::NoRule
            | Reason::NoVictim
            | Reason::RungNotAllowed
            | Reason::InvalidAlert
    )
}
