//! A rehearsal: what a policy would have done about the alerts of the past, by the history that Prometheus keeps.
//!
//! Episodes are read from the series `ALERTS`, and go in order of time through the same matching, the same guards and the
//! same state machine as in the daemon, over facts that are made up and a history that is kept in memory. What must
//! hold: nothing is touched, no clock is asked but the rehearsal's own, and whatever cannot be known from the past is
//! assumed and said so in the report. The command `simulate` is the only caller.

mod course;
mod episodes;
mod facts;
pub mod html;

mod memory;
mod reading;
mod report;
mod summary;
pub mod table;

use std::time::Duration;

use jiff::Timestamp;

use crate::policy::Policy;
use crate::prometheus::{Prometheus, PrometheusError};

pub use episodes::Recorded;
pub use reading::{Coverage, Gap, Reading};
pub use report::Report;

/// What a repair is assumed to come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Assume {
    /// Each repair ends its episode, and those that wait for it.
    Success,
    /// Each attempt fails, whatever is tried.
    Failure,
}

impl Assume {
    /// As on the command line and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Failure => "failure",
        }
    }
}

/// Which past is rehearsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// From.
    pub from: Timestamp,
    /// To.
    pub to: Timestamp,
    /// How far apart points are read; none chooses it by the rules' interval.
    pub step: Option<Duration>,
}

/// Rehearses: reads the past, and runs it through the policy.
pub async fn rehearse(
    prometheus: &Prometheus,
    policy: &Policy,
    span: Span,
    assume: Assume,
) -> Result<Report, PrometheusError> {
    let reading = reading::read(prometheus, policy, span).await?;
    Ok(run(policy, reading, assume))
}

/// Runs a past that was read through the policy.
pub fn run(policy: &Policy, reading: Reading, assume: Assume) -> Report {
    let outcome = course::run(policy, &reading, assume);
    summary::report(policy, reading, outcome, assume)
}

#[cfg(test)]
mod tests;
