//! Signals of units, and what they change.

use std::mem;

use zbus::message::{Message, Sequence};

use super::{Group, Model, Need};
use crate::bus::{SERVICE, TIMER, UNIT};
use crate::ledger::{has_group, is_running};
use crate::properties::{Properties, ServiceChange, UnitChange, apply_to_timer, unload};
use crate::reading::is_on;
use crate::signals::{Signal, Stamped};
use crate::unit::{ActiveState, TimerState, UnitName};

impl Model {
    pub(super) fn hear_of_unit(&mut self, stamped: Stamped) {
        let Stamped { at, signal } = stamped;
        match signal {
            Signal::UnitNew(unit) => self.hear_new(unit, at),
            Signal::UnitRemoved(unit) => self.hear_removed(&unit, at),
            Signal::Properties(message) => self.hear_properties(&message, at),
            Signal::Reloading(_) | Signal::FilesChanged | Signal::OwnerChanged => {}
        }
    }

    fn hear_new(&mut self, unit: UnitName, at: Sequence) {
        let is_known = match self.entries.get_mut(&unit) {
            Some(entry) if at <= entry.unit_at => return,
            Some(entry) => {
                entry.is_stale = true;
                true
            }
            None => false,
        };
        let is_new_trigger = unit.is_trigger() && !self.triggers.contains_key(&unit);
        if is_known || is_new_trigger || self.watch.matches_glob(&unit) {
            self.fresh.insert(unit);
        }
    }

    fn hear_removed(&mut self, unit: &UnitName, at: Sequence) {
        self.fresh.remove(unit);
        self.settling.remove(unit);
        if let Some(meanwhile) = self.newcomers.get_mut(unit) {
            meanwhile.push(Stamped {
                at,
                signal: Signal::UnitRemoved(unit.clone()),
            });
        }
        if self.triggers.get(unit).is_some_and(|known| at > known.at) {
            self.triggers.remove(unit);
            for (id, entry) in &mut self.entries {
                if entry.triggers.contains(unit) {
                    entry.triggers.retain(|trigger| trigger != unit);
                    self.dirty.insert(id.clone());
                }
            }
        }
        // An instance of a template is gone with its login or connection; all else is still there, only not loaded.
        let stays = !unit.is_instance() || self.is_named(unit);
        match self.entries.get_mut(unit) {
            Some(entry) if at > entry.unit_at => {
                if stays {
                    unload(&mut entry.state);
                    entry.unit_at = at;
                    entry.service_at = at;
                    self.dirty.insert(unit.clone());
                    if mem::take(&mut entry.has_run) {
                        // Its file may have gone with it.
                        self.needs.push(Need::Unit(unit.clone()));
                    }
                } else {
                    self.entries.remove(unit);
                    self.is_restructured = true;
                }
            }
            _ => {}
        }
    }

    fn hear_properties(&mut self, message: &Message, at: Sequence) {
        let header = message.header();
        let Some(unit) = header
            .path()
            .and_then(|path| self.paths.get(path.as_str()))
            .cloned()
        else {
            return;
        };
        if let Some(meanwhile) = self.newcomers.get_mut(&unit) {
            meanwhile.push(Stamped {
                at,
                signal: Signal::Properties(message.clone()),
            });
            return;
        }
        let body = message.body();
        let Ok((interface, properties, _)) =
            body.deserialize::<(&str, Properties<'_>, Vec<&str>)>()
        else {
            return;
        };
        match interface {
            UNIT => self.change_unit(&unit, UnitChange::parse(&properties), at),
            SERVICE => {
                if let Some(entry) = self.entries.get_mut(&unit)
                    && at > entry.service_at
                    && let Some(service) = &mut entry.state.service
                {
                    ServiceChange::parse(&properties).apply(service);
                    entry.service_at = at;
                }
            }
            TIMER => self.set_timer(&unit, at, |timer| apply_to_timer(&properties, timer)),
            _ => {}
        }
    }

    fn change_unit(&mut self, unit: &UnitName, change: UnitChange, at: Sequence) {
        if let Some(active) = change.active
            && self.triggers.contains_key(unit)
        {
            self.set_trigger(unit, is_on(active), at);
        }
        let Some(entry) = self.entries.get_mut(unit) else {
            return;
        };
        if at <= entry.unit_at {
            return;
        }
        let job_path = change.job.clone().flatten();
        let was_running = is_running(entry.state.active);
        let was_grouped = has_group(entry.state.active, &entry.state.sub);
        change.apply(&mut entry.state);
        let is_grouped = has_group(entry.state.active, &entry.state.sub);
        entry.unit_at = at;
        self.dirty.insert(unit.clone());
        if let Some((id, path)) = job_path
            && entry
                .state
                .job
                .as_ref()
                .is_some_and(|job| job.kind.is_empty())
        {
            self.needs.push(Need::JobKind {
                unit: unit.clone(),
                id,
                path,
            });
        }
        if was_grouped
            && !is_grouped
            && is_running(entry.state.active)
            && let Some(service) = &mut entry.state.service
        {
            service.control_group = None;
        }
        if is_grouped
            && let Some(service) = &entry.state.service
            && entry.group != Group::Asked
            && (service.control_group.is_none() || (!was_running && entry.group == Group::Open))
        {
            entry.group = Group::Asked;
            self.needs.push(Need::ControlGroup(unit.clone()));
        }
        if entry.state.active != ActiveState::Inactive {
            entry.has_run = true;
            // It runs, so it is loaded, and reading it does no harm.
            if mem::take(&mut entry.is_stale) {
                self.needs.push(Need::Unit(unit.clone()));
            }
        }
    }

    /// Changes what is known of a timer, if this is later.
    pub(super) fn set_timer(
        &mut self,
        trigger: &UnitName,
        at: Sequence,
        change: impl FnOnce(&mut TimerState),
    ) {
        let Some(known) = self.triggers.get_mut(trigger) else {
            return;
        };
        if at > known.timer_at {
            known.timer_at = at;
            change(known.timer.get_or_insert_default());
            self.mark_triggered(trigger);
        }
    }

    pub(super) fn set_trigger(&mut self, trigger: &UnitName, is_active: bool, at: Sequence) {
        let Some(known) = self.triggers.get_mut(trigger) else {
            return;
        };
        if at <= known.at {
            return;
        }
        known.at = at;
        if mem::replace(&mut known.is_active, is_active) != is_active {
            self.mark_triggered(trigger);
        }
    }

    /// What this starts must be published anew.
    fn mark_triggered(&mut self, trigger: &UnitName) {
        for (id, entry) in &self.entries {
            if entry.triggers.contains(trigger) {
                self.dirty.insert(id.clone());
            }
        }
    }
}
