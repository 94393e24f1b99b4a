//! What the processes of this machine use, and which unit uses most of it: the victim of a process group.
//!
//! Pure parsers and a pure choice over samples of `/proc`, whose place is handed in. What must hold: a process belongs to
//! a unit by its cgroup alone, never by its name; whatever cannot be seen makes the answer unknown, never another
//! victim; and a lesser unit never stands in for the greediest one. Works with cgroups of version 1, 2 and both, and
//! needs no controller. The engine asks for the victim while it gathers facts, `remedy::end_process` for its processes.

pub mod capacity;
pub(crate) mod cgroup;
mod choice;
mod folder;
pub mod identity;
mod measure;
pub(crate) mod parse;
mod sample;

use std::io;
use std::path::PathBuf;

pub use capacity::Capacity;
pub use cgroup::{Place, Root, is_actionable};
pub(crate) use choice::busy_processors;
pub use choice::{Choice, choose};
pub use folder::{Folder, ProcessFolder};
pub use measure::{Looking, Measured, greediest};
pub use parse::{Memory, Stat, Status};
pub(crate) use sample::root;
pub use sample::{Sample, Usage};

/// What can go wrong while processes are read.
#[derive(Debug, thiserror::Error)]
pub enum ProcessesError {
    /// `/proc` shows only some of the processes.
    #[error(
        "the processes of others are not visible (`/proc` is mounted with `hidepid`, or the unit has `ProtectProc`)"
    )]
    Hidden,
    /// The first process is outside the cgroup namespace of the healer.
    #[error("the healer is in a cgroup namespace of its own, so that units cannot be told apart")]
    Namespace,
    /// A file could not be read.
    #[error("cannot read {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// A file is not as the kernel writes it.
    #[error("{path} has no valid {item}")]
    Malformed {
        /// Which.
        path: PathBuf,
        /// What is missing in it.
        item: &'static str,
    },
}

/// Bytes as people read them: `1.5 GiB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes(pub u64);

impl std::fmt::Display for Bytes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (unit, shift) in [("GiB", 30), ("MiB", 20), ("KiB", 10)] {
            let whole = self.0 >> shift;
            if whole > 0 {
                let tenth = ((self.0 & ((1 << shift) - 1)) * 10) >> shift;
                return write!(f, "{whole}.{tenth} {unit}");
            }
        }
        write!(f, "{} B", self.0)
    }
}

/// A name or line for people and logs: no control characters, whatever bytes it has.
pub fn printable(bytes: &[u8]) -> String {
    let mut text = String::new();
    for c in String::from_utf8_lossy(bytes).chars() {
        if c.is_control() {
            text.extend(c.escape_default());
        } else {
            text.push(c);
        }
    }
    text
}

#[cfg(test)]
mod tests;
