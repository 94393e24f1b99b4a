//! Lists and readings, and what they change.

use std::collections::HashSet;
use std::sync::Arc;

use jiff::Timestamp;
use zbus::message::Sequence;

use super::{Entry, Group, Ledger, Want, has_group};
use crate::bus::Listed;
use crate::inventory::{Details, ManagerState};
use crate::unit::{ActiveState, UnitName};

/// A unit with its details as it was read, in one answer.
#[derive(Debug)]
pub(crate) struct DetailReading {
    /// None for sockets, of which only the counters are read.
    pub(crate) state: Option<StateReading>,
    pub(crate) details: Details,
    /// Where the answer came.
    pub(crate) at: Sequence,
}

/// The state of a unit as it was read.
#[derive(Debug)]
pub(crate) struct StateReading {
    pub(crate) active: ActiveState,
    pub(crate) sub: String,
    pub(crate) active_since: Option<Timestamp>,
}

impl Ledger {
    /// Units on which a full list and this ledger differ, though no signal since would explain it.
    pub(crate) fn drift(&self, rows: &[Listed], listed_at: Sequence) -> Vec<UnitName> {
        let is_known = |row: &Listed| {
            self.entries.get(&row.id).is_some_and(|entry| {
                !entry.has_state
                    || entry.state_at > listed_at
                    || (entry.unit.active == row.active && *entry.unit.sub == *row.sub)
            })
        };
        let listed: HashSet<&UnitName> = rows.iter().map(|row| &row.id).collect();
        let missing = rows
            .iter()
            .filter(|row| !is_known(row) && !self.gone.contains_key(&row.id));
        let surplus = self.entries.values().filter(|entry| {
            entry.has_state && entry.state_at <= listed_at && !listed.contains(&entry.unit.id)
        });
        missing
            .map(|row| row.id.clone())
            .chain(surplus.map(|entry| entry.unit.id.clone()))
            .collect()
    }

    /// Takes a full list over. All details are read again in time: a reload may have changed them.
    pub(crate) fn adopt(&mut self, rows: Vec<Listed>, listed_at: Sequence) {
        if self.reloading_since.is_some_and(|since| since < listed_at) {
            self.reloading_since = None;
        }
        let listed: HashSet<&UnitName> = rows.iter().map(|row| &row.id).collect();
        let surplus: Vec<UnitName> = self
            .entries
            .iter()
            .filter(|(id, entry)| entry.state_at <= listed_at && !listed.contains(id))
            .map(|(id, _)| id.clone())
            .collect();
        for id in surplus {
            self.drop_entry(&id);
        }
        for entry in self.entries.values_mut() {
            entry.is_stale = true;
        }
        for row in rows {
            let id = row.id.clone();
            self.take_row(row, listed_at);
            self.want_details(&id);
        }
        self.is_restructured = true;
    }

    /// Takes the states of new units; those that the list does not name have gone again.
    pub(crate) fn learn_rows(&mut self, asked: &[UnitName], rows: Vec<Listed>, at: Sequence) {
        let listed: HashSet<UnitName> = rows.iter().map(|row| row.id.clone()).collect();
        for row in rows {
            let id = row.id.clone();
            let is_inactive = row.active == ActiveState::Inactive;
            self.take_row(row, at);
            if is_inactive {
                self.settling.0.insert(id);
            } else {
                self.want_details(&id);
            }
        }
        for id in asked {
            if !listed.contains(id) && self.entries.get(id).is_some_and(|it| it.state_at <= at) {
                self.drop_entry(id);
            }
        }
    }

    fn take_row(&mut self, row: Listed, at: Sequence) {
        if self.gone.get(&row.id).is_some_and(|gone| *gone > at) {
            return;
        }
        let Self {
            entries,
            system,
            dirty,
            wants,
            ..
        } = self;
        let entry = entries
            .entry(row.id)
            .or_insert_with_key(|id| Entry::new(id.clone(), at));
        if entry.unit.load != row.load {
            Arc::make_mut(&mut entry.unit).load = row.load;
        }
        let differs = entry.unit.active != row.active || *entry.unit.sub != *row.sub;
        if !entry.has_state || (at > entry.state_at && differs) {
            entry.set_state(row.active, &row.sub, at, system);
            entry.want_group(wants);
        }
        dirty.insert(entry.unit.id.clone());
    }

    /// Takes details that were wanted; none when they could not be read.
    pub(crate) fn learn_details(&mut self, id: &UnitName, reading: Option<DetailReading>) {
        let Self {
            entries,
            system,
            dirty,
            wants,
            ..
        } = self;
        let Some(entry) = entries.get_mut(id) else {
            return;
        };
        entry.is_asked = false;
        let Some(reading) = reading else { return };
        if reading.at < entry.details_at {
            // Something was signalled since.
            entry.is_asked = true;
            wants.push(Want::Details(id.clone()));
            return;
        }
        entry.details_at = reading.at;
        entry.is_stale = false;
        if entry.group != Group::Asked {
            entry.group = Group::Open;
        }
        let (state_at, since_at) = (entry.state_at, entry.since_at);
        let unit = Arc::make_mut(&mut entry.unit);
        unit.details = reading.details;
        if let Some(state) = &reading.state
            && reading.at > since_at
        {
            unit.active_since = state.active_since;
            entry.since_at = reading.at;
        }
        if let Some(state) = reading.state.filter(|_| reading.at > state_at) {
            entry.set_state(state.active, &state.sub, reading.at, system);
        } else if let Details::Service(service) = &mut unit.details
            && !has_group(unit.active, &unit.sub)
        {
            service.control_group = None;
        }
        entry.want_group(wants);
        dirty.insert(id.clone());
    }

    /// Takes the cgroup of a service that was seen to run.
    pub(crate) fn learn_group(&mut self, id: &UnitName, path: Option<String>) {
        let Some(entry) = self.entries.get_mut(id) else {
            return;
        };
        let Some(path) = path else {
            // It has ended already, or has no process.
            entry.group = Group::Open;
            return;
        };
        entry.group = Group::Settled(path.clone());
        if has_group(entry.unit.active, &entry.unit.sub)
            && let Details::Service(service) = &mut Arc::make_mut(&mut entry.unit).details
        {
            service.control_group = Some(path);
            self.dirty.insert(id.clone());
        }
    }

    /// Takes what systemd told of itself.
    pub(crate) fn learn_manager(&mut self, manager: ManagerState) {
        self.system.manager = Some(manager);
        self.system.is_dirty = true;
    }

    /// Takes the state of the whole system.
    pub(crate) fn learn_system_state(&mut self, system_state: String) {
        if let Some(manager) = &mut self.system.manager
            && manager.system_state != system_state
        {
            manager.system_state = system_state;
            self.system.is_dirty = true;
        }
    }
}
