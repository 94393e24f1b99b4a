//! What follows when a remediation has ended: what is remembered, which episodes are over, and who is guarded again.

use prunelle_foundation::clock::Now;

use super::cases::CaseId;
use super::{Done, Fate, Happening, Running};
use crate::reason::{Outcome, Reason};
use crate::remediation::state::Stage;
use crate::target::Target;

impl Running<'_> {
    /// A remediation, or a question that led to none, is over.
    pub(super) fn ended(&mut self, id: CaseId, now: &Now) {
        let at = self.clock.millis();
        let Some(case) = self.cases.get_mut(id.0) else {
            return;
        };
        let Some(end) = case.state.end() else { return };
        let (episode, target) = (case.episode, case.target.clone());
        let is_firing = self.is_firing.get(episode).copied().unwrap_or_default();
        if let Some(begun) = case.begun.take() {
            let has_succeeded = end.outcome == Outcome::Success;
            let was_cancelled = end.outcome == Outcome::Cancelled;
            let remediation = case.remediation;
            case.decided = None;
            let done = Done {
                episode,
                rule: case.rule,
                target: target.clone(),
                from: begun,
                to: at,
                attempts: std::mem::take(&mut case.attempts),
                end,
            };
            self.log.done(done);
            self.memory
                .end(remediation, has_succeeded, was_cancelled, now);
            if !end.quarantine.is_zero() {
                self.memory.quarantine(target.clone(), end.quarantine, now);
            }
            if has_succeeded {
                self.repaired(id, episode, &target);
            } else if is_firing {
                self.soon(Happening::Wake(id));
            }
            self.wake_others(id, &target);
        }
        if !is_firing {
            self.live.remove(&id);
        }
    }

    /// The episode is over, and those that joined its repair are as well.
    fn repaired(&mut self, id: CaseId, episode: usize, target: &Target) {
        self.soon(Happening::Ends(episode));
        let joined: Vec<usize> = self
            .live
            .iter()
            .filter(|other| **other != id)
            .filter_map(|other| self.case(*other))
            .filter(|case| case.target == *target)
            .filter(|case| {
                matches!(
                    case.state.stage,
                    Stage::Deferred {
                        reason: Reason::JoinedRunning,
                        ..
                    }
                )
            })
            .map(|case| case.episode)
            .collect();
        for episode in joined {
            self.log.fate(episode, Fate::Repaired);
            self.soon(Happening::Ends(episode));
        }
    }

    /// The end of a remediation may be what others wait for.
    fn wake_others(&mut self, id: CaseId, target: &Target) {
        let waiting: Vec<CaseId> = self
            .live
            .iter()
            .copied()
            .filter(|other| *other != id)
            .filter(|other| {
                self.case(*other).is_some_and(|case| {
                    matches!(
                        case.state.stage,
                        Stage::Deferred { reason, .. } if case.target == *target
                            || matches!(reason, Reason::TooManyAtOnce | Reason::BreakerOpen)
                    )
                })
            })
            .collect();
        for other in waiting {
            self.soon(Happening::Wake(other));
        }
    }
}
