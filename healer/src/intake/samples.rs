//! The last bodies that could not be read, cut short: what a person needs to see why Alertmanager was refused.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

const KEPT: usize = 8;
const SAMPLE_BYTES: usize = 2048;

/// The last refused bodies; clones share them.
#[derive(Clone, Debug, Default)]
pub struct Samples(Arc<Mutex<VecDeque<Sample>>>);

/// The beginning of one refused body.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sample {
    /// When it arrived.
    pub at: Timestamp,
    /// What was wrong with it.
    pub problem: String,
    /// How long it was.
    pub bytes: usize,
    /// Its first 2 KiB.
    pub beginning: String,
}

impl Samples {
    pub(super) fn keep(&self, at: Timestamp, problem: &str, body: &[u8]) {
        let beginning = body.get(..SAMPLE_BYTES).unwrap_or(body);
        let sample = Sample {
            at,
            problem: problem.to_owned(),
            bytes: body.len(),
            beginning: String::from_utf8_lossy(beginning).into_owned(),
        };
        let mut samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.truncate(KEPT - 1);
        samples.push_front(sample);
    }

    /// The newest first.
    pub fn newest(&self) -> Vec<Sample> {
        let samples = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        samples.iter().cloned().collect()
    }
}
