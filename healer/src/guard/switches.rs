//! What people and circumstances have switched: modes, pauses, the time after boot.
//!
//! The mode in force is the most cautious of all that have an opinion; nothing raises it.

use std::time::Duration;

use super::{Answer, Guard, Question};
use crate::policy::Mode;
use crate::policy::mode::{Switches as ModeSwitches, mode_in_force};
use crate::reason::Reason;

/// A pause file is looked for again this often.
const PAUSE_FILE_INTERVAL: Duration = Duration::from_secs(5);

pub(super) struct Switches;

impl Guard for Switches {
    fn name(&self) -> &'static str {
        "switches"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        let facts = question.facts;
        if mode(question) == Mode::Off {
            return Answer::Suppress(Reason::ModeOff);
        }
        if facts.is_pause_file_present {
            return Answer::Defer(Reason::Paused, PAUSE_FILE_INTERVAL);
        }
        let pause_left = facts
            .history
            .pauses
            .iter()
            .filter(|pause| {
                pause
                    .target
                    .as_ref()
                    .is_none_or(|target| target == question.target)
            })
            .map(|pause| pause.lasts.saturating_sub(question.now.since(&pause.since)))
            .max()
            .unwrap_or_default();
        if !pause_left.is_zero() {
            return Answer::Defer(Reason::Paused, pause_left);
        }
        let grace_left = question.policy.boot_grace.saturating_sub(question.now.boot);
        if !grace_left.is_zero() {
            return Answer::Defer(Reason::BootGrace, grace_left);
        }
        Answer::Pass
    }
}

/// The mode in force for the question, pauses left aside: those defer, so that nothing is lost when they end.
pub(super) fn mode(question: Question<'_>) -> Mode {
    mode_in_force(&ModeSwitches {
        auto_healing_enabled: question.facts.is_auto_healing_disabled.then_some(false),
        policy: question.policy.mode,
        rule: question.rule.mode,
        is_paused: false,
        is_pause_file_present: false,
        is_crash_looping: question.facts.is_crash_looping,
    })
    .mode
}
