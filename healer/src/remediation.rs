//! One remediation: the pure state machine, and the engine that drives it.

pub mod alarm;
mod book;
mod case;
pub mod deadline;
pub mod engine;
pub mod handle;
pub mod ids;
pub mod machine;
mod silences;
pub mod state;
pub mod steps;
mod timers;

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Names one remediation: one alert episode's way through the ladder on one target.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RemediationId(pub Uuid);

impl fmt::Display for RemediationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for RemediationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
