//! What people and circumstances have switched: modes, pauses, maintenance, silences, the time after boot, a package
//! manager at work.
//!
//! The mode in force is the most cautious of all that have an opinion; nothing raises it. A crash loop is such an
//! opinion: it lowers the mode to observe.

use std::time::Duration;

use super::maintenance::wait_for_rule;
use super::{Answer, Guard, LOOK_AGAIN, Question, RETRY_UNKNOWN};
use crate::facts::{Fact, Pause};
use crate::policy::Mode;
use crate::policy::mode::{Switches as ModeSwitches, mode_in_force};
use crate::reason::Reason;
use crate::target::Target;

/// The end of a silence comes with the next answer of Alertmanager, which has the alert guarded again.
const SILENCE_INTERVAL: Duration = Duration::from_mins(5);

pub(super) struct Switches;

impl Guard for Switches {
    fn name(&self) -> &'static str {
        "switches"
    }

    fn ask(&self, question: Question<'_>) -> Answer {
        if mode(question) == Mode::Off {
            return Answer::Suppress(Reason::ModeOff);
        }
        let waits = [
            paused(question),
            wait_for_rule(question.rule, question.now.wall).map(|wait| (Reason::Maintenance, wait)),
            question
                .facts
                .muted
                .as_ref()
                .map(|_| (Reason::Silenced, SILENCE_INTERVAL)),
            just_booted(question),
            upgrading(question),
        ];
        match waits.into_iter().flatten().next() {
            Some((reason, wait)) => Answer::Defer(reason, wait),
            None => Answer::Pass,
        }
    }
}

fn paused(question: Question<'_>) -> Option<(Reason, Duration)> {
    if question.facts.is_pause_file_present {
        return Some((Reason::Paused, LOOK_AGAIN));
    }
    question
        .facts
        .history
        .pauses
        .iter()
        .filter(|pause| covers(pause, question))
        .map(|pause| pause.lasts.saturating_sub(question.waited(&pause.since)))
        .max()
        .filter(|left| !left.is_zero())
        .map(|left| (Reason::Paused, left))
}

/// A pause of a unit also covers it as the victim of a process group.
fn covers(pause: &Pause, question: Question<'_>) -> bool {
    match &pause.target {
        None => true,
        Some(target) if target == question.target => true,
        Some(Target::Unit(unit)) => match &question.facts.victim {
            Fact::Known { value, .. } => value.unit == *unit,
            Fact::Unknown(_) | Fact::NotApplicable => false,
        },
        Some(_) => false,
    }
}

fn just_booted(question: Question<'_>) -> Option<(Reason, Duration)> {
    let left = question.policy.boot_grace.saturating_sub(question.now.boot);
    (!left.is_zero()).then_some((Reason::BootGrace, left))
}

fn upgrading(question: Question<'_>) -> Option<(Reason, Duration)> {
    match &question.facts.package_manager {
        Fact::Known { value: Some(_), .. } => Some((Reason::PackageUpgrade, LOOK_AGAIN)),
        Fact::Known { value: None, .. } | Fact::NotApplicable => None,
        Fact::Unknown(_) => Some((Reason::FactUnknown, RETRY_UNKNOWN)),
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
