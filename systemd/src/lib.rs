//! systemd over D-Bus: one connection that reconnects, a live table of units, jobs followed to their end.

pub mod client;
pub mod service_up;
pub mod table;
pub mod unit;

pub use client::{JobResult, Systemd, SystemdError, Verb};
pub use service_up::{ServiceUp, service_up};
pub use table::{Sync, UnitTable};
pub use unit::{UnitName, UnitState};
