//! Decisions on their way into the journal: in order, a bounded number at a time, and nobody waits for them.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesOrdered, StreamExt as _};
use prunelle_foundation::clock::Now;
use serde_json::Value;
use tracing::warn;

use crate::alert::Alert;
use crate::journal::{Entry, Journal};
use crate::reason::Reason;
use crate::target::Target;

/// How many are handed to the journal at once.
const IN_FLIGHT: usize = 64;

/// A decision that is to be kept.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) alert: Arc<Alert>,
    pub(super) rule: Option<String>,
    pub(super) target: Option<Target>,
    pub(super) reason: Reason,
    pub(super) plan: Option<Value>,
    pub(super) is_deferred: bool,
    pub(super) at: Now,
}

/// The queue.
pub(super) struct Records {
    journal: Journal,
    waiting: VecDeque<Decision>,
    in_flight: FuturesOrdered<BoxFuture<'static, ()>>,
}

impl Records {
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            waiting: VecDeque::new(),
            in_flight: FuturesOrdered::new(),
        }
    }

    /// Adds a decision.
    pub(super) fn push(&mut self, decision: Decision) {
        self.waiting.push_back(decision);
        self.pump();
    }

    /// Hands over what there is room for.
    pub(super) fn pump(&mut self) {
        while self.in_flight.len() < IN_FLIGHT
            && let Some(decision) = self.waiting.pop_front()
        {
            let journal = self.journal.clone();
            self.in_flight.push_back(Box::pin(async move {
                if let Err(error) = journal.record(decision.into_entry()).await {
                    warn!(%error, "a decision could not be written");
                }
            }));
        }
    }

    /// Resolves when one was written; never when none is under way.
    pub(super) async fn finished(&mut self) {
        if self.in_flight.next().await.is_none() {
            std::future::pending::<()>().await;
        }
    }

    /// Writes all that is left.
    pub(super) async fn drain(&mut self) {
        loop {
            self.pump();
            if self.in_flight.next().await.is_none() {
                return;
            }
        }
    }
}

impl Decision {
    fn into_entry(self) -> Entry {
        Entry::Decision {
            alert: Arc::unwrap_or_clone(self.alert),
            rule: self.rule,
            target: self.target,
            reason: self.reason,
            plan: self.plan,
            is_deferred: self.is_deferred,
            at: self.at,
        }
    }
}
