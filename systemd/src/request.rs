//! What can be asked of systemd about a unit, as its refusals tell it, and the limits of a unit that can be set.

use std::fmt;

use crate::job::Verb;

/// What was asked of systemd.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Request {
    /// To queue a job.
    Job(Verb),
    /// `ResetFailedUnit`.
    ResetFailed,
    /// `SetUnitProperties`.
    SetProperties,
    /// `StartTransientUnit`.
    StartScope,
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Job(verb) => verb.fmt(f),
            Self::ResetFailed => f.write_str("reset the failure of"),
            Self::SetProperties => f.write_str("set properties of"),
            Self::StartScope => f.write_str("start the scope"),
        }
    }
}

/// A limit of a unit that can be set while it runs. [`u64::MAX`] means that there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Property {
    /// Time on processors in each second, in microseconds: 500,000 is half a processor (`CPUQuota=50%`).
    CpuQuota,
    /// Share of the processors when they are scarce, 1 to 10,000.
    CpuWeight,
    /// Memory in bytes above which the unit is slowed down and made to give memory back.
    MemoryHigh,
}

impl Property {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::CpuQuota, Self::CpuWeight, Self::MemoryHigh];

    /// systemd's name of it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::CpuQuota => "CPUQuotaPerSecUSec",
            Self::CpuWeight => "CPUWeight",
            Self::MemoryHigh => "MemoryHigh",
        }
    }

    /// The property of that name.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|property| property.as_str() == name)
    }
}
