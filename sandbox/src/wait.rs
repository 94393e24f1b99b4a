//! Waiting for something to become true, with a limit: the only place of the sandbox that looks at the clock.

use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use jiff::Timestamp;

/// How often a condition is looked at.
const INTERVAL: Duration = Duration::from_millis(5);

/// Measures from the moment it is made.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[expect(clippy::disallowed_methods, reason = "real programs run in real time")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// Time since the start.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// The wall clock, for comparison with time stamps of logs and samples.
#[expect(clippy::disallowed_methods, reason = "real programs run in real time")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Looks every 5 ms until `look` yields a value, and returns it; an error names `what` once `limit` is over.
pub fn wait_until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Option<T>,
) -> Result<T> {
    try_until(what, limit, || Ok(look()))
}

/// Like [`wait_until`]; an error of `look` ends the wait.
pub fn try_until<T>(
    what: &str,
    limit: Duration,
    mut look: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let watch = Stopwatch::start();
    loop {
        if let Some(value) = look()? {
            return Ok(value);
        }
        if watch.elapsed() >= limit {
            bail!("waited {limit:?} in vain: {what}");
        }
        std::thread::sleep(INTERVAL);
    }
}
