//! What people ask the engine to do.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use prunelle_foundation::clock::Now;

use super::Engine;
use crate::facts::Pause;
use crate::journal::{Journal, JournalError, QuarantineInForce};
use crate::remediation::RemediationId;
use crate::remediation::case::{Asked, CaseId, Rest};
use crate::remediation::handle::{Command, Resumed};
use crate::remediation::state::Stage;
use crate::target::Target;

/// A command being carried out.
pub(super) type Carrying = BoxFuture<'static, Carried>;

/// What came of it.
pub(super) enum Carried {
    /// Something was switched that guards look at; what could be read of it afterwards.
    Switched {
        pauses: Option<Vec<Pause>>,
        quarantines: Option<Vec<QuarantineInForce>>,
    },
    /// The quarantines in force.
    Quarantines(Vec<QuarantineInForce>),
    /// A person was asked; none when that could not be written.
    Asked(CaseId, RemediationId, Option<Asked>),
    /// Nothing that anybody waits for.
    Nothing,
}

impl Engine {
    pub(super) fn command(&mut self, command: Command) {
        let journal = self.ports.journal.clone();
        let clock = Arc::clone(&self.ports.clock);
        let carrying: Carrying = match command {
            Command::GuardAgain => {
                self.guard_all();
                return;
            }
            Command::Heartbeat(view) => {
                self.publisher.set_heartbeat(view);
                return;
            }
            Command::Pause { pause, by, reply } => Box::pin(async move {
                let result = journal.pause(pause, by).await;
                let switched = switched(&journal, clock.now()).await;
                // Whoever asked may have hung up; the pause is kept all the same.
                let _ = reply.send(result);
                switched
            }),
            Command::Resume { target, by, reply } => Box::pin(async move {
                let result = resume(&journal, target, by, clock.now()).await;
                let switched = switched(&journal, clock.now()).await;
                let _ = reply.send(result);
                switched
            }),
            Command::Release { target, by, reply } => Box::pin(async move {
                let result = journal.release(target, by, clock.now()).await;
                let switched = switched(&journal, clock.now()).await;
                let _ = reply.send(result);
                switched
            }),
            Command::Answer {
                number,
                is_approved,
                by,
                reply,
            } => {
                let is_awaited = self.is_awaited(number);
                Box::pin(async move {
                    let now = clock.now();
                    let result = journal
                        .answer_approval(number, is_approved, is_awaited, by, now)
                        .await;
                    let _ = reply.send(result);
                    Carried::Switched {
                        pauses: None,
                        quarantines: None,
                    }
                })
            }
        };
        self.commands.push(carrying);
    }

    /// A command is durable: all that waits is guarded again under what it changed.
    pub(super) fn commanded(&mut self, carried: Carried) {
        match carried {
            Carried::Switched {
                pauses,
                quarantines,
            } => {
                if let Some(pauses) = pauses {
                    self.publisher.set_pauses(pauses);
                }
                if let Some(quarantines) = quarantines {
                    self.set_quarantines(quarantines);
                }
                self.guard_all();
            }
            Carried::Quarantines(quarantines) => self.set_quarantines(quarantines),
            Carried::Asked(id, remediation, asked) => self.person_asked(id, remediation, asked),
            Carried::Nothing => {}
        }
    }

    fn set_quarantines(&mut self, quarantines: Vec<QuarantineInForce>) {
        self.reminders.set(quarantines);
        self.publisher.touch();
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
            let (kept, idle): (Vec<CaseId>, Vec<CaseId>) = active
                .cases
                .iter()
                .partition(|id| self.book.cases.get(id).is_some_and(|case| !case.is_idle()));
            let (left, dropped): (Vec<CaseId>, Vec<CaseId>) = idle.into_iter().partition(|id| {
                let case = self.book.cases.get(id);
                case.is_some_and(|case| case.rest == Rest::LeftToPerson)
            });
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
            for id in left {
                if !self.take_over(id) {
                    self.book.remove_case(id);
                }
            }
            self.guard_alert(&fingerprint);
            if let Some(active) = self.book.alerts.get_mut(&fingerprint) {
                active.cases.extend(kept);
            }
        }
    }
}

impl Engine {
    /// A unit that a person stopped is left alone under another policy, too: the ended case takes the place of the one
    /// that the new policy has made for the same alert and target. False when there is nothing to take over.
    pub(super) fn take_over(&mut self, id: CaseId) -> bool {
        let Some(case) = self
            .book
            .cases
            .get(&id)
            .filter(|case| case.rest == Rest::LeftToPerson)
        else {
            return false;
        };
        let fingerprint = case.alert.episode.fingerprint.clone();
        let successor = self.book.alerts.get(&fingerprint).and_then(|active| {
            active.cases.iter().copied().find(|other| {
                self.book.cases.get(other).is_some_and(|other| {
                    other.target == case.target
                        && Arc::ptr_eq(&other.policy, &self.policy)
                        && other.is_idle()
                })
            })
        });
        let Some(successor) = successor else {
            return false;
        };
        let Some(new) = self.book.cases.get_mut(&successor) else {
            return false;
        };
        let (policy, rule) = (Arc::clone(&new.policy), new.rule);
        if let Some((_, handle)) = new.running.take() {
            handle.abort();
        }
        self.timers.set(successor, None);
        self.book.remove_case(successor);
        if let Some(case) = self.book.cases.get_mut(&id) {
            case.policy = policy;
            case.rule = rule;
        }
        if let Some(active) = self.book.alerts.get_mut(&fingerprint)
            && !active.cases.contains(&id)
        {
            active.cases.push(id);
        }
        true
    }
}

async fn resume(
    journal: &Journal,
    target: Option<Target>,
    by: String,
    now: Now,
) -> Result<Resumed, JournalError> {
    let pauses = journal
        .resume(target.clone(), by.clone(), now.clone())
        .await?;
    let was_quarantined = match target {
        Some(target) => journal.release(target, by, now).await?,
        None => false,
    };
    Ok(Resumed {
        pauses,
        was_quarantined,
    })
}

async fn switched(journal: &Journal, now: Now) -> Carried {
    let (pauses, quarantines) = tokio::join!(
        journal.pauses(now.clone()),
        journal.quarantines(now.clone())
    );
    Carried::Switched {
        pauses: pauses
            .inspect_err(|error| tracing::warn!(%error, "the pauses cannot be read"))
            .ok(),
        quarantines: quarantines
            .inspect_err(|error| tracing::warn!(%error, "the quarantines cannot be read"))
            .ok(),
    }
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
