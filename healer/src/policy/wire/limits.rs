//! Limits, as the defaults and the rules write them.

use schemars::JsonSchema;
use serde::Deserialize;

use super::value::{OrNone, Scalar};

/// What rules have unless they say otherwise, and the limits of the whole host.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Defaults")]
pub(in crate::policy) struct DefaultsWire {
    /// The wait after repairs, growing while faults keep coming.
    pub(in crate::policy) cooldown: Option<CooldownWire>,
    /// Most repairs of one target by one rule (default: 5 in 1h).
    pub(in crate::policy) budget: Option<BudgetWire>,
    /// Most repairs by one rule, whatever the target (default: none).
    pub(in crate::policy) rule_budget: Option<OrNone<BudgetWire>>,
    /// Most repairs of one target, whatever the rule (default: none).
    pub(in crate::policy) target_budget: Option<OrNone<BudgetWire>>,
    /// Most repairs on this host (default: 20 in 1h).
    pub(in crate::policy) host_budget: Option<BudgetWire>,
    /// Most repairs at once on this host (default: 3).
    pub(in crate::policy) max_at_once: Option<Scalar>,
    /// When a target that is repaired too often is left alone (default: 5 within 30m, for 1h).
    pub(in crate::policy) flapping: Option<OrNone<FlappingWire>>,
    /// When a rule that keeps failing is left alone (default: after 3, for 1h).
    pub(in crate::policy) breaker: Option<OrNone<BreakerWire>>,
    /// What is kept before a remedy runs.
    pub(in crate::policy) evidence: Option<EvidenceWire>,
    /// An alert that Alertmanager has not confirmed for so long is too old to act on (default: 2m).
    pub(in crate::policy) max_evidence_age: Option<Scalar>,
    /// Nothing is done for so long after boot (default: 2m).
    pub(in crate::policy) boot_grace: Option<Scalar>,
}

/// The wait after a repair: `first`, then `step`, `step × factor` … up to `max`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Cooldown")]
pub(in crate::policy) struct CooldownWire {
    /// After the first repair (default: 0s).
    pub(in crate::policy) first: Option<Scalar>,
    /// After the second (default: 5s).
    pub(in crate::policy) step: Option<Scalar>,
    /// Growth from then on (default: 4).
    pub(in crate::policy) factor: Option<Scalar>,
    /// Never longer (default: 5m).
    pub(in crate::policy) max: Option<Scalar>,
}

/// At most `max` in any window of `per`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Budget")]
pub(in crate::policy) struct BudgetWire {
    /// How many, 1 to 1000.
    #[schemars(required)]
    pub(in crate::policy) max: Option<Scalar>,
    /// In how long.
    #[schemars(required)]
    pub(in crate::policy) per: Option<Scalar>,
}

/// A target that is repaired again and again is left alone for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Flapping")]
pub(in crate::policy) struct FlappingWire {
    /// So many repairs, 2 to 100 …
    #[schemars(required)]
    pub(in crate::policy) repairs: Option<Scalar>,
    /// … within so long …
    #[schemars(required)]
    pub(in crate::policy) within: Option<Scalar>,
    /// … and it is left alone for so long.
    #[schemars(required)]
    pub(in crate::policy) hold: Option<Scalar>,
}

/// A rule that keeps failing is left alone for a while.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Breaker")]
pub(in crate::policy) struct BreakerWire {
    /// So many failures in a row, 1 to 100 …
    #[schemars(required)]
    pub(in crate::policy) failures: Option<Scalar>,
    /// … and it is left alone for so long; then one trial runs.
    #[schemars(required)]
    pub(in crate::policy) open_for: Option<Scalar>,
}

/// What is kept before a remedy runs.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Evidence")]
pub(in crate::policy) struct EvidenceWire {
    /// Last lines of the unit's log (default: 20; 0 keeps none).
    pub(in crate::policy) log_lines: Option<Scalar>,
}

/// A person has to agree first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Approval")]
pub(in crate::policy) struct ApprovalWire {
    /// Nobody having answered by then means no.
    pub(in crate::policy) expires: Option<Scalar>,
}

/// Units that serve one purpose together.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Group")]
pub(in crate::policy) struct GroupWire {
    /// Unique.
    #[schemars(required)]
    pub(in crate::policy) name: Option<Scalar>,
    /// Names or globs of units.
    #[schemars(required)]
    pub(in crate::policy) units: Option<Vec<Scalar>>,
    /// How many of them may be under repair at once (default: 1).
    pub(in crate::policy) max_at_once: Option<Scalar>,
    /// How many others must be up before one that is up is restarted, stopped or throttled (default: 0).
    pub(in crate::policy) min_healthy: Option<Scalar>,
}
