//! What wakes the engine: waits by the same clock that tells it the time, so that a test can move both.

use std::fmt;
use std::time::Duration;

use futures_util::future::BoxFuture;

/// Wakes after a while.
pub trait Alarm: Send + Sync + fmt::Debug {
    /// Resolves when `wait` has passed, or a little early or late: whoever waits looks at the clock again.
    fn after(&self, wait: Duration) -> BoxFuture<'static, ()>;
}

/// tokio's timer. It stands still while the machine sleeps and the clock's boot time does not, so long waits are cut.
#[derive(Clone, Copy, Debug, Default)]
pub struct TokioAlarm;

const LONGEST: Duration = Duration::from_secs(30);

impl Alarm for TokioAlarm {
    fn after(&self, wait: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(wait.min(LONGEST)))
    }
}
