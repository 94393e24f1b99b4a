//! The guards, in the order in which they are asked. Each passes, defers or suppresses, and says why.
//!
//! Guards are pure: the engine gathers the facts first, and a guard decides over (facts, now). A guard that
//! cannot be evaluated blocks. Before anything is done, [`admission`] asks those that depend on the journal
//! once more, inside the transaction that writes the intent.

use std::time::Duration;

use prunelle_foundation::clock::Now;

use crate::alert::Alert;
use crate::facts::{Facts, History};
use crate::policy::{Mode, Policy, Rule, Rung};
use crate::reason::Reason;
use crate::remediation::RemediationId;
use crate::target::Target;

mod budget;
mod cooldown;
mod deduplication;
mod freshness;
mod host_and_target;
mod quarantine;
mod start_limit;
mod still_needed;
mod switches;
mod target_free;

#[cfg(test)]
mod tests;

/// The guards, first to last. Adding one is one file and one line.
pub const GUARDS: &[&dyn Guard] = &[
    &deduplication::Deduplication,
    &host_and_target::HostAndTarget,
    &switches::Switches,
    &freshness::Freshness,
    &still_needed::StillNeeded,
    &target_free::TargetFree,
    &quarantine::NotQuarantined,
    &cooldown::CooldownPassed,
    &budget::BudgetLeft,
    &start_limit::StartLimitHeadroom,
];

/// Those that are asked again inside the admission transaction: they depend on what the journal owns.
const ADMISSION: &[&dyn Guard] = &[
    &deduplication::Deduplication,
    &switches::Switches,
    &quarantine::NotQuarantined,
    &cooldown::CooldownPassed,
    &budget::BudgetLeft,
    &start_limit::StartLimitHeadroom,
];

/// Facts about the unit or the folder may be this old when an intent is written.
pub const MAX_FACT_AGE: Duration = Duration::from_secs(2);

/// How soon a guard that lacks a fact is asked again.
const RETRY_UNKNOWN: Duration = Duration::from_secs(1);

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
    /// The remediation that asks for its next attempt; none before the first one.
    pub remediation: Option<RemediationId>,
    /// What is known.
    pub facts: &'a Facts,
    /// The present moment.
    pub now: &'a Now,
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
    /// Its name, as in the log and in explanations.
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

/// The last guard, asked by the journal inside the transaction that writes the intent: the guards over what
/// the journal owns once more, with `history` read in that transaction; facts about the target must be fresh.
pub fn admission(question: Question<'_>, history: History) -> Result<(), Reason> {
    if !target_facts_are_fresh(question) {
        return Err(Reason::FactUnknown);
    }
    let facts = Facts {
        history,
        ..question.facts.clone()
    };
    let question = Question {
        facts: &facts,
        ..question
    };
    ADMISSION
        .iter()
        .try_for_each(|guard| match guard.ask(question) {
            Answer::Pass => Ok(()),
            Answer::Defer(reason, _) | Answer::Suppress(reason) => Err(reason),
        })?;
    match switches::mode(question) {
        Mode::Enforce => Ok(()),
        Mode::Observe => Err(Reason::Observed),
        Mode::Off => Err(Reason::ModeOff),
    }
}

fn target_facts_are_fresh(question: Question<'_>) -> bool {
    let at = match question.target {
        Target::Unit(_) => question.facts.unit.known_at(),
        Target::ProcessGroup(_) => question.facts.victim.known_at(),
        Target::Path(_) | Target::Mount(_) => question.facts.folder.known_at(),
        // What is true of the machine as a whole was read with the question.
        Target::Host => return true,
    };
    at.is_some_and(|at| question.now.since(at) <= MAX_FACT_AGE)
}
