//! Signals, and what they change.

use std::mem;
use std::sync::Arc;

use zbus::message::{Message, Sequence};

use super::{Details, Entry, Ledger};
use crate::bus::{SERVICE, TIMER, UNIT};
use crate::properties::{Properties, ServiceChange, StateChange, apply_to_timer};
use crate::signals::{Signal, Stamped};
use crate::unit::UnitName;
use crate::unit::name::name_of_path;

/// Units on which the state of the whole system depends.
const TURNING_POINTS: [&str; 4] = [
    "shutdown.target",
    "rescue.target",
    "emergency.target",
    "basic.target",
];

impl Ledger {
    /// Takes one signal.
    pub(crate) fn hear(&mut self, stamped: &Stamped) {
        let at = stamped.at;
        match &stamped.signal {
            Signal::Reloading(true) => self.reloading_since = Some(at),
            // A full list follows: the model of the watched units asks for it.
            Signal::Reloading(false) => self.reloading_since = None,
            Signal::UnitNew(_) | Signal::UnitRemoved(_) if self.reloading_since.is_some() => {}
            Signal::UnitNew(unit) => self.hear_new(unit, at),
            Signal::UnitRemoved(unit) => self.hear_removed(unit, at),
            Signal::Properties(message) => self.hear_properties(message, at),
            Signal::FilesChanged | Signal::OwnerChanged => {}
        }
    }

    fn hear_new(&mut self, unit: &UnitName, at: Sequence) {
        self.note_turn(unit.as_str());
        self.entries
            .entry(unit.clone())
            .or_insert_with(|| Entry::new(unit.clone(), at));
        self.fresh.insert(unit.clone());
    }

    fn hear_removed(&mut self, unit: &UnitName, at: Sequence) {
        self.note_turn(unit.as_str());
        self.fresh.remove(unit);
        self.settling.0.remove(unit);
        self.settling.1.remove(unit);
        self.gone.insert(unit.clone(), at);
        if self.entries.get(unit).is_some_and(|it| at > it.state_at) {
            self.drop_entry(unit);
        }
    }

    fn note_turn(&mut self, unit: &str) {
        self.system.is_turning |= TURNING_POINTS.contains(&unit);
    }

    fn hear_properties(&mut self, message: &Message, at: Sequence) {
        let mut heard = mem::take(&mut self.heard);
        let header = message.header();
        if let Some(path) = header.path()
            && name_of_path(path.as_str(), &mut heard)
        {
            let body = message.body();
            if let Ok((interface, properties, _)) =
                body.deserialize::<(&str, Properties<'_>, Vec<&str>)>()
            {
                self.hear_change(&heard, interface, &properties, at);
            }
        }
        self.heard = heard;
    }

    fn hear_change(
        &mut self,
        heard: &str,
        interface: &str,
        properties: &Properties<'_>,
        at: Sequence,
    ) {
        if interface == UNIT {
            self.note_turn(heard);
            return self.hear_state(heard, &StateChange::parse(properties), at);
        }
        let Some(entry) = self.entries.get_mut(heard) else {
            return;
        };
        if at <= entry.details_at {
            return;
        }
        match (interface, &entry.unit.details) {
            (SERVICE, Details::Service(_)) | (TIMER, Details::Timer(_)) => {}
            (SERVICE | TIMER, Details::Unknown) => {
                // What was read before this is not enough.
                entry.details_at = at;
                return;
            }
            _ => return,
        }
        entry.details_at = at;
        match &mut Arc::make_mut(&mut entry.unit).details {
            Details::Service(service) => ServiceChange::parse(properties).apply(service),
            Details::Timer(timer) => apply_to_timer(properties, timer),
            Details::Socket(_) | Details::Unknown => {}
        }
        self.dirty.insert(entry.unit.id.clone());
    }

    fn hear_state(&mut self, heard: &str, change: &StateChange<'_>, at: Sequence) {
        if !self.entries.contains_key(heard) {
            // Of a unit that no list has told yet: it is loaded, or systemd would not speak of it.
            let Ok(id) = heard.parse::<UnitName>() else {
                return;
            };
            self.entries.insert(id.clone(), Entry::new(id.clone(), at));
            self.fresh.insert(id);
        }
        let Some(entry) = self.entries.get_mut(heard) else {
            return;
        };
        if let Some(active_since) = change.active_since
            && at >= entry.since_at
        {
            entry.since_at = at;
            Arc::make_mut(&mut entry.unit).active_since = active_since;
            self.dirty.insert(entry.unit.id.clone());
        }
        let Some(active) = change.active else {
            return;
        };
        if at < entry.state_at {
            return;
        }
        let sub = change.sub.unwrap_or_default();
        entry.set_state(active, sub, at, &mut self.system);
        entry.want_group(&mut self.wants);
        let id = entry.unit.id.clone();
        if entry.is_stale && super::is_running(active) {
            self.want_details(&id);
        }
        self.dirty.insert(id);
    }
}
