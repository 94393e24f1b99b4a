//! The policy as it is written: plain structs in which every field may be missing, so that the loader can report
//! everything that is wrong at once, each at its place. Unknown keys are refused here. Nothing of this travels inward.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{self, Deserialize, Deserializer, Visitor};

/// A scalar as its text, whatever type YAML makes of it: `4` and `"4"`, `0` and `0s` are judged by the field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Scalar(pub(super) String);

impl<'de> Deserialize<'de> for Scalar {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl Visitor<'_> for Text {
            type Value = Scalar;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a single value")
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<Scalar, E> {
                Ok(Scalar(value.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Scalar, E> {
                Ok(Scalar(value.to_string()))
            }
        }
        deserializer.deserialize_any(Text)
    }
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyWire {
    pub(super) version: Option<Scalar>,
    pub(super) host: Option<HostWire>,
    pub(super) mode: Option<Scalar>,
    pub(super) defaults: Option<DefaultsWire>,
    pub(super) protected: Option<ProtectedWire>,
    pub(super) rules: Option<Vec<RuleWire>>,
    pub(super) receivers: Option<BTreeMap<String, ReceiverWire>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HostWire {
    pub(super) label: Option<Scalar>,
    pub(super) is: Option<Vec<Scalar>>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DefaultsWire {
    pub(super) cooldown: Option<CooldownWire>,
    pub(super) budget: Option<BudgetWire>,
    pub(super) host_budget: Option<BudgetWire>,
    pub(super) max_evidence_age: Option<Scalar>,
    pub(super) boot_grace: Option<Scalar>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CooldownWire {
    pub(super) first: Option<Scalar>,
    pub(super) step: Option<Scalar>,
    pub(super) factor: Option<Scalar>,
    pub(super) max: Option<Scalar>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BudgetWire {
    pub(super) max: Option<Scalar>,
    pub(super) per: Option<Scalar>,
}

#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProtectedWire {
    pub(super) units: Option<Vec<Scalar>>,
    pub(super) paths: Option<Vec<Scalar>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RuleWire {
    pub(super) name: Option<Scalar>,
    pub(super) matchers: Option<Vec<Scalar>>,
    #[serde(rename = "continue")]
    pub(super) continues: Option<Scalar>,
    pub(super) mode: Option<Scalar>,
    pub(super) target: Option<TargetWire>,
    pub(super) ladder: Option<Vec<RungWire>>,
    pub(super) cooldown: Option<CooldownWire>,
    pub(super) budget: Option<BudgetWire>,
    pub(super) max_evidence_age: Option<Scalar>,
    pub(super) after_clean_stop: Option<Scalar>,
    pub(super) escalate: Option<EscalateWire>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TargetWire {
    pub(super) unit: Option<UnitTargetWire>,
    pub(super) path: Option<Scalar>,
    pub(super) when: Option<Scalar>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct UnitTargetWire {
    pub(super) label: Option<Scalar>,
    pub(super) allow: Option<Vec<Scalar>>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RungWire {
    pub(super) remedy: Option<Scalar>,
    pub(super) with: Option<SettingsWire>,
    pub(super) attempts: Option<Scalar>,
    pub(super) verify: Option<BTreeMap<String, Option<VerifyWire>>>,
    pub(super) within: Option<Scalar>,
}

/// The settings of all remedies; the loader refuses those of another one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SettingsWire {
    pub(super) older_than: Option<Scalar>,
    pub(super) stop_at_free: Option<Scalar>,
    pub(super) max_bytes: Option<Scalar>,
    pub(super) max_files: Option<Scalar>,
}

/// The settings of all checks; the loader refuses those of another one.
#[derive(Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct VerifyWire {
    pub(super) stable_for: Option<Scalar>,
    pub(super) at_least: Option<Scalar>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EscalateWire {
    pub(super) receivers: Option<Vec<Scalar>>,
    pub(super) quarantine: Option<Scalar>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ReceiverWire {
    pub(super) email: Option<EmailWire>,
}

#[derive(Debug, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EmailWire {
    pub(super) to: Option<Vec<Scalar>>,
}
