//! A real systemd in namespaces of its own, and the whole product around it, for the demo and the tests.
//!
//! [`Manager`] is a `systemd --user` with its own mounts, pids and cgroups; the network is the host's, on loopback only.
//! Nothing of the host is touched, and nothing is left when a manager is dropped or its owner is killed.
//! Everything here is blocking: tests of asynchronous code call it from the test's own thread.

pub mod demo;
pub mod http;
pub mod manager;
mod namespace;
pub mod node_exporter;
mod ports;
mod programs;
mod spawn;
pub mod stack;
pub mod wait;

pub use manager::{Limits, Manager, Options};
pub use ports::free_port;
pub use programs::{Programs, in_path};
pub use spawn::Kept;
pub use stack::{HostOptions, Profile, Stack, StackOptions};
pub use wait::wait_until;
