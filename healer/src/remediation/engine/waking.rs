//! Guarding again: what waits or has ended is looked into when something changes that its decision was made on.

use std::sync::Arc;

use prunelle_systemd::{Sync, service_up};

use super::Engine;
use crate::facts::GroupFacts;
use crate::reason::Reason;
use crate::remediation::case::{CaseId, Rest};
use crate::remediation::machine::Event;
use crate::remediation::state::Stage;
use crate::target::Target;

/// How many of those that wait for a place are asked when one is free.
const WOKEN_AT_ONCE: usize = 16;

impl Engine {
    /// Guards a case again, whatever it waits for; one that runs goes on.
    pub(super) fn wake_case(&mut self, id: CaseId) {
        self.wake_idle(id);
        self.dispatch(id, Event::Nudge);
    }

    /// Guards a case that has not begun, or that has ended while its alert goes on.
    pub(super) fn wake_idle(&mut self, id: CaseId) {
        let now = self.ports.clock.now();
        let Some(alert) = self.book.active(id).map(|active| Arc::clone(&active.alert)) else {
            return;
        };
        let Some(case) = self.book.cases.get_mut(&id) else {
            return;
        };
        if case.state.end().is_some() {
            if case.rest == Rest::LeftToPerson {
                return;
            }
            case.alert = alert;
            case.renew(self.ports.ids.remediation(&now), &now);
        }
        self.begin_case(id);
    }

    /// A remediation has ended: what waits for its place is guarded again, a few at a time, those of its groups and
    /// those that have waited longest first. Each that runs and ends makes room for more; their own waits are the
    /// safety net.
    pub(super) fn room_was_made(&mut self, groups: &[GroupFacts]) {
        let now = self.ports.clock.now();
        let mut waiting: Vec<_> = self
            .book
            .cases
            .iter()
            .filter_map(|(id, case)| match &case.state.stage {
                Stage::Deferred { reason, until } if waits_for_room(*reason) => {
                    let of_case = case.facts.as_ref().map_or(&[][..], |facts| &facts.groups);
                    let is_of_group = of_case
                        .iter()
                        .any(|group| groups.iter().any(|other| other.name == group.name));
                    Some((!is_of_group, until.left(&now), *id))
                }
                _ => None,
            })
            .collect();
        waiting.sort_unstable();
        for (_, _, id) in waiting.into_iter().take(WOKEN_AT_ONCE) {
            self.wake_case(id);
        }
    }

    /// Guards every active alert again.
    pub(super) fn guard_all(&mut self) {
        let ids: Vec<CaseId> = self.book.cases.keys().copied().collect();
        for id in ids {
            self.wake_case(id);
        }
    }

    /// Whether the table knows a unit that is down.
    pub(super) fn is_down(&self, target: &Target) -> bool {
        let known = target.unit().and_then(|unit| self.seen.units.get(unit));
        self.seen.sync == Sync::Synchronised && known.is_some_and(|state| !service_up(state).up)
    }

    /// Whether the table knows a unit that is up.
    pub(super) fn is_up(&self, target: &Target) -> bool {
        let known = target.unit().and_then(|unit| self.seen.units.get(unit));
        self.seen.sync == Sync::Synchronised && known.is_some_and(|state| service_up(state).up)
    }

    /// Nobody was told what happened until now: what a person had stopped and is up is not left to him any more.
    pub(super) fn look_who_is_up(&mut self) {
        let left = self
            .book
            .cases
            .iter()
            .filter(|(_, case)| case.rest == Rest::LeftToPerson && self.is_up(&case.target));
        let ids: Vec<CaseId> = left.map(|(id, _)| *id).collect();
        for id in ids {
            if let Some(case) = self.book.cases.get_mut(&id) {
                case.rest = Rest::Repaired;
            }
        }
    }

    /// The state of a target changed.
    pub(super) fn target_changed(&mut self, target: &Target) {
        let is_up = self.is_up(target);
        for id in self.book.cases_on(target) {
            let Some(case) = self.book.cases.get_mut(&id) else {
                continue;
            };
            if is_up && case.rest == Rest::LeftToPerson {
                case.rest = Rest::Repaired;
            }
            // What was repaired and is still well asks for nothing.
            if !(is_up && case.rest == Rest::Repaired) {
                self.wake_case(id);
            }
        }
    }
}

/// Whether the end of some remediation may be what is waited for.
fn waits_for_room(reason: Reason) -> bool {
    matches!(
        reason,
        Reason::JoinedRunning | Reason::TooManyAtOnce | Reason::BreakerOpen
    )
}
