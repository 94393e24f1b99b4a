//! What became of the last repairs of the target: quarantine, flapping, and the wait after a repair.
//!
//! The wait grows while faults keep coming: a second fault right after a repair is repaired at once (`first` is 0s by
//! default), a third waits.

use std::time::Duration;

use prunelle_foundation::clock::{Boots, Now};

use super::{Answer, Guard, Question, flapping, quarantine};
use crate::policy;
use crate::reason::Reason;

pub(super) struct Cooldown;

impl Guard for Cooldown {
    fn name(&self) -> &'static str {
        "cooldown"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        [quarantine::ask, flapping::ask, cooldown]
            .iter()
            .map(|part| part(question))
            .find(|answer| *answer != Answer::Pass)
            .unwrap_or(Answer::Pass)
    }
}

fn cooldown(question: Question<'_>) -> Answer {
    let repairs = &question.facts.history.repairs;
    let Some(last) = repairs.last() else {
        return Answer::Pass;
    };
    let wait = wait_after(
        &question.rule.cooldown,
        repairs,
        &question.facts.history.boots,
    );
    let left = wait.saturating_sub(question.certain_age(last));
    if left.is_zero() {
        Answer::Pass
    } else {
        Answer::Defer(Reason::Cooldown, left)
    }
}

/// The wait that the last repair asks for. Repairs are one series while less than twice `max` lies between them.
fn wait_after(cooldown: &policy::Cooldown, repairs: &[Now], boots: &Boots) -> Duration {
    let quiet = cooldown.max.saturating_mul(2);
    let series = 1 + repairs
        .windows(2)
        .rev()
        .take_while(
            |pair| matches!(pair, [earlier, later] if boots.certain(earlier, later) < quiet),
        )
        .count();
    if series == 1 {
        return cooldown.first.min(cooldown.max);
    }
    let exponent = i32::try_from(series - 2).unwrap_or(i32::MAX);
    let growing = cooldown.step.as_secs_f64() * cooldown.factor.powi(exponent);
    Duration::try_from_secs_f64(growing)
        .unwrap_or(cooldown.max)
        .min(cooldown.max)
}
