//! Asking people: a question is written once, with the plan as it was made at that time, and then waited for.

use std::sync::Arc;

use prunelle_foundation::clock::{Boots, Now};
use serde_json::json;
use tracing::{info, warn};

use super::Engine;
use super::commands::Carried;
use crate::facts::Fact;
use crate::journal::{ApprovalRequest, HistoryOf};
use crate::remediation::RemediationId;
use crate::remediation::case::{Asked, Case, CaseId};
use crate::remediation::state::{RETRY, Stage};
use crate::remedy::merge;
use crate::view::ApprovalView;

impl Engine {
    /// Asks a person about the rung that a case stands on; false when that has been asked already.
    pub(super) fn ask_person(&mut self, id: CaseId) -> bool {
        let now = self.ports.clock.now();
        let Some(case) = self.book.cases.get_mut(&id) else {
            return false;
        };
        if case.asked.is_some() {
            return false;
        }
        if case.is_asking {
            return true;
        }
        let Some(request) = request(case, now) else {
            return false;
        };
        case.is_asking = true;
        let remediation = case.remediation;
        let journal = self.ports.journal.clone();
        let alarm = Arc::clone(&self.ports.alarm);
        let message = request
            .plan
            .get("message")
            .and_then(|message| message.as_str())
            .unwrap_or_default()
            .to_owned();
        self.commands.push(Box::pin(async move {
            match journal.ask_approval(request).await {
                Ok(approval) => {
                    info!(
                        question = approval.number,
                        message,
                        "a person has to agree: `prunelle-healer approve {number}` or `deny {number}`",
                        number = approval.number
                    );
                    Carried::Asked(id, remediation, Some(Asked { approval, message }))
                }
                Err(error) => {
                    warn!(%error, "a question could not be written");
                    alarm.after(RETRY).await;
                    Carried::Asked(id, remediation, None)
                }
            }
        }));
        true
    }

    /// The question is on disk, or could not be put there.
    pub(super) fn person_asked(
        &mut self,
        id: CaseId,
        remediation: RemediationId,
        asked: Option<Asked>,
    ) {
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        case.is_asking = false;
        // Not on disk, or about an episode that another one has followed.
        if asked.is_none() || case.remediation != remediation {
            self.wake_case(id);
            return;
        }
        // Guarded again since, it may know an answer already.
        if case.asked.is_none() {
            case.asked = asked;
        }
        self.publisher.touch();
    }

    /// Whether some case waits, or will wait, for the answer to a question. One whose question is being written does not
    /// know its number yet; people may have read it already.
    pub(super) fn is_awaited(&self, number: i64) -> bool {
        self.book.cases.iter().any(|(id, case)| {
            let is_it = |asked: &Asked| asked.approval.number == number;
            case.state.end().is_none()
                && self.book.active(*id).is_some()
                && (case.is_asking || case.asked.as_ref().is_some_and(is_it))
        })
    }

    /// The questions that wait for a person.
    pub(super) fn questions(&self, now: &Now) -> Vec<ApprovalView> {
        let mut questions: Vec<ApprovalView> = self
            .book
            .cases
            .iter()
            .filter(|(id, case)| {
                self.book.active(**id).is_some()
                    && matches!(
                        case.state.stage,
                        Stage::Deferred { .. } | Stage::Guarding { .. }
                    )
            })
            .filter_map(|(_, case)| open_question(case, self.ports.journal.boots(), now))
            .collect();
        questions.sort_by_key(|question| question.number);
        questions
    }
}

fn open_question(case: &Case, boots: &Boots, now: &Now) -> Option<ApprovalView> {
    let Asked { approval, message } = case.asked.as_ref()?;
    let left = approval
        .lasts
        .saturating_sub(boots.waited(&approval.since, now));
    if approval.is_approved.is_some() || left.is_zero() {
        return None;
    }
    Some(ApprovalView {
        number: approval.number,
        alert: case.alert.name().to_owned(),
        rule: case.rule_name().to_owned(),
        target: case.target.to_string(),
        remedy: case.rung()?.remedy.kind().as_str().to_owned(),
        message: message.clone(),
        since: approval.since.wall,
        until: now.wall.checked_add(left).ok()?,
    })
}

/// What is asked; none while it is not known what would be done.
fn request(case: &Case, at: Now) -> Option<ApprovalRequest> {
    let rung = case.rung()?;
    let lasts = rung.approval?.expires;
    let plan = case.plan.as_ref()?;
    let mut details = plan.details.clone();
    merge(
        &mut details,
        json!({"message": plan.message, "remedy": rung.remedy.kind().as_str()}),
    );
    let victim = match &case.facts.as_ref()?.victim {
        Fact::Known { value, .. } => Some(value.unit.clone()),
        Fact::Unknown(_) | Fact::NotApplicable => None,
    };
    Some(ApprovalRequest {
        of: HistoryOf {
            rule: case.rule_name().to_owned(),
            target: case.target.clone(),
            victim,
            remedy: rung.remedy.kind().as_str().to_owned(),
            rung: case.state.position.rung,
            policy_revision: case.policy.revision.clone(),
            episode: case.alert.episode.clone(),
            remediation: case.remediation,
        },
        alert_name: case.alert.name().to_owned(),
        plan: details,
        lasts,
        at,
    })
}
