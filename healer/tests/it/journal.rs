//! The journal as its users see it, on a real file system.

mod alerts;
mod approvals;
mod budget;
mod course;
mod crash;
mod fixture;
mod full_disk;
mod log;
mod opening;
mod rotation;
mod windows;

pub(crate) use fixture::Fixture;
pub(crate) use log::{hear, logged};
