//! Why something old was left where it is: a closed list, counted in plan and report.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Why an entry was not removed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SkipReason {
    /// One of its time stamps is younger than `older_than`.
    Young,
    /// A process holds a BSD lock on it or on its folder.
    Locked,
    /// Its sticky bit is set: the owner's sign to leave it alone.
    Sticky,
    /// A device node.
    Device,
    /// A socket that somebody listens on, or may.
    LiveSocket,
    /// A process has it open, works in it or runs it.
    Open,
    /// Something is mounted on it.
    MountPoint,
    /// The policy protects it, or it belongs to the file system itself (`lost+found`, quota files).
    Protected,
    /// The system does not permit to read, lock or remove it.
    NotPermitted,
    /// Too many folders inside each other.
    TooDeep,
    /// Too many folders for one run.
    TooMany,
    /// It is not what it was when it was listed.
    Changed,
    /// Alone it would exceed what is left of `max_bytes`.
    OverMaxBytes,
    /// Any other error of the system.
    Failed,
}

impl SkipReason {
    /// For people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Young => "too young",
            Self::Locked => "locked",
            Self::Sticky => "sticky",
            Self::Device => "device nodes",
            Self::LiveSocket => "live sockets",
            Self::Open => "open",
            Self::MountPoint => "mount points",
            Self::Protected => "protected",
            Self::NotPermitted => "not permitted",
            Self::TooDeep => "too deep",
            Self::TooMany => "beyond the limit on folders",
            Self::Changed => "changed meanwhile",
            Self::OverMaxBytes => "over max_bytes",
            Self::Failed => "failed",
        }
    }
}

/// How many entries were left, by reason.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Skipped(BTreeMap<SkipReason, u64>);

impl Skipped {
    /// Counts one.
    pub(super) fn note(&mut self, reason: SkipReason) {
        *self.0.entry(reason).or_default() += 1;
    }

    /// How many were left for `reason`.
    pub fn count(&self, reason: SkipReason) -> u64 {
        self.0.get(&reason).copied().unwrap_or(0)
    }

    /// Reasons that occurred, with their counts.
    pub fn iter(&self) -> impl Iterator<Item = (SkipReason, u64)> {
        self.0.iter().map(|(reason, count)| (*reason, *count))
    }
}

impl From<rustix::io::Errno> for SkipReason {
    fn from(error: rustix::io::Errno) -> Self {
        use rustix::io::Errno;
        match error {
            Errno::ACCESS | Errno::PERM | Errno::ROFS => Self::NotPermitted,
            Errno::XDEV | Errno::BUSY => Self::MountPoint,
            Errno::NOENT | Errno::LOOP | Errno::NOTDIR => Self::Changed,
            Errno::WOULDBLOCK => Self::Locked,
            Errno::NAMETOOLONG => Self::TooDeep,
            _ => Self::Failed,
        }
    }
}
