//! The alert is within the limits on labels. The intake refuses such alerts before they get here; an explanation of
//! one that never came through it says so too.

use super::{Answer, Guard, Question};
use crate::intake::limits::Limits;
use crate::reason::Reason;

pub(super) struct Intake;

impl Guard for Intake {
    fn name(&self) -> &'static str {
        "intake"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let limits = Limits::default();
        let labels = &question.alert.labels;
        let is_within = !labels.is_empty()
            && labels.len() <= limits.labels
            && labels.iter().all(|(name, value)| {
                !name.is_empty()
                    && name.len() <= limits.label_name_bytes
                    && value.len() <= limits.label_value_bytes
            });
        if is_within {
            Answer::Pass
        } else {
            Answer::Suppress(Reason::InvalidAlert)
        }
    }
}
