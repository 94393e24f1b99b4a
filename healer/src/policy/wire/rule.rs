//! Rules: what they match, on what they act, and the rungs of their ladders.

use schemars::JsonSchema;
use serde::Deserialize;

use super::check::CheckWire;
use super::limits::{
    ApprovalWire, BreakerWire, BudgetWire, CooldownWire, EvidenceWire, FlappingWire,
};
use super::settings::SettingsWire;
use super::value::{OrNone, Scalar};
use crate::policy::schema;

/// One rule: which alerts, on what, what is tried in which order, and within which limits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rule")]
pub(in crate::policy) struct RuleWire {
    /// Unique; budgets and the log go by it.
    #[schemars(required)]
    pub(in crate::policy) name: Option<Scalar>,
    /// Alertmanager's matchers; all must fit.
    #[schemars(required)]
    pub(in crate::policy) matchers: Option<Vec<Scalar>>,
    /// Look at the next rules as well (default: false).
    #[serde(rename = "continue")]
    #[schemars(default, schema_with = "schema::boolean")]
    pub(in crate::policy) continues: Option<Scalar>,
    /// The rule's own mode; it cannot raise the policy's.
    #[schemars(default, schema_with = "schema::mode")]
    pub(in crate::policy) mode: Option<Scalar>,
    /// Names of time intervals: the rule acts in one of these only.
    pub(in crate::policy) active_time_intervals: Option<Vec<Scalar>>,
    /// Names of time intervals: the rule never acts in one of these.
    pub(in crate::policy) mute_time_intervals: Option<Vec<Scalar>>,
    /// What the rule acts on.
    #[schemars(required)]
    pub(in crate::policy) target: Option<TargetWire>,
    /// What is tried, in this order.
    #[schemars(required)]
    pub(in crate::policy) ladder: Option<Vec<RungWire>>,
    /// The wait after repairs, growing while faults keep coming.
    pub(in crate::policy) cooldown: Option<CooldownWire>,
    /// Most repairs of one target by this rule.
    pub(in crate::policy) budget: Option<BudgetWire>,
    /// Most repairs by this rule, whatever the target.
    pub(in crate::policy) rule_budget: Option<OrNone<BudgetWire>>,
    /// Most repairs of one target, whatever the rule.
    pub(in crate::policy) target_budget: Option<OrNone<BudgetWire>>,
    /// When a target that is repaired too often is left alone.
    pub(in crate::policy) flapping: Option<OrNone<FlappingWire>>,
    /// When the rule itself is left alone, because it keeps failing.
    pub(in crate::policy) breaker: Option<OrNone<BreakerWire>>,
    /// What is kept before a remedy runs.
    pub(in crate::policy) evidence: Option<EvidenceWire>,
    /// An alert that Alertmanager has not confirmed for so long is too old to act on.
    pub(in crate::policy) max_evidence_age: Option<Scalar>,
    /// `repair` (default) or `respect`: what becomes of a unit that somebody stopped cleanly.
    #[schemars(default, schema_with = "schema::after_clean_stop")]
    pub(in crate::policy) after_clean_stop: Option<Scalar>,
    /// What happens when every rung was tried in vain.
    pub(in crate::policy) escalate: Option<EscalateWire>,
}

/// What a rule acts on: exactly one of `unit`, `path`, `mount`, `process_group`, `host`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Target", extend("oneOf" = schema::one_target()))]
pub(in crate::policy) struct TargetWire {
    /// The systemd unit that a label names, out of an allow-list.
    pub(in crate::policy) unit: Option<LabelledWire>,
    /// A folder, always this one.
    pub(in crate::policy) path: Option<Scalar>,
    /// With `path`: `same_file_system` (only if the alert is about the file system that holds it) or `always`.
    #[schemars(default, schema_with = "schema::when")]
    pub(in crate::policy) when: Option<Scalar>,
    /// The file system whose mount point a label names, out of an allow-list.
    pub(in crate::policy) mount: Option<LabelledWire>,
    /// The unit that uses most of a resource, if the allow-list has it.
    pub(in crate::policy) process_group: Option<ProcessGroupWire>,
    /// `true`: this machine.
    #[schemars(default, schema_with = "schema::yes")]
    pub(in crate::policy) host: Option<Scalar>,
}

/// A target that a label picks out of an allow-list.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Labelled")]
pub(in crate::policy) struct LabelledWire {
    /// The label that names it.
    #[schemars(required)]
    pub(in crate::policy) label: Option<Scalar>,
    /// What it may name; empty allows nothing.
    #[schemars(required)]
    pub(in crate::policy) allow: Option<Vec<Scalar>>,
}

/// The unit that uses most of a resource.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ProcessGroup")]
pub(in crate::policy) struct ProcessGroupWire {
    /// `memory` or `cpu`.
    #[schemars(required, schema_with = "schema::resource")]
    pub(in crate::policy) uses_most: Option<Scalar>,
    /// Names or globs of units; empty allows none.
    #[schemars(required)]
    pub(in crate::policy) allow: Option<Vec<Scalar>>,
}

/// One rung of a ladder: a remedy, how often, and how success is judged.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rung")]
pub(in crate::policy) struct RungWire {
    /// What is done.
    #[schemars(required, schema_with = "schema::remedy")]
    pub(in crate::policy) remedy: Option<Scalar>,
    /// The remedy's settings.
    #[serde(rename = "with")]
    pub(in crate::policy) settings: Option<SettingsWire>,
    /// How often, at most (default: 1).
    pub(in crate::policy) attempts: Option<Scalar>,
    /// What must hold afterwards.
    #[schemars(required)]
    pub(in crate::policy) verify: Option<CheckWire>,
    /// Time limit of one attempt, the check included.
    pub(in crate::policy) within: Option<Scalar>,
    /// For these units only; for others the ladder goes on.
    pub(in crate::policy) allow: Option<Vec<Scalar>>,
    /// Most uses of this rung on one target; when it is used up, the ladder goes on.
    pub(in crate::policy) budget: Option<BudgetWire>,
    /// A person has to agree first; `reboot` has this unless it is `none`.
    pub(in crate::policy) approval: Option<OrNone<ApprovalWire>>,
}

/// What happens when every rung was tried in vain.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Escalate")]
pub(in crate::policy) struct EscalateWire {
    /// Names of receivers that are told.
    pub(in crate::policy) receivers: Option<Vec<Scalar>>,
    /// How long the target is left alone (default: 1h; `0s`: not at all).
    pub(in crate::policy) quarantine: Option<Scalar>,
}
