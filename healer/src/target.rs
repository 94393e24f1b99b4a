//! What a remedy acts on. One remediation runs on a target at any time; budgets, cooldowns and pauses key on it.

use std::fmt;
use std::path::{Path, PathBuf};
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
    /// A file system, by its mount point.
    Mount(PathBuf),
    /// The processes of the unit that uses most of a resource; which unit that is, is a fact: the victim.
    ProcessGroup(Resource),
    /// The machine as a whole.
    Host,
}

/// What processes use, and machines run out of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Resource {
    /// Time on processors.
    Cpu,
    /// Anonymous memory and swap.
    Memory,
}

impl Resource {
    /// All resources.
    pub const ALL: [Self; 2] = [Self::Cpu, Self::Memory];

    /// The resource as in the policy and in targets.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Cpu => "cpu",
            Self::Memory => "memory",
        }
    }

    /// The resource of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|resource| resource.as_str() == name)
    }
}

impl Target {
    /// The unit, when it is one.
    pub const fn unit(&self) -> Option<&UnitName> {
        match self {
            Self::Unit(unit) => Some(unit),
            Self::Path(_) | Self::Mount(_) | Self::ProcessGroup(_) | Self::Host => None,
        }
    }

    /// A place in the file system that it is, or that it is about.
    pub fn place(&self) -> Option<&Path> {
        match self {
            Self::Path(path) | Self::Mount(path) => Some(path),
            Self::Unit(_) | Self::ProcessGroup(_) | Self::Host => None,
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unit(unit) => write!(f, "unit:{unit}"),
            Self::Path(path) => write!(f, "path:{}", path.display()),
            Self::Mount(path) => write!(f, "mount:{}", path.display()),
            Self::ProcessGroup(resource) => write!(f, "process_group:{}", resource.as_str()),
            Self::Host => f.write_str("host"),
        }
    }
}

/// Reads `unit:nginx.service`, `path:/tmp`, `mount:/var`, `process_group:memory`, `host`, and the short forms `nginx` and
/// `/tmp` that people type.
impl FromStr for Target {
    type Err = InvalidUnitName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let group = text
            .strip_prefix("process_group:")
            .and_then(Resource::from_name);
        if let Some(path) = text.strip_prefix("path:") {
            Ok(Self::Path(path.into()))
        } else if let Some(path) = text.strip_prefix("mount:") {
            Ok(Self::Mount(path.into()))
        } else if text.starts_with('/') {
            Ok(Self::Path(text.into()))
        } else if let Some(resource) = group {
            Ok(Self::ProcessGroup(resource))
        } else if text == "host" {
            Ok(Self::Host)
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
