//! Checks: how success is judged, nested with `all` and `any`.

use schemars::JsonSchema;
use serde::Deserialize;

use super::settings::CheckSettingsWire;
use super::value::{Scalar, or_default};

/// What must hold after a remedy: exactly one of these; several are joined by `all` or `any`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Check", extend("minProperties" = 1, "maxProperties" = 1))]
pub(in crate::policy) struct CheckWire {
    /// The unit is active and stays so: `{stable_for: 2s}`.
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::policy) unit_active: Option<CheckSettingsWire>,
    /// The unit is down and stays so: `{stable_for: 2s}`.
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::policy) unit_inactive: Option<CheckSettingsWire>,
    /// The file system has so much free: `{at_least: 15%}`.
    pub(in crate::policy) free_space: Option<CheckSettingsWire>,
    /// The machine uses less memory than this: `85%`.
    pub(in crate::policy) memory_below: Option<Scalar>,
    /// The machine's processors are less busy than this: `80%`.
    pub(in crate::policy) cpu_below: Option<Scalar>,
    /// Tasks wait less than this share of the time: `{cpu: 20%}`, `{memory: 10%}` or `{io: 30%}`.
    pub(in crate::policy) pressure_below: Option<CheckSettingsWire>,
    /// A `PromQL` expression that returns something at the configured Prometheus.
    pub(in crate::policy) promql: Option<Scalar>,
    /// A GET is answered: `{url: 'http://127.0.0.1/', status: [200]}`.
    pub(in crate::policy) http: Option<CheckSettingsWire>,
    /// A connection can be made: `'127.0.0.1:80'`.
    pub(in crate::policy) tcp: Option<Scalar>,
    /// Alertmanager no longer has the alert: `{}`.
    #[serde(default, deserialize_with = "or_default")]
    pub(in crate::policy) alert_inactive: Option<CheckSettingsWire>,
    /// All of these hold.
    pub(in crate::policy) all: Option<Vec<CheckWire>>,
    /// One of these holds.
    pub(in crate::policy) any: Option<Vec<CheckWire>>,
}
