//! Driving cases through the state machine: events in, effects carried out, answers back.

use std::sync::Arc;

use futures_util::future::{BoxFuture, abortable};
use prunelle_foundation::clock::Now;
use serde_json::{Value, json};

use super::Engine;
use super::records::Decision;
use crate::alert::Alert;
use crate::reason::{Outcome, Reason};
use crate::remediation::case::{Case, CaseId, Decided, Rest, Token};
use crate::remediation::machine::{self, Effect, Event};
use crate::remediation::state::{End, Failure, Remediation, StepId};
use crate::remediation::steps::{self, Output, Settlement, Subject};
use crate::remedy::merge;
use crate::target::Target;
use crate::verify::Verification;
use prunelle_systemd::service_up;

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
        absorb(case, output, &now);
        self.dispatch(id, Event::Step(step, answer));
    }

    /// Guards a case again, whatever it waits for; one that runs goes on.
    pub(super) fn wake_case(&mut self, id: CaseId) {
        self.wake_idle(id);
        self.dispatch(id, Event::Nudge);
    }

    /// Guards a case that has not begun, or that has ended while its alert goes on.
    pub(super) fn wake_idle(&mut self, id: CaseId) {
        let now = self.ports.clock.now();
        let Some(alert) = self.book.active(id).map(|active| Arc::clone(&active.alert)) else {
            return;
        };
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        if case.state.end().is_some() {
            if case.rest == Rest::LeftToPerson {
                return;
            }
            case.alert = alert;
            case.renew(self.ports.ids.remediation(&now), &now);
        }
        self.begin_case(id);
    }

    /// Guards every active alert again.
    pub(super) fn guard_all(&mut self) {
        let ids: Vec<CaseId> = self.book.cases.keys().copied().collect();
        for id in ids {
            self.wake_case(id);
        }
    }

    /// The state of a target changed.
    pub(super) fn target_changed(&mut self, target: &Target) {
        let is_up = match target {
            Target::Unit(unit) => self
                .seen
                .units
                .get(unit)
                .is_some_and(|state| service_up(state).up),
            Target::Path(_) => false,
        };
        for id in self.book.cases_on(target) {
            let Some(case) = self.book.cases.get_mut(&id) else {
                continue;
            };
            if is_up && case.rest == Rest::LeftToPerson {
                case.rest = Rest::Repaired;
            }
            // What was repaired and is still well asks for nothing.
            if !(is_up && case.rest == Rest::Repaired) {
                self.wake_case(id);
            }
        }
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
    pub(super) fn keep_decision(
        &mut self,
        alert: &Arc<Alert>,
        rule: Option<String>,
        target: Option<Target>,
        reason: Reason,
        is_deferred: bool,
        plan: Option<Value>,
    ) {
        self.ports.metrics.decision(reason);
        self.records.push(Decision {
            alert: Arc::clone(alert),
            rule,
            target,
            reason,
            plan,
            is_deferred,
            at: self.ports.clock.now(),
        });
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
            Effect::Ask => match refreshing {
                None => Box::pin(steps::ask(ports, subject, confirmed)),
                // The set that comes ends this step when the alert is over, and confirms it when not.
                Some(refreshing) => Box::pin(async move {
                    refreshing.await;
                    steps::ask(ports, subject, confirmed).await
                }),
            },
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
                (Token::Started(started), Some(kind)) => {
                    Box::pin(steps::apply(ports, kind, started))
                }
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
                        expected,
                        evidence: case.evidence.clone(),
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
        let is_same = case
            .decided
            .as_ref()
            .is_some_and(|last| last.reason == reason && last.is_deferred == is_deferred);
        // What we repaired did not recover by itself.
        let is_our_work = reason == Reason::RecoveredByItself && case.rest == Rest::Repaired;
        if is_same || is_our_work {
            return;
        }
        case.decided = Some(Decided {
            reason,
            is_deferred,
            since: now.wall,
        });
        let plan = (reason == Reason::Observed)
            .then_some(case.plan.as_ref())
            .flatten()
            .map(|plan| {
                let mut details = plan.details.clone();
                merge(&mut details, json!({"message": plan.message}));
                details
            });
        let alert = Arc::clone(&case.alert);
        let rule = Some(case.rule_name().to_owned());
        let target = Some(case.target.clone());
        self.keep_decision(&alert, rule, target, reason, is_deferred, plan);
    }

    /// A remediation, or a question that led to none, is over.
    fn ended(&mut self, id: CaseId) {
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        let Some(end) = case.state.end() else { return };
        let was_admitted = case.state.is_admitted();
        if was_admitted {
            case.rest = match (end.outcome, end.reason) {
                (Outcome::Success, _) => Rest::Repaired,
                (_, Some(Reason::StoppedByPerson)) => Rest::LeftToPerson,
                _ => Rest::None,
            };
            case.decided = None;
            self.count_end(id, end);
        }
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        let target = case.target.clone();
        let is_to_ask_again = was_admitted && case.rest == Rest::None;
        if Arc::ptr_eq(&case.policy, &self.policy) {
            self.remove_if_over(id);
        } else {
            // The new policy has a case of its own for it.
            self.timers.set(id, None);
            self.book.remove_case(id);
        }
        if was_admitted {
            for other in self.book.cases_on(&target) {
                if other != id {
                    self.wake_case(other);
                }
            }
        }
        if is_to_ask_again {
            // Quarantine, cooldown and budget tell when it may go on; the wait is theirs.
            self.wake_idle(id);
        }
    }

    fn count_end(&mut self, id: CaseId, end: End) {
        let now = self.ports.clock.now();
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        if let Some(rung) = case.rung() {
            self.ports
                .metrics
                .remediation_ended(rung.remedy.kind(), end.outcome);
        }
        if end.outcome == Outcome::Success {
            let since = now.wall.duration_since(case.alert.episode.starts_at);
            self.ports
                .metrics
                .healed_after(since.try_into().unwrap_or_default());
        }
        let message = end_message(case, end);
        tracing::info!(
            remediation = %case.remediation,
            target = %case.target,
            outcome = ?end.outcome,
            reason = end.reason.map_or("", Reason::as_str),
            message,
            "remediation ended"
        );
        self.publisher.remember(case, end, message, &now);
    }
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

fn refusal(reason: Reason) -> BoxFuture<'static, Output> {
    Box::pin(std::future::ready(Output::Refused(reason)))
}

/// A step that cannot be carried out: its deadline ends it. Reached only when the policy's rung is gone.
fn unknown_step() -> BoxFuture<'static, Output> {
    Box::pin(std::future::pending())
}

fn absorb(case: &mut Case, output: Output, now: &Now) {
    match output {
        Output::Guards { facts, plan, .. } => {
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

fn attempt_message(case: &Case, attempt: Option<Result<(), Failure>>) -> String {
    let Some(Err(failure)) = attempt else {
        return case.message.clone();
    };
    match failure.reason {
        Reason::TimedOut if failure.outcome == Outcome::Timeout => {
            let within = case.state.within().as_secs_f64();
            if case.message.is_empty() {
                format!("no end within {within} s")
            } else {
                format!(
                    "no end within {within} s; the last that was seen: {}",
                    case.message
                )
            }
        }
        Reason::Interrupted => {
            "the program ended before the remedy took effect: nothing happened".to_owned()
        }
        Reason::UnknownAfterCrash => {
            "the program ended while the remedy ran, and it cannot be told how that went".to_owned()
        }
        _ => case.message.clone(),
    }
}

fn end_message(case: &Case, end: End) -> String {
    match end.reason {
        None => case.message.clone(),
        Some(Reason::LadderExhausted) if end.quarantine.is_zero() => {
            format!(
                "everything that the rule allows was tried; {}",
                case.message
            )
        }
        Some(Reason::LadderExhausted) => format!(
            "everything that the rule allows was tried; {}; left alone for {}",
            case.message,
            prunelle_foundation::duration::PromDuration::from(end.quarantine),
        ),
        Some(Reason::Resolved) => "the alert resolved, nothing more was done".to_owned(),
        Some(Reason::RecoveredByItself) => "it recovered, nothing more was done".to_owned(),
        Some(Reason::Interrupted | Reason::UnknownAfterCrash | Reason::TimedOut) => {
            attempt_message(case, case.state.last.map(Err))
        }
        Some(Reason::StoppedByPerson | Reason::NotVerified | Reason::RemedyFailed) => {
            case.message.clone()
        }
        Some(reason) => format!("nothing more was done: {}", reason.as_str()),
    }
}
