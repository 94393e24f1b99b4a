//! How long ago Alertmanager last confirmed the alert, not how long ago it began.

use super::{Answer, Guard, Question};
use crate::reason::Reason;

pub(super) struct Freshness;

impl Guard for Freshness {
    fn name(&self) -> &'static str {
        "freshness"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        if question.now.since(&question.facts.confirmed) > question.rule.max_evidence_age {
            Answer::Suppress(Reason::StaleEvidence)
        } else {
            Answer::Pass
        }
    }
}
