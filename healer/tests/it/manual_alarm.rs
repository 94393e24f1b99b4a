//! An alarm that rings when the clock has been moved far enough by hand.

use std::sync::Arc;
use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::{Clock as _, ManualClock};
use prunelle_healer::remediation::alarm::Alarm;
use tokio::sync::watch;

#[derive(Debug)]
pub(crate) struct ManualAlarm {
    clock: Arc<ManualClock>,
    moved: watch::Sender<()>,
}

impl ManualAlarm {
    pub(crate) fn of(clock: &Arc<ManualClock>) -> Arc<Self> {
        Arc::new(Self {
            clock: Arc::clone(clock),
            moved: watch::Sender::new(()),
        })
    }

    /// Whoever waits looks at the clock.
    pub(crate) fn clock_was_moved(&self) {
        self.moved.send_replace(());
    }
}

impl Alarm for ManualAlarm {
    fn after(&self, wait: Duration) -> BoxFuture<'static, ()> {
        let clock = Arc::clone(&self.clock);
        let until = clock.now().boot + wait;
        let mut moved = self.moved.subscribe();
        Box::pin(async move {
            while clock.now().boot < until {
                if moved.changed().await.is_err() {
                    // The test is over.
                    std::future::pending::<()>().await;
                }
            }
        })
    }
}
