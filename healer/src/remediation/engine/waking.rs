//! Guarding again: what waits or has ended is looked into when something changes that its decision was made on.

use std::sync::Arc;

use prunelle_systemd::service_up;

use super::Engine;
use crate::remediation::case::{CaseId, Rest};
use crate::remediation::machine::Event;
use crate::target::Target;

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

    /// Guards every active alert again.
    pub(super) fn guard_all(&mut self) {
        let ids: Vec<CaseId> = self.book.cases.keys().copied().collect();
        for id in ids {
            self.wake_case(id);
        }
    }

    /// The state of a target changed.
    pub(super) fn target_changed(&mut self, target: &Target) {
        let is_up = match target {
            Target::Unit(unit) => self
                .seen
                .units
                .get(unit)
                .is_some_and(|state| service_up(state).up),
            _ => false,
        };
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
