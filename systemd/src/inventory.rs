//! All units that systemd has loaded, at one moment; opt-in, see [`Options::inventory`](crate::Options).
//!
//! States are kept by signals, and right as soon as the table is synchronised. What systemd does not signal is read in
//! the background, each for a reason: a service when it is first seen, after a reload, and its cgroup when it starts;
//! sockets' counters at a slow pace. Until then a unit has no details: what is not known is left out, never zero.

use std::sync::Arc;

use jiff::Timestamp;

pub use crate::roster::Roster;
use crate::unit::{ActiveState, LoadState, ServiceState, TimerState, UnitName};

/// All loaded units, and systemd itself.
#[derive(Clone, Debug, Default)]
pub struct Inventory {
    /// By name.
    pub units: Roster,
    /// About systemd itself; none until it was read.
    pub manager: Option<Arc<ManagerState>>,
}

/// One loaded unit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoadedUnit {
    /// systemd's own name of it.
    pub id: UnitName,
    /// Whether its file could be read.
    pub load: LoadState,
    /// `ActiveState`.
    pub active: ActiveState,
    /// `SubState`, as systemd spells it.
    pub sub: Arc<str>,
    /// `ActiveEnterTimestamp`: when it last became active; none while it never did, or while that is not known.
    pub active_since: Option<Timestamp>,
    /// What only units of its type have.
    pub details: Details,
}

impl LoadedUnit {
    /// A unit of which only the name is known.
    pub fn blank(id: UnitName) -> Self {
        Self {
            id,
            load: LoadState::Loaded,
            active: ActiveState::Inactive,
            sub: Arc::from("dead"),
            active_since: None,
            details: Details::Unknown,
        }
    }
}

/// What only units of one type have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Details {
    /// Not read yet, or nothing of interest.
    #[default]
    Unknown,
    /// Of a service.
    Service(Box<ServiceState>),
    /// Of a timer.
    Timer(TimerState),
    /// Of a socket.
    Socket(SocketState),
}

/// What only sockets have; systemd does not signal it, so it is as old as the pace at which it is read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SocketState {
    /// `NAccepted`: connections for which a service was started.
    pub accepted: u32,
    /// `NConnections`: how many of those are open.
    pub connections: u32,
    /// `NRefused`; none where systemd is older than 239.
    pub refused: Option<u32>,
}

/// What is known of systemd itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ManagerState {
    /// `Version`: `252.39-1~deb12u2`.
    pub version: String,
    /// `Virtualization`: `kvm`, `docker` …; empty on bare metal.
    pub virtualization: String,
    /// `SystemState`: `running`, `degraded`, `starting` …
    pub system_state: String,
}
