//! Limits of a unit that are set while it runs, by systemd's names: in plans, in the journal and for people.
//!
//! [`u64::MAX`] means that there is no limit, as in systemd.

use std::collections::BTreeMap;
use std::fmt;

use prunelle_systemd::Property;
use serde::{Deserialize, Serialize};

/// Limits, each with its value.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, u64>", into = "BTreeMap<String, u64>")]
pub struct ResourceLimits(BTreeMap<Property, u64>);

/// A name that is none of a limit.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no limit of a unit")]
pub struct UnknownLimit(String);

impl ResourceLimits {
    /// The value of one.
    pub fn get(&self, property: Property) -> Option<u64> {
        self.0.get(&property).copied()
    }

    /// Sets one.
    pub fn set(&mut self, property: Property, value: u64) {
        self.0.insert(property, value);
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Each with its value, in a fixed order.
    pub fn iter(&self) -> impl Iterator<Item = (Property, u64)> {
        self.0.iter().map(|(property, value)| (*property, *value))
    }

    /// Which ones.
    pub fn properties(&self) -> Vec<Property> {
        self.0.keys().copied().collect()
    }
}

impl FromIterator<(Property, u64)> for ResourceLimits {
    fn from_iter<T: IntoIterator<Item = (Property, u64)>>(limits: T) -> Self {
        Self(limits.into_iter().collect())
    }
}

impl TryFrom<BTreeMap<String, u64>> for ResourceLimits {
    type Error = UnknownLimit;

    fn try_from(named: BTreeMap<String, u64>) -> Result<Self, Self::Error> {
        named
            .into_iter()
            .map(|(name, value)| match Property::from_name(&name) {
                Some(property) => Ok((property, value)),
                None => Err(UnknownLimit(name)),
            })
            .collect()
    }
}

impl From<ResourceLimits> for BTreeMap<String, u64> {
    fn from(limits: ResourceLimits) -> Self {
        limits
            .iter()
            .map(|(property, value)| (property.as_str().to_owned(), value))
            .collect()
    }
}

/// As in a unit file: `CPUQuota=50% MemoryHigh=1G`; what is not limited is left empty, or infinite.
impl fmt::Display for ResourceLimits {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (property, value)) in self.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            match (property, value) {
                (Property::CpuQuota, u64::MAX) => f.write_str("CPUQuota=")?,
                (Property::CpuQuota, micros) => write!(f, "CPUQuota={}%", percent(micros))?,
                (Property::CpuWeight, u64::MAX) => f.write_str("CPUWeight=")?,
                (Property::CpuWeight, weight) => write!(f, "CPUWeight={weight}")?,
                (Property::MemoryHigh, u64::MAX) => f.write_str("MemoryHigh=infinity")?,
                (Property::MemoryHigh, bytes) => write!(f, "MemoryHigh={}", size(bytes))?,
            }
        }
        Ok(())
    }
}

/// Microseconds in each second as a percentage of one processor, with as many digits as it takes.
fn percent(micros: u64) -> String {
    let (whole, rest) = (micros / 10_000, micros % 10_000);
    if rest == 0 {
        whole.to_string()
    } else {
        let digits = format!("{rest:04}");
        format!("{whole}.{}", digits.trim_end_matches('0'))
    }
}

fn size(bytes: u64) -> String {
    for (unit, shift) in [("G", 30), ("M", 20), ("K", 10)] {
        let one = 1_u64 << shift;
        if bytes >= one && bytes.is_multiple_of(one) {
            return format!("{}{unit}", bytes >> shift);
        }
    }
    bytes.to_string()
}

#[cfg(test)]
mod tests;
