//! Nobody else is at work on the target: no systemd job, no start or stop under way.

use std::time::Duration;

use prunelle_systemd::unit::ActiveState;

use super::{Answer, Guard, Question};
use crate::facts::Fact;
use crate::reason::Reason;

/// A change of the unit re-guards at once; this is the safety net.
const ASK_AGAIN: Duration = Duration::from_secs(1);

pub(super) struct TargetFree;

impl Guard for TargetFree {
    fn name(&self) -> &'static str {
        "target_free"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let Fact::Known { value: unit, .. } = &question.facts.unit else {
            // A folder has no owner to wait for; an unknown unit has been deferred before.
            return Answer::Pass;
        };
        let is_settled = matches!(
            unit.active,
            ActiveState::Active | ActiveState::Inactive | ActiveState::Failed
        );
        if unit.job.is_some() || !is_settled {
            Answer::Defer(Reason::TargetBusy, ASK_AGAIN)
        } else {
            Answer::Pass
        }
    }
}
