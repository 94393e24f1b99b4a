//! What follows when a remediation has ended: what is counted, what is told, and who is guarded again.

use std::sync::Arc;

use prunelle_foundation::duration::PromDuration;

use super::Engine;
use crate::policy::RemedyKind;
use crate::reason::{Outcome, Reason};
use crate::remediation::case::{Case, CaseId, Rest};
use crate::remediation::state::{End, Failure};

impl Engine {
    /// A remediation, or a question that led to none, is over.
    pub(super) fn ended(&mut self, id: CaseId) {
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
            if !end.quarantine.is_zero() {
                self.read_quarantines();
            }
        }
        let Some(case) = self.book.cases.get(&id) else {
            return;
        };
        let target = case.target.clone();
        let groups = case
            .facts
            .as_ref()
            .map(|facts| facts.groups.clone())
            .unwrap_or_default();
        let brings_up = case.rung().is_some_and(|rung| {
            matches!(
                rung.remedy.kind(),
                RemedyKind::RestartService | RemedyKind::StartService
            )
        });
        let is_to_ask_again = was_admitted && case.rest == Rest::None;
        if Arc::ptr_eq(&case.policy, &self.policy) {
            self.remove_if_over(id);
        } else if !self.take_over(id) {
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
            self.room_was_made(&groups);
        }
        if was_admitted && brings_up && self.is_down(&target) {
            // It may have gone down again before its end was on disk, when nobody was to be told.
            self.wake_idle(id);
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

/// What is told of an attempt, in one sentence.
pub(super) fn attempt_message(case: &Case, attempt: Option<Result<(), Failure>>) -> String {
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

/// What is told of a remediation's end, in one sentence.
pub(super) fn end_message(case: &Case, end: End) -> String {
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
            PromDuration::from(end.quarantine),
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
