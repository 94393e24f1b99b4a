//! How fresh the evidence is: Alertmanager is asked before something is done about an alert that it confirmed a while ago.
//!
//! A webhook that has just come is the confirmation: nothing is put in front of its repair. When Alertmanager does not
//! answer soon, what it said last counts, for as long as the rule lets it.

use std::time::Duration;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::Now;
use tokio::sync::watch;

use crate::remediation::steps::Ports;

/// Evidence that is older is refreshed.
const FRESH: Duration = Duration::from_secs(10);
/// How long an answer is waited for.
const PATIENCE: Duration = Duration::from_secs(2);

/// What was asked of Alertmanager, and what was answered.
#[derive(Debug)]
pub(super) struct Evidence {
    /// Counts the sets that have been taken in.
    sets: watch::Sender<u64>,
    /// When it was asked last.
    asked: Option<Now>,
}

impl Evidence {
    pub(super) fn new() -> Self {
        Self {
            sets: watch::Sender::new(0),
            asked: None,
        }
    }

    /// A set was taken in.
    pub(super) fn set_came(&self) {
        self.sets
            .send_modify(|count| *count = count.wrapping_add(1));
    }

    /// What has to be waited for before an alert that was confirmed then is looked into; none when it is fresh, or when
    /// Alertmanager was asked in vain just now.
    pub(super) fn refreshing(
        &mut self,
        ports: &Ports,
        confirmed: &Now,
    ) -> Option<BoxFuture<'static, ()>> {
        let now = ports.clock.now();
        if now.since(confirmed) <= FRESH {
            return None;
        }
        let since_asked = self.asked.as_ref().map(|asked| now.since(asked));
        if since_asked.is_none_or(|since| since > FRESH) {
            ports.reconciler.request();
            self.asked = Some(now);
        } else if since_asked.is_some_and(|since| since > PATIENCE) {
            return None;
        }
        let mut sets = self.sets.subscribe();
        let patience = ports.alarm.after(PATIENCE);
        Some(Box::pin(async move {
            tokio::select! {
                _ = sets.changed() => {}
                () = patience => {}
            }
        }))
    }
}
