//! What a remedy acts on. One remediation runs on a target at any time; budgets, cooldowns and pauses key on it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use prunelle_systemd::UnitName;
use prunelle_systemd::unit::InvalidUnitName;
use serde::{Deserialize, Serialize};

/// A target, typed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Target {
    /// A systemd unit.
    Unit(UnitName),
    /// A folder.
    Path(PathBuf),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit:{unit}"),
            Self::Path(path) => write!(f, "path:{}", path.display()),
        }
    }
}

/// Reads `unit:nginx.service`, `path:/tmp`, and the short forms `nginx` and `/tmp` that people type.
impl FromStr for Target {
    type Err = InvalidUnitName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some(path) = text.strip_prefix("path:") {
            Ok(Self::Path(path.into()))
        } else if text.starts_with('/') {
            Ok(Self::Path(text.into()))
        } else {
            text.strip_prefix("unit:")
                .unwrap_or(text)
                .parse()
                .map(Self::Unit)
        }
    }
}

impl TryFrom<String> for Target {
    type Error = InvalidUnitName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Target> for String {
    fn from(target: Target) -> Self {
        target.to_string()
    }
}
