//! The guards, in the order in which they are asked. Each passes, defers or suppresses, and says why.
//!
//! Guards are pure: the engine gathers the facts first, and a guard decides over (facts, now). A guard that
//! cannot be evaluated blocks. Before anything is done, [`admission()`] asks them all once more, inside the
//! transaction that writes the intent, with the history that the journal has at that moment.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use crate::alert::Alert;
use crate::facts::Facts;
use crate::policy::{Mode, Policy, Rule, Rung};
use crate::reason::Reason;
use crate::remediation::RemediationId;
use crate::target::Target;

mod admission;
mod approval;
mod blast_radius;
mod breaker;
mod budget;
mod cooldown;
mod deduplication;
mod flapping;
mod freshness;
mod hits;
mod host_and_target;
mod intake;
mod maintenance;
mod quarantine;
mod start_limit;
mod still_needed;
mod switches;
mod target_free;

#[cfg(test)]
pub(crate) mod tests;

pub use admission::{MAX_FACT_AGE, admission};

/// The guards, first to last. Adding one is one file and one line.
pub const GUARDS: [&dyn Guard; 13] = [
    &intake::Intake,
    &deduplication::Deduplication,
    &freshness::Freshness,
    &host_and_target::HostAndTarget,
    &switches::Switches,
    &still_needed::StillNeeded,
    &target_free::TargetFree,
    // Quarantine, flapping and cooldown: what became of the last repairs.
    &cooldown::Cooldown,
    // Sliding windows, and the headroom below `StartLimitBurst`.
    &budget::BudgetLeft,
    &blast_radius::BlastRadius,
    &breaker::Breaker,
    &approval::Approval,
    // All of them once more, inside the transaction that writes the intent.
    &admission::Admission,
];

/// How soon a guard that lacks a fact is asked again.
const RETRY_UNKNOWN: Duration = Duration::from_secs(1);

/// How soon a guard is asked again whose fact changes without anybody telling the engine.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// What a guard is asked about.
#[derive(Clone, Copy, Debug)]
pub struct Question<'a> {
    /// The alert.
    pub alert: &'a Alert,
    /// The policy in force.
    pub policy: &'a Policy,
    /// The rule that matched.
    pub rule: &'a Rule,
    /// The rung of its ladder that would run.
    pub rung: &'a Rung,
    /// What it would act on.
    pub target: &'a Target,
    /// The remediation that asks, before its first attempt as well; none when only an explanation is asked for.
    pub remediation: Option<RemediationId>,
    /// What is known.
    pub facts: &'a Facts,
    /// The present moment.
    pub now: &'a Now,
}

impl Question<'_> {
    /// How long ago something was at least, by time that the machine was seen to be up: what a wall clock that is put
    /// forward must not bring to an end.
    fn certain_age(&self, of: &Now) -> Duration {
        self.facts.history.boots.certain(of, self.now)
    }

    /// How long a person has waited since, or been waited for: by the wall clock over a reboot.
    fn waited(&self, since: &Now) -> Duration {
        self.facts.history.boots.waited(since, self.now)
    }
}

/// A guard's answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Answer {
    /// Nothing against it.
    Pass,
    /// Not now: ask again after this long at the latest, sooner when a fact changes.
    Defer(Reason, Duration),
    /// No; asked again only when the episode, its confirmation, the policy or a switch changes.
    Suppress(Reason),
}

/// One guard.
pub trait Guard: Sync {
    /// Its name, as in explanations.
    fn name(&self) -> &'static str;
    /// Its answer.
    fn ask(&self, question: Question<'_>) -> Answer;
}

/// What all guards together say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Every guard's answer, in order. All are asked, so that an explanation is complete.
    pub answers: Vec<(&'static str, Answer)>,
    /// What follows from them.
    pub decision: Decision,
}

/// What follows from the guards' answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// All passed, and the mode in force is enforce.
    Act,
    /// All passed, and the mode in force is observe: plan and log, touch nothing.
    Observe,
    /// Ask again after this long at the latest.
    Defer(Reason, Duration),
    /// Leave it.
    Suppress(Reason),
}

/// Asks every guard; the first that does not pass decides.
pub fn ask_all(question: Question<'_>) -> Verdict {
    let answers: Vec<_> = GUARDS
        .iter()
        .map(|guard| (guard.name(), guard.ask(question)))
        .collect();
    let decision = answers
        .iter()
        .find_map(|(_, answer)| match answer {
            Answer::Pass => None,
            Answer::Defer(reason, wait) => Some(Decision::Defer(*reason, *wait)),
            Answer::Suppress(reason) => Some(Decision::Suppress(*reason)),
        })
        .unwrap_or_else(|| match switches::mode(question) {
            Mode::Enforce => Decision::Act,
            Mode::Observe | Mode::Off => Decision::Observe,
        });
    Verdict { answers, decision }
}
