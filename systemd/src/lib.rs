//! systemd over D-Bus: one connection that reconnects, a live table of units, jobs followed to their end.
//!
//! [`Systemd::start`] gives a handle; the table it publishes says by itself whether it can be trusted.

mod bus;
pub mod client;
mod counters;
mod error;
pub mod inventory;
mod job;
mod ledger;
mod model;
mod owner;
mod properties;
mod reading;
mod request;
mod roster;
pub mod scope;
pub mod service_up;
mod session;
mod signals;
pub mod table;
pub mod unit;
pub mod watch_list;

pub use client::{Job, JobResult, Limits, Options, Systemd, SystemdError, Verb};
pub use counters::Counters;
pub use inventory::Inventory;
pub use request::{Property, Request};
pub use scope::Scope;
pub use service_up::{ServiceUp, service_up};
pub use table::{Sync, UnitTable};
pub use unit::{UnitName, UnitState};
pub use watch_list::{InvalidWatchItem, WatchList};
