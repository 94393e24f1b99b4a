//! The policy as it is written: plain structs in which every field may be missing, so that the loader can report
//! everything that is wrong at once, each at its place. Unknown keys are refused here. Nothing of this travels inward.
//! The comments on fields are also the descriptions that editors show.

mod check;
mod limits;
mod notify;
mod receiver;
mod rule;
mod settings;
mod time_interval;
mod value;

use std::collections::BTreeMap;

pub(super) use check::CheckWire;
pub(super) use limits::{
    ApprovalWire, BreakerWire, BudgetWire, CooldownWire, DefaultsWire, EvidenceWire, FlappingWire,
    GroupWire,
};
pub(super) use notify::{HoldWire, NotifyWire, RouteWire, ScheduledReportWire};
pub(super) use receiver::{
    EmailWire, Mapping, MattermostWire, MessageLimitWire, NtfyWire, ReceiverWire,
    SecretAddressWire, SlackWire, WebhookWire,
};
pub(super) use rule::{
    EscalateWire, LabelledWire, ProcessGroupWire, RuleWire, RungWire, TargetWire,
};
use schemars::JsonSchema;
use serde::Deserialize;
pub(super) use settings::{CheckSettingsWire, OF_CHECKS, SettingsWire, of_remedy};
pub(super) use time_interval::{TimeIntervalWire, TimeSpanWire, TimesWire};
pub(super) use value::{OrNone, Scalar};

use super::schema;

/// What the healer may do on one host.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Policy")]
pub(super) struct PolicyWire {
    /// Always 1.
    #[schemars(required, schema_with = "schema::version")]
    pub(super) version: Option<Scalar>,
    /// Which alerts are about this host.
    #[schemars(required)]
    pub(super) host: Option<HostWire>,
    /// `off`: nothing; `observe` (default): say what would be done; `enforce`: do it.
    #[schemars(default, schema_with = "schema::mode")]
    pub(super) mode: Option<Scalar>,
    /// Matchers of critical alerts: what hits something that runs needs one (default: `severity = "critical"`).
    pub(super) critical: Option<Vec<Scalar>>,
    /// The alert that always fires; its absence is announced.
    pub(super) heartbeat: Option<HeartbeatWire>,
    /// Named times, as in Alertmanager.
    pub(super) time_intervals: Option<Vec<TimeIntervalWire>>,
    /// Units that serve one purpose together.
    pub(super) groups: Option<Vec<GroupWire>>,
    /// What rules have unless they say otherwise, and the limits of the whole host.
    pub(super) defaults: Option<DefaultsWire>,
    /// What no remedy may touch.
    pub(super) protected: Option<ProtectedWire>,
    /// The first rule whose matchers all fit decides.
    #[schemars(required)]
    pub(super) rules: Option<Vec<RuleWire>>,
    /// Who can be told, by name.
    pub(super) receivers: Option<BTreeMap<String, ReceiverWire>>,
    /// What is told to whom, and when.
    pub(super) notify: Option<NotifyWire>,
}

/// Which alerts are about this host.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Host")]
pub(super) struct HostWire {
    /// The label that names the host.
    #[schemars(required)]
    pub(super) label: Option<Scalar>,
    /// Its values for this host.
    #[schemars(required)]
    pub(super) is: Option<Vec<Scalar>>,
}

/// The alert that always fires.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Heartbeat")]
pub(super) struct HeartbeatWire {
    /// `false`: do not wait for it.
    #[schemars(default, schema_with = "schema::boolean")]
    pub(super) watch: Option<Scalar>,
    /// Which alert it is (default: `alertname = "Heartbeat"`).
    pub(super) matchers: Option<Vec<Scalar>>,
    /// Longer without it means that something on the way is broken (default: 3m).
    pub(super) missing_after: Option<Scalar>,
}

/// What no remedy may touch.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Protected")]
pub(super) struct ProtectedWire {
    /// Names or globs of units that are never restarted, stopped or throttled; a dead one may be started.
    pub(super) units: Option<Vec<Scalar>>,
    /// Folders in which nothing is cleaned.
    pub(super) paths: Option<Vec<Scalar>>,
}
