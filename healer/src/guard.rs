//! The guards, in the order in which they are asked. Each passes, defers or suppresses, and says why.

use prunelle_foundation::clock::Now;
use std::time::Duration;

use crate::alert::Alert;
use crate::facts::Facts;
use crate::policy::{Policy, Rule, Rung};
use crate::reason::Reason;
use crate::target::Target;

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
    /// No; asked again only when the episode, the policy or the switch changes.
    Suppress(Reason),
}

/// One guard.
pub trait Guard: Sync {
    /// Its name, as in `explain` and the log.
    fn name(&self) -> &'static str;
    /// Its answer.
    fn ask(&self, question: Question<'_>) -> Answer;
}
