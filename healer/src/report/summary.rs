//! The report of a period, as it is printed in JSON: its fields are documented and stay what they are.
//!
//! The daemon makes it and the command lays it out, so it goes over the control socket as it is.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::incident::Severity;
use crate::reason::Reason;

/// The version of this format.
pub const VERSION: u32 = 1;

/// The whole report.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Report {
    /// Version of this format.
    pub version: u32,
    /// Version of the program that made it.
    pub healer: String,
    /// Which machine it is about.
    pub host: String,
    /// When it was made: incidents are told as they stood then.
    pub made: Timestamp,
    /// What it is about: incidents that were noticed in this time.
    pub period: Period,
    /// How much of the past the journal still holds.
    pub history: History,
    /// Totals.
    pub totals: Totals,
    /// From the begin of a fault to the moment that the healer heard of it.
    pub time_to_notice: Spread,
    /// From the begin of a fault to its repair, checked: one for each repair. When the fault had come again, from then.
    pub time_to_repair: Spread,
    /// The same as a distribution; bands that nothing fell into are there as well.
    pub repair_times: Vec<Band>,
    /// What ended up how, in equal stretches of the period, in order of time.
    pub over_time: Vec<Stretch>,
    /// By alert name, most incidents first.
    pub alerts: Vec<AlertRow>,
    /// What was done, by kind, most attempts first.
    pub remedies: Vec<RemedyRow>,
    /// What a person has to look after, as of `made`.
    pub needs_person: Vec<NeedsPerson>,
    /// Alerts that fire often, fire again, or were left alone because of that; most firings first.
    pub noisy: Vec<NoisyRow>,
    /// Why nothing was done, or not at once; most incidents first.
    pub reasons: Vec<ReasonRow>,
    /// Budgets that were used up; most incidents first.
    pub budgets: Vec<BudgetRow>,
    /// The longest incidents, the longest first.
    pub longest: Vec<IncidentRow>,
    /// The newest incidents, the newest first; `totals.incidents` counts them all.
    pub incidents: Vec<IncidentRow>,
}

/// A stretch of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Period {
    /// From, inclusive.
    pub since: Timestamp,
    /// Until, exclusive.
    pub until: Timestamp,
}

impl Period {
    /// Whether a moment lies in it.
    pub fn contains(&self, at: Timestamp) -> bool {
        (self.since..self.until).contains(&at)
    }
}

/// How much of the past the journal still holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct History {
    /// The oldest event; none when there is none.
    pub first: Option<Timestamp>,
    /// How long events are kept, in seconds.
    pub kept_seconds: u64,
    /// How many events were read.
    pub events: u64,
    /// There is more than was read: it begins at `first`.
    pub is_cut: bool,
    /// Nothing of the period has been forgotten, as far as can be told.
    pub is_covered: bool,
}

/// How an incident stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fate {
    /// The healer repaired it, and the check held.
    Repaired,
    /// It tried, and its last try did not help.
    NotRepaired,
    /// In observe mode: it would have acted.
    Observed,
    /// It ended without a repair.
    EndedByItself,
    /// It has not ended, and nothing was tried.
    Open,
}

impl Fate {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Repaired,
        Self::NotRepaired,
        Self::Observed,
        Self::EndedByItself,
        Self::Open,
    ];
}

/// Incidents by how they stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fates {
    /// Repaired, checked.
    pub repaired: u64,
    /// Tried, in vain.
    pub not_repaired: u64,
    /// Would have been acted on.
    pub observed: u64,
    /// Ended without a repair.
    pub ended_by_itself: u64,
    /// Not ended, nothing tried.
    pub open: u64,
}

impl Fates {
    /// One more.
    pub fn count(&mut self, fate: Fate) {
        *match fate {
            Fate::Repaired => &mut self.repaired,
            Fate::NotRepaired => &mut self.not_repaired,
            Fate::Observed => &mut self.observed,
            Fate::EndedByItself => &mut self.ended_by_itself,
            Fate::Open => &mut self.open,
        } += 1;
    }

    /// How many there are of one.
    pub const fn of(&self, fate: Fate) -> u64 {
        match fate {
            Fate::Repaired => self.repaired,
            Fate::NotRepaired => self.not_repaired,
            Fate::Observed => self.observed,
            Fate::EndedByItself => self.ended_by_itself,
            Fate::Open => self.open,
        }
    }

    /// All of them.
    pub const fn total(&self) -> u64 {
        self.repaired + self.not_repaired + self.observed + self.ended_by_itself + self.open
    }
}

/// Totals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Incidents of the period.
    pub incidents: u64,
    /// Of them critical.
    pub critical: u64,
    /// Of them warnings.
    pub warning: u64,
    /// The rest.
    pub info: u64,
    /// How they stand.
    #[serde(flatten)]
    pub fates: Fates,
    /// Incidents that were noticed before the period and lasted into it; they are counted nowhere else.
    pub open_before: u64,
    /// How often something fired again shortly after it had ended.
    pub relapses: u64,
    /// Attempts at a remedy that ended in the period.
    pub attempts: u64,
    /// Of them succeeded.
    pub succeeded: u64,
}

/// Durations in seconds; all none when there is not one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// How many.
    pub count: u64,
    /// Half are shorter.
    pub median_seconds: Option<f64>,
    /// Nine in ten are shorter.
    pub p90_seconds: Option<f64>,
    /// The longest.
    pub worst_seconds: Option<f64>,
}

/// Repairs that took longer than the band before and at most this long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Band {
    /// In seconds; none: whatever is longer.
    pub up_to_seconds: Option<u64>,
    /// How many.
    pub repairs: u64,
}

/// One stretch of the period: an hour, a day or a week by the local clock; the first and last may be cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stretch {
    /// From, inclusive.
    pub from: Timestamp,
    /// To, exclusive.
    pub to: Timestamp,
    /// Incidents that were noticed in it, by how they stand.
    #[serde(flatten)]
    pub fates: Fates,
}

/// Incidents of one alert name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AlertRow {
    /// `alertname`; `(others)` when there are too many names.
    pub alert: String,
    /// The worst that it was.
    pub severity: Severity,
    /// How many.
    pub incidents: u64,
    /// How they stand.
    #[serde(flatten)]
    pub fates: Fates,
}

/// Attempts of one kind.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RemedyRow {
    /// `service_restart` …, as in the action log.
    pub action_type: String,
    /// How many.
    pub attempts: u64,
    /// Of them succeeded.
    pub succeeded: u64,
    /// How long one takes, from its intent to its end.
    pub median_seconds: Option<f64>,
}

/// Why a person is needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Need {
    /// Everything was tried; it is left alone until a time, or until it is released.
    Quarantined,
    /// It still fires, and the last try did not help.
    NotRepaired,
    /// A question waits for an answer.
    AwaitingApproval,
}

/// Something that a person has to look after.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NeedsPerson {
    /// Why.
    pub why: Need,
    /// The target, or the alert's name when there is none.
    pub about: String,
    /// `alertname`
    pub alert: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when it is left alone, or an answer counts.
    pub until: Option<Timestamp>,
    /// Why by itself nothing more is done; none in what an older version made.
    #[serde(default)]
    pub reason: Option<Reason>,
    /// The action log's sentence.
    pub message: String,
    /// What ends it, when that is a command.
    pub command: Option<String>,
}

/// How much noise an alert makes.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NoisyRow {
    /// `alertname`
    pub alert: String,
    /// The service, when it is about one.
    pub service: Option<String>,
    /// How often it began to fire.
    pub firings: u64,
    /// How often it fired again shortly after it had ended.
    pub relapses: u64,
    /// How often it was left alone because it flaps.
    pub flapping: u64,
}

/// How often a reason stood in the way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReasonRow {
    /// The reason, as in metrics and log.
    pub reason: Reason,
    /// In how many incidents.
    pub incidents: u64,
    /// Of them repaired all the same.
    pub repaired: u64,
}

/// A budget that was used up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BudgetRow {
    /// Which: `budget`, `rule_budget`, `target_budget`, `host_budget` or `rung_budget`.
    pub reason: Reason,
    /// The rule that wanted to act.
    pub rule: String,
    /// In how many incidents.
    pub incidents: u64,
    /// When it was last.
    pub last: Timestamp,
}

/// One incident.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IncidentRow {
    /// Which.
    pub id: String,
    /// `alertname`
    pub alert: String,
    /// The worst that it was.
    pub severity: Severity,
    /// The service, when it is about one.
    pub service: Option<String>,
    /// The alert's `summary`, or nothing.
    pub summary: String,
    /// When the fault began, by Prometheus.
    pub began: Timestamp,
    /// When the healer heard of it.
    pub noticed: Timestamp,
    /// When it was repaired, checked.
    pub repaired: Option<Timestamp>,
    /// When the last alert about it ended.
    pub ended: Option<Timestamp>,
    /// How it stands.
    pub fate: Fate,
    /// How often it came again shortly after it had ended.
    pub relapses: u32,
    /// Kinds of attempts, in their order, each once.
    pub tried: Vec<String>,
    /// Why the last remediation failed, or why nothing was done; none when it was repaired.
    pub reason: Option<Reason>,
}

impl IncidentRow {
    /// How long it lasted, or has lasted when the report was made.
    pub fn seconds(&self, made: Timestamp) -> f64 {
        let end = self.ended.unwrap_or(made);
        end.duration_since(self.began).as_secs_f64().max(0.0)
    }
}
