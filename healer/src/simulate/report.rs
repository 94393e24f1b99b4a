//! The report of a rehearsal, as it is printed in JSON: its fields are documented and stay what they are.

use jiff::Timestamp;
use serde::Serialize;
use std::collections::BTreeMap;

use super::reading::Coverage;

/// The whole report.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// The policy that was rehearsed.
    pub policy: PolicyShown,
    /// `success` or `failure`: what each repair was assumed to come to.
    pub assumed: &'static str,
    /// The past that was asked for.
    pub asked: Asked,
    /// How much of it there was.
    pub history: HistoryShown,
    /// Totals.
    pub totals: Totals,
    /// Remediations by rule, target and remedy, most first.
    pub remediations_by: Vec<RemediationsBy>,
    /// Why nothing was done, or not yet, most first.
    pub reasons: Vec<ReasonCount>,
    /// Where a budget was used up.
    pub budgets: Vec<BudgetStop>,
    /// The hour in which most remediations began; none without any.
    pub busiest_hour: Option<Hour>,
    /// What could not be rehearsed.
    pub not_rehearsed: Vec<NotRehearsed>,
    /// Every remediation, in order of time.
    pub remediations: Vec<RemediationShown>,
    /// Every episode, in order of time.
    pub episodes: Vec<EpisodeShown>,
}

/// Which policy.
#[derive(Clone, Debug, Serialize)]
pub struct PolicyShown {
    /// SHA-256 of its text.
    pub revision: String,
    /// Its mode, which is shown and not applied.
    pub mode: &'static str,
}

/// Which past.
#[derive(Clone, Debug, Serialize)]
pub struct Asked {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
}

/// How much of the past there was.
#[derive(Clone, Debug, Serialize)]
pub struct HistoryShown {
    /// Version of the Prometheus.
    pub prometheus: String,
    /// Seconds between points: shorter episodes may be missed, shorter pauses between two make them one.
    pub step_seconds: f64,
    /// First and last moment, gaps, and the share that there was.
    #[serde(flatten)]
    pub coverage: Coverage,
}

/// Totals.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Totals {
    /// Episodes in the history, of all hosts.
    pub episodes: usize,
    /// Of them about this host.
    pub of_this_host: usize,
    /// Remediations: each is one way through a ladder.
    pub remediations: usize,
    /// Attempts of all remediations.
    pub attempts: usize,
    /// Remediations that succeeded.
    pub succeeded: usize,
    /// Episodes that were repaired, alone or together with another.
    pub repaired: usize,
    /// Episodes for which something was tried, in vain.
    pub tried: usize,
    /// Episodes that ended while they waited.
    pub waited: usize,
    /// Episodes about this host for which nothing was ever to be done.
    pub suppressed: usize,
    /// Attempts that a person would have been asked about.
    pub approvals_assumed: usize,
}

/// Remediations of one rule on one target, by the remedy that was tried last.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RemediationsBy {
    /// The rule.
    pub rule: String,
    /// The mode that the rule really has, the policy's counted in.
    pub mode: &'static str,
    /// The target.
    pub target: String,
    /// The remedy.
    pub remedy: &'static str,
    /// How many.
    pub remediations: usize,
    /// Of them succeeded.
    pub succeeded: usize,
}

/// How often a reason stood in the way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ReasonCount {
    /// The reason, as in metrics.
    pub reason: &'static str,
    /// What it means.
    pub words: &'static str,
    /// The rule; none when none matched.
    pub rule: Option<String>,
    /// `suppressed` or `deferred`.
    pub kind: &'static str,
    /// In how many episodes.
    pub episodes: usize,
    /// How many decisions.
    pub decisions: usize,
}

/// A budget was used up.
#[derive(Clone, Debug, Serialize)]
pub struct BudgetStop {
    /// When.
    pub at: Timestamp,
    /// Which: `budget`, `rule_budget`, `target_budget`, `host_budget` or `rung_budget`.
    pub reason: &'static str,
    /// The rule that wanted to act.
    pub rule: String,
    /// On what.
    pub target: String,
}

/// An hour.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Hour {
    /// Its beginning: the first of its remediations.
    pub from: Timestamp,
    /// How many began in it.
    pub remediations: usize,
}

/// Something that is not in the history.
#[derive(Clone, Debug, Serialize)]
pub struct NotRehearsed {
    /// A guard, or what else decides in the daemon.
    pub what: &'static str,
    /// Why, and what was assumed.
    pub why: &'static str,
}

/// One remediation.
#[derive(Clone, Debug, Serialize)]
pub struct RemediationShown {
    /// When its first intent would have been written.
    pub from: Timestamp,
    /// When it would have ended.
    pub to: Timestamp,
    /// The alert's name.
    pub alert: String,
    /// The rule.
    pub rule: String,
    /// The target.
    pub target: String,
    /// The remedy of each attempt.
    pub attempts: Vec<AttemptShown>,
    /// As in the action log.
    pub status: &'static str,
    /// Why it ended otherwise than by success.
    pub reason: Option<&'static str>,
}

/// One attempt.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptShown {
    /// When.
    pub at: Timestamp,
    /// Which rung, from 1.
    pub rung: usize,
    /// The remedy.
    pub remedy: &'static str,
}

/// One episode.
#[derive(Clone, Debug, Serialize)]
pub struct EpisodeShown {
    /// When it began to fire.
    pub from: Timestamp,
    /// When it ended, in history.
    pub to: Timestamp,
    /// The alert's labels.
    pub labels: BTreeMap<String, String>,
    /// The target; none when there was none.
    pub target: Option<String>,
    /// `repaired`, `tried`, `waited`, `suppressed`, or `open` when it ended before anything was decided.
    pub fate: &'static str,
    /// Why it waited or was suppressed.
    pub reason: Option<&'static str>,
}
