//! Decisions on their way into the journal: in order, many in one transaction, and nobody waits for them.

use std::collections::VecDeque;
use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::Now;
use prunelle_systemd::UnitName;
use serde_json::Value;
use tracing::warn;

use crate::alert::Alert;
use crate::journal::{Entry, Journal};
use crate::reason::Reason;
use crate::target::Target;

/// How many are handed to the journal at once.
const BATCH: usize = 512;

/// A decision that is to be kept.
#[derive(Clone, Debug)]
pub(super) struct Decision {
    pub(super) alert: Arc<Alert>,
    pub(super) rule: Option<String>,
    pub(super) target: Option<Target>,
    pub(super) rung: Option<u32>,
    pub(super) victim: Option<UnitName>,
    pub(super) note: Option<String>,
    pub(super) reason: Reason,
    pub(super) plan: Option<Value>,
    pub(super) is_deferred: bool,
    pub(super) at: Now,
}

/// The queue.
pub(super) struct Records {
    journal: Journal,
    waiting: VecDeque<Decision>,
    writing: Option<BoxFuture<'static, ()>>,
}

impl Records {
    pub(super) fn new(journal: Journal) -> Self {
        Self {
            journal,
            waiting: VecDeque::new(),
            writing: None,
        }
    }

    /// Adds a decision.
    pub(super) fn push(&mut self, decision: Decision) {
        self.waiting.push_back(decision);
    }

    /// Resolves when some were written; never when there are none.
    pub(super) async fn finished(&mut self) {
        match self.next() {
            Some(writing) => {
                writing.await;
                self.writing = None;
            }
            None => std::future::pending().await,
        }
    }

    /// Writes all that is left.
    pub(super) async fn drain(&mut self) {
        while let Some(writing) = self.next() {
            writing.await;
            self.writing = None;
        }
    }

    /// What is being written, or the next that can be.
    fn next(&mut self) -> Option<&mut BoxFuture<'static, ()>> {
        if self.writing.is_none() && !self.waiting.is_empty() {
            let count = self.waiting.len().min(BATCH);
            let entries: Vec<Entry> = self
                .waiting
                .drain(..count)
                .map(Decision::into_entry)
                .collect();
            let journal = self.journal.clone();
            self.writing = Some(Box::pin(async move {
                if let Err(error) = journal.record_all(entries).await {
                    warn!(%error, count, "decisions could not be written");
                }
            }));
        }
        self.writing.as_mut()
    }
}

impl Decision {
    fn into_entry(self) -> Entry {
        Entry::Decision {
            alert: Arc::unwrap_or_clone(self.alert),
            rule: self.rule,
            target: self.target,
            rung: self.rung,
            victim: self.victim,
            note: self.note,
            reason: self.reason,
            plan: self.plan,
            is_deferred: self.is_deferred,
            at: self.at,
        }
    }
}
