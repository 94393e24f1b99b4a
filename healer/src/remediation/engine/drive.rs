//! Driving cases through the state machine: events in, effects carried out, answers back.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{BoxFuture, abortable};
use prunelle_foundation::clock::Now;
use serde_json::{Value, json};

use super::Engine;
use super::ending::{attempt_message, end_message};
use super::records::Decision;
use crate::facts::{Approval, Fact};
use crate::journal::{Intent, Undo};
use crate::reason::Reason;
use crate::remediation::case::{Asked, Case, CaseId, Decided, Rest, Token};
use crate::remediation::machine::{self, Answer, Effect, Event, Verdict};
use crate::remediation::state::{Remediation, Stage, StepId};
use crate::remediation::steps::{self, Output, Settlement, Subject, WantedLog};
use crate::remedy::{Plan, merge};
use crate::verify::Verification;

impl Engine {
    /// The first effect of a case that is new or was recovered.
    pub(super) fn begin_case(&mut self, id: CaseId) {
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        if case.running.is_some() || case.state.step != StepId::default() {
            return;
        }
        let (state, effects) = machine::begin(case.state.clone());
        self.proceed(id, state, effects);
    }

    /// Tells the state machine of a case what happened.
    pub(super) fn dispatch(&mut self, id: CaseId, event: Event) {
        let now = self.ports.clock.now();
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        let (state, effects) = machine::step(case.state.clone(), event, &now);
        self.proceed(id, state, effects);
    }

    /// A step came back: keeps what it brought, and tells the state machine.
    pub(super) fn stepped(&mut self, id: CaseId, step: StepId, output: Output) {
        let now = self.ports.clock.now();
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        if case.running.as_ref().map(|(running, _)| *running) != Some(step) {
            return;
        }
        case.running = None;
        let answer = output.answer();
        match &output {
            Output::Started(started) => {
                if let Some(undo) = &started.get().undo {
                    self.undoing.add(Undo::clone(undo));
                }
            }
            Output::Applied(finding) if finding.result.is_err() => {
                if let Some(intent) = &case.intent {
                    self.undoing.doubt(intent);
                }
            }
            _ => {}
        }
        absorb(case, output, &now);
        if let Answer::Guards(Verdict::Suppress(reason)) = answer
            && reason.is_about_rung()
        {
            self.keep_skip(id, reason);
        }
        self.dispatch(id, Event::Step(step, answer));
    }

    /// Takes a case out that has ended and whose alert is over.
    pub(super) fn remove_if_over(&mut self, id: CaseId) {
        let is_over = self
            .book
            .cases
            .get(&id)
            .is_some_and(|case| case.state.end().is_some());
        if is_over && self.book.active(id).is_none() {
            self.timers.set(id, None);
            self.book.remove_case(id);
        }
    }

    /// Keeps a decision in journal and metrics.
    pub(super) fn keep_decision(&mut self, decision: Decision) {
        self.ports.metrics.decision(decision.reason);
        self.records.push(decision);
    }

    /// Keeps why a rung is passed over, once. The last rung has none after it: why it is not run is the decision itself.
    fn keep_skip(&mut self, id: CaseId, reason: Reason) {
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        let rung = case.state.position.rung;
        if case.state.rung(rung + 1).is_none() || case.skipped.insert(rung, reason) == Some(reason)
        {
            return;
        }
        let decision = Decision {
            rung: Some(rung),
            ..decision(case, reason, false, self.ports.clock.now())
        };
        self.keep_decision(decision);
    }

    /// Puts the state that follows in place, and carries out what it asks for.
    pub(super) fn proceed(&mut self, id: CaseId, state: Remediation, effects: Vec<Effect>) {
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        let has_just_ended = case.state.end().is_none() && state.end().is_some();
        case.state = state;
        if let Some((step, handle)) = &case.running
            && *step != case.state.step
        {
            handle.abort();
            case.running = None;
        }
        for effect in effects {
            self.carry_out(id, effect);
        }
        let now = self.ports.clock.now();
        if let Some(case) = self.book.cases.get(&id) {
            let wake = case.state.wake(&now).map(|left| now.boot + left);
            self.timers.set(id, wake);
        }
        self.publisher.touch();
        if has_just_ended {
            self.ended(id);
        }
    }

    fn carry_out(&mut self, id: CaseId, effect: Effect) {
        if let Effect::Decide {
            reason,
            is_deferred,
        } = effect
        {
            self.decide(id, reason, is_deferred);
            return;
        }
        let confirmed = self.book.active(id).map(|active| active.confirmed.clone());
        let refreshing = match (&effect, &confirmed) {
            (Effect::Ask, Some(confirmed)) => self.evidence.refreshing(&self.ports, confirmed),
            _ => None,
        };
        let ports = self.ports.clone();
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        let subject = subject(case);
        let kind = case.rung().map(|rung| rung.remedy.kind());
        let step: BoxFuture<'static, Output> = match effect {
            Effect::Ask => {
                let (places, silences) = (Arc::clone(&self.asking), self.silences.clone());
                Box::pin(async move {
                    // The set that comes ends this step when the alert is over, and confirms it when not.
                    if let Some(refreshing) = refreshing {
                        refreshing.await;
                    }
                    let _place = places.acquire_owned().await;
                    steps::ask(ports, subject, confirmed, silences).await
                })
            }
            Effect::Admit => match (case.facts.clone(), case.plan.clone()) {
                (Some(facts), Some(plan)) => {
                    let attempt = case.state.position.attempt;
                    Box::pin(steps::admit(ports, subject, facts, plan, attempt))
                }
                _ => refusal(Reason::FactUnknown),
            },
            Effect::Start => match std::mem::take(&mut case.token) {
                Token::Intent(intent) => Box::pin(steps::start(ports, intent, case.lease.clone())),
                _ => refusal(Reason::FactUnknown),
            },
            Effect::Apply => match (std::mem::take(&mut case.token), kind) {
                (Token::Started(started), Some(kind)) => match &started.get().undo {
                    None => Box::pin(steps::apply(ports, kind, started)),
                    Some(undo) => {
                        let idle = self.undoing.idle(&undo.unit);
                        Box::pin(async move {
                            idle.await;
                            steps::apply(ports, kind, started).await
                        })
                    }
                },
                _ => unknown_step(),
            },
            Effect::Identify => match (case.intent.clone(), kind) {
                (Some(intent), Some(kind)) => {
                    Box::pin(steps::identify(ports, kind, intent, case.evidence.clone()))
                }
                _ => unknown_step(),
            },
            Effect::Verify => match case.rung().map(|rung| rung.verify.clone()) {
                Some(expected) => {
                    let verification = Verification {
                        target: case.target.clone(),
                        unit: case.intent.as_ref().and_then(Intent::unit).cloned(),
                        alert: Arc::clone(&case.alert),
                        expected,
                        evidence: case.evidence.clone(),
                        patience: patience(case, &ports.clock.now()),
                    };
                    Box::pin(steps::verify(ports, case.remediation, verification))
                }
                None => unknown_step(),
            },
            Effect::Settle { attempt, end } => {
                let settlement = Settlement {
                    remediation: case.remediation,
                    attempt,
                    end,
                    evidence: case.evidence.clone(),
                    log: attempt.and_then(|_| wanted_log(case)),
                    attempt_message: attempt_message(case, attempt),
                    end_message: end.map_or_else(String::new, |end| end_message(case, end)),
                };
                Box::pin(steps::settle(ports, settlement))
            }
            Effect::Decide { .. } => return,
        };
        let id_of_step = case.state.step;
        let (step, handle) = abortable(step);
        case.running = Some((id_of_step, handle));
        self.steps.push(Box::pin(async move {
            step.await.ok().map(|output| (id, id_of_step, output))
        }));
    }

    fn decide(&mut self, id: CaseId, reason: Reason, is_deferred: bool) {
        let now = self.ports.clock.now();
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        let is_question = reason == Reason::AwaitingApproval && is_deferred;
        let is_same = case
            .decided
            .as_ref()
            .is_some_and(|last| last.reason == reason && last.is_deferred == is_deferred);
        // What we repaired did not recover by itself.
        let is_our_work = reason == Reason::RecoveredByItself && case.rest == Rest::Repaired;
        if is_our_work || (is_same && !is_question) {
            return;
        }
        if !is_same {
            case.decided = Some(Decided {
                reason,
                is_deferred,
                since: now.wall,
            });
        }
        if is_question && self.ask_person(id) {
            // The question is a line of the log by itself.
            if !is_same {
                self.ports.metrics.decision(reason);
            }
            return;
        }
        if is_same {
            return;
        }
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        let plan = (reason == Reason::Observed)
            .then_some(case.plan.as_ref())
            .flatten()
            .map(|plan| {
                let mut details = plan.details.clone();
                merge(
                    &mut details,
                    json!({"message": plan.message, "remedy": case.rung().map(|rung| rung.remedy.kind().as_str())}),
                );
                details
            });
        let decision = Decision {
            plan,
            ..decision(case, reason, is_deferred, now)
        };
        self.keep_decision(decision);
    }
}

/// A decision about a case, without a plan.
fn decision(case: &Case, reason: Reason, is_deferred: bool, at: Now) -> Decision {
    let (victim, note) = match case.facts.as_ref().map(|facts| &facts.victim) {
        Some(Fact::Known { value, .. }) => (Some(value.unit.clone()), Some(value.evidence.clone())),
        Some(Fact::Unknown(why)) => (None, Some(why.clone())),
        Some(Fact::NotApplicable) | None => (None, None),
    };
    Decision {
        alert: Arc::clone(&case.alert),
        rule: Some(case.rule_name().to_owned()),
        target: Some(case.target.clone()),
        rung: None,
        victim,
        note,
        reason,
        plan: None,
        is_deferred,
        at,
    }
}

/// The log of the unit that the last intent is about, from before it.
fn wanted_log(case: &Case) -> Option<WantedLog> {
    let intent = case.intent.as_ref()?;
    let lines = case.rule()?.evidence_log_lines;
    (lines > 0).then_some(())?;
    Some(WantedLog {
        unit: intent.unit()?.clone(),
        lines,
        until: intent.at.clone(),
    })
}

fn subject(case: &Case) -> Subject {
    Subject {
        alert: Arc::clone(&case.alert),
        policy: Arc::clone(&case.policy),
        rule: case.rule,
        rung: usize::try_from(case.state.position.rung).unwrap_or(usize::MAX),
        target: case.target.clone(),
        remediation: case.remediation,
    }
}

/// How long a check may look: it ends a little before the attempt, so that it tells what it has seen.
fn patience(case: &Case, now: &Now) -> Duration {
    let Stage::Verifying { until } = &case.state.stage else {
        return Duration::ZERO;
    };
    let left = until.left(now);
    left.saturating_sub((left / 10).min(Duration::from_secs(1)))
}

fn refusal(reason: Reason) -> BoxFuture<'static, Output> {
    Box::pin(std::future::ready(Output::Refused(reason)))
}

/// A step that cannot be carried out: its deadline ends it. Reached only when the policy's rung is gone.
fn unknown_step() -> BoxFuture<'static, Output> {
    Box::pin(std::future::pending())
}

/// What is known of the question on the rung: its words are those of the plan, the last one that was made.
fn asked(before: Option<Asked>, approval: Option<Approval>, plan: Option<&Plan>) -> Option<Asked> {
    let approval = approval?;
    let message = match (plan, before) {
        (Some(plan), _) => plan.message.clone(),
        (None, Some(before)) if before.approval.number == approval.number => before.message,
        (None, _) => String::new(),
    };
    Some(Asked { approval, message })
}

fn absorb(case: &mut Case, output: Output, now: &Now) {
    match output {
        Output::Guards { facts, plan, .. } => {
            case.asked = asked(
                case.asked.take(),
                facts.history.approval.clone(),
                plan.as_ref(),
            );
            case.facts = Some(*facts);
            case.plan = plan;
        }
        Output::Admitted(intent, lease) => {
            case.intent = Some(intent.get().clone());
            case.token = Token::Intent(*intent);
            case.lease = Some(lease);
            case.evidence = Value::Null;
            case.begun.get_or_insert_with(|| now.clone());
        }
        Output::Started(started) => {
            case.evidence = started.get().evidence.clone();
            case.token = Token::Started(*started);
        }
        Output::Applied(finding) | Output::Verified(finding) => {
            merge(&mut case.evidence, finding.evidence);
            case.message = finding.message;
        }
        Output::Identified(_, more) => merge(&mut case.evidence, more),
        Output::Refused(_) | Output::Settled => {}
    }
}
