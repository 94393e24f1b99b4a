//! What people ask the engine to do.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::Now;

use super::Engine;
use crate::facts::Pause;
use crate::journal::{Journal, JournalError};
use crate::remediation::case::CaseId;
use crate::remediation::handle::{Command, Resumed};
use crate::remediation::state::Stage;
use crate::target::Target;

/// A command being carried out; yields the pauses in force afterwards, when they could be read.
pub(super) type Carrying = BoxFuture<'static, Option<Vec<Pause>>>;

impl Engine {
    pub(super) fn command(&mut self, command: Command) {
        let journal = self.ports.journal.clone();
        let clock = Arc::clone(&self.ports.clock);
        let carrying: Carrying = match command {
            Command::GuardAgain => {
                self.guard_all();
                return;
            }
            Command::Pause { pause, reply } => Box::pin(async move {
                let result = journal.pause(pause).await;
                let pauses = pauses(&journal, clock.now()).await;
                // Whoever asked may have hung up; the pause is kept all the same.
                let _ = reply.send(result);
                pauses
            }),
            Command::Resume { target, reply } => Box::pin(async move {
                let result = resume(&journal, target, clock.now()).await;
                let pauses = pauses(&journal, clock.now()).await;
                let _ = reply.send(result);
                pauses
            }),
        };
        self.commands.push(carrying);
    }

    /// A command is durable: all that waits is guarded again under what it changed.
    pub(super) fn commanded(&mut self, pauses: Option<Vec<Pause>>) {
        if let Some(pauses) = pauses {
            self.publisher.set_pauses(pauses);
        }
        self.guard_all();
    }

    /// Another policy is in force: what runs is finished under the old one, all else begins anew under the new one.
    pub(super) fn policy_changed(&mut self) {
        self.policy = Arc::clone(&self.policies.borrow_and_update());
        let fingerprints: Vec<_> = self.book.alerts.keys().cloned().collect();
        for fingerprint in fingerprints {
            let Some(active) = self.book.alerts.get(&fingerprint) else {
                continue;
            };
            let (alert, confirmed) = (Arc::clone(&active.alert), active.confirmed.clone());
            let (kept, dropped): (Vec<CaseId>, Vec<CaseId>) = active
                .cases
                .iter()
                .partition(|id| self.book.cases.get(id).is_some_and(|case| !case.is_idle()));
            for id in dropped {
                if let Some((_, handle)) = self
                    .book
                    .cases
                    .get_mut(&id)
                    .and_then(|case| case.running.take())
                {
                    handle.abort();
                }
                self.timers.set(id, None);
                self.book.remove_case(id);
            }
            self.register_alert(&alert, confirmed, true);
            self.guard_alert(&fingerprint);
            if let Some(active) = self.book.alerts.get_mut(&fingerprint) {
                active.cases.extend(kept);
            }
        }
    }
}

async fn resume(
    journal: &Journal,
    target: Option<Target>,
    now: Now,
) -> Result<Resumed, JournalError> {
    let pauses = journal.resume(target.clone(), now.clone()).await?;
    let was_quarantined = match target {
        Some(target) => journal.release(target, now).await?,
        None => false,
    };
    Ok(Resumed {
        pauses,
        was_quarantined,
    })
}

async fn pauses(journal: &Journal, now: Now) -> Option<Vec<Pause>> {
    journal
        .pauses(now)
        .await
        .inspect_err(|error| tracing::warn!(%error, "the pauses cannot be read"))
        .ok()
}

impl crate::remediation::case::Case {
    /// Whether it may be dropped: nothing of it is, or is about to be, on disk.
    fn is_idle(&self) -> bool {
        self.state.end().is_some()
            || (!self.state.is_admitted()
                && matches!(
                    self.state.stage,
                    Stage::Guarding { .. } | Stage::Deferred { .. }
                ))
    }
}
