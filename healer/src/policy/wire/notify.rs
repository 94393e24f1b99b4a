//! What is told to whom, and when.

use schemars::JsonSchema;
use serde::Deserialize;

use super::receiver::MessageLimitWire;
use super::schema;
use super::value::Scalar;

/// What is told to whom, and when.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Notify")]
pub(in crate::policy) struct NotifyWire {
    /// Of messages (default: `en`).
    #[schemars(default, schema_with = "schema::language")]
    pub(in crate::policy) language: Option<Scalar>,
    /// Zone that times are told in, by the IANA database (default: the machine's).
    pub(in crate::policy) time_zone: Option<Scalar>,
    /// How long the first word waits, so that a quick repair is told with it.
    pub(in crate::policy) hold: Option<HoldWire>,
    /// How long what is alike is gathered into one message (default: 30s).
    pub(in crate::policy) gather: Option<Scalar>,
    /// Most messages to one receiver (default: `{max: 30, per: 10m}`).
    pub(in crate::policy) limit: Option<MessageLimitWire>,
    /// Most messages about one incident to one receiver (default: `{max: 6, per: 1h}`).
    pub(in crate::policy) incident_limit: Option<MessageLimitWire>,
    /// Names of time intervals in which only what is critical is told.
    pub(in crate::policy) quiet_hours: Option<Vec<Scalar>>,
    /// How often what was held back is told (default: 1h).
    pub(in crate::policy) digest_every: Option<Scalar>,
    /// Who is told what: the first route that fits decides (default: everybody, everything).
    pub(in crate::policy) routes: Option<Vec<RouteWire>>,
    /// A report that is mailed regularly (default: none).
    pub(in crate::policy) report: Option<ScheduledReportWire>,
}

/// How long the first word waits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Hold")]
pub(in crate::policy) struct HoldWire {
    /// Of what is critical (default: 5s).
    pub(in crate::policy) critical: Option<Scalar>,
    /// Of anything else (default: 30s).
    pub(in crate::policy) warning: Option<Scalar>,
}

/// Whom news go to.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Route")]
pub(in crate::policy) struct RouteWire {
    /// Alertmanager's matchers, of the alert's labels, `severity` and `outcome`; all must fit; without any, everything does.
    pub(in crate::policy) matchers: Option<Vec<Scalar>>,
    /// Names; `[]` tells nobody.
    #[schemars(required)]
    pub(in crate::policy) receivers: Option<Vec<Scalar>>,
    /// Ask the next routes as well (default: false).
    #[serde(rename = "continue")]
    #[schemars(default, schema_with = "schema::boolean")]
    pub(in crate::policy) continues: Option<Scalar>,
}

/// A report that is mailed regularly.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ScheduledReport")]
pub(in crate::policy) struct ScheduledReportWire {
    /// How long a period it covers.
    #[schemars(required, schema_with = "schema::report_period")]
    pub(in crate::policy) every: Option<Scalar>,
    /// Names of receivers with mail.
    #[schemars(required)]
    pub(in crate::policy) receivers: Option<Vec<Scalar>>,
}
