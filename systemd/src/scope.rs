//! Transient scopes: a unit around a process that somebody else has started, with limits for it and all its children.
//!
//! Who may start one may do anything: until systemd 257 polkit is not told the name of a transient unit, and later as well
//! other units may come with it.

use std::time::Duration;

use zbus::Variant;

use crate::unit::UnitName;

/// A scope to be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    /// Its name, which ends in `.scope`.
    pub name: UnitName,
    /// For people.
    pub description: String,
    /// The process that it begins with, by the number that systemd knows it by.
    pub process: u32,
    /// `MemoryMax`, in bytes.
    pub memory_max: u64,
    /// `TasksMax`.
    pub tasks_max: u64,
    /// `RuntimeMaxSec`: everything in it is ended then …
    pub runtime_max: Duration,
    /// … and killed so much later, when it has not ended: `TimeoutStopSec`.
    pub stop_grace: Duration,
}

impl Scope {
    /// The properties that systemd is given.
    pub(crate) fn properties(&self) -> Vec<(&'static str, Variant<'_>)> {
        let microseconds =
            |time: Duration| Variant::from(u64::try_from(time.as_micros()).unwrap_or(u64::MAX));
        vec![
            ("Description", Variant::from(self.description.as_str())),
            ("PIDs", Variant::from(vec![self.process])),
            ("MemoryMax", Variant::from(self.memory_max)),
            ("TasksMax", Variant::from(self.tasks_max)),
            ("RuntimeMaxUSec", microseconds(self.runtime_max)),
            ("TimeoutStopUSec", microseconds(self.stop_grace)),
            ("KillMode", Variant::from("control-group")),
            ("SendSIGKILL", Variant::from(true)),
            // No trace of it is left once it has ended, however that was.
            ("CollectMode", Variant::from("inactive-or-failed")),
        ]
    }
}
