//! A picture of everything, compared with what is known, and taken over.

use std::collections::{BTreeSet, HashSet};

use super::{Entry, Group, Model, Trigger};
use crate::ledger::is_running;
use crate::reading::{Picture, Reading, exists};
use crate::unit::{ActiveState, UnitName};

impl Model {
    /// A picture is about to be taken: from here on, signals are kept for units that are not known yet.
    pub(crate) fn begin_picture(&mut self) {
        self.backlog = Some(Vec::new());
    }

    /// What the globs stand for even when it is not loaded.
    pub(crate) fn remembered(&self) -> BTreeSet<UnitName> {
        let known = self
            .entries
            .iter()
            .filter(|(id, entry)| exists(entry.state.load, entry.state.active) && !id.is_instance())
            .map(|(id, _)| id);
        known.chain(&self.remembered).cloned().collect()
    }

    /// The picture was not taken.
    pub(crate) fn give_up_picture(&mut self) {
        self.backlog = None;
    }

    /// Units on which a picture and this model differ, though no signal since would explain it. To be asked when all
    /// signals from before the picture have been heard.
    pub(crate) fn drift(&self, picture: &Picture) -> Vec<UnitName> {
        let mut drifted = Vec::new();
        for reading in &picture.readings {
            let id = &reading.state.id;
            let Some(entry) = self.entries.get(id) else {
                if !self.newcomers.contains_key(id) {
                    drifted.push(id.clone());
                }
                continue;
            };
            let is_later = entry.unit_at > reading.at || entry.service_at > reading.at;
            let mut known = entry.state.clone();
            // A restart's job changes its type without a signal.
            known.job.clone_from(&reading.state.job);
            if let (Some(known), Some(told)) = (&mut known.service, &reading.state.service) {
                // These change without a signal too.
                known.control_group.clone_from(&told.control_group);
                known.tasks_max = told.tasks_max;
            }
            let triggers_agree = reading.triggers.iter().all(|told| {
                self.triggers
                    .get(&told.id)
                    .is_some_and(|known| known.at > told.at || known.is_active == told.is_active)
            }) && entry.triggers.len() == reading.triggers.len();
            if !is_later && (known != reading.state || !triggers_agree) {
                drifted.push(id.clone());
            }
        }
        drifted
    }

    /// Takes a picture over: from now on exactly its names and globs are watched.
    pub(crate) fn adopt(&mut self, picture: Picture) {
        let Picture {
            watch,
            names,
            readings,
            listed: _,
            listed_at,
        } = picture;
        self.watch = watch;
        self.names = names;
        if self.reloading_since.is_some_and(|since| since < listed_at) {
            // systemd answers nothing while it reloads, so that the reload is over.
            self.reloading_since = None;
        }
        let pictured: HashSet<UnitName> = readings.iter().map(|r| r.state.id.clone()).collect();
        let named: HashSet<&UnitName> = self.names.values().collect();
        let watch = &self.watch;
        self.entries.retain(|id, entry| {
            pictured.contains(id)
                || named.contains(id)
                // Loaded after the list was made.
                || (entry.unit_at > listed_at && watch.matches_glob(id))
        });
        for reading in readings {
            self.merge(reading);
        }
        // What a glob stood for ends with its unit file.
        let named: HashSet<&UnitName> = self.names.values().collect();
        self.entries
            .retain(|id, entry| named.contains(id) || exists(entry.state.load, entry.state.active));
        self.remembered.clear();
        let known: HashSet<&UnitName> = self.entries.values().flat_map(|e| &e.triggers).collect();
        self.triggers.retain(|id, _| known.contains(id));
        self.index_paths();
        self.is_restructured = true;
        for stamped in self.backlog.take().unwrap_or_default() {
            self.hear_of_unit(stamped);
        }
    }

    /// Lays a reading over what is known, where the reading is later.
    pub(super) fn merge(&mut self, reading: Reading) {
        let Reading {
            mut state,
            active_since: _,
            at,
            triggers,
        } = reading;
        let trigger_names = triggers.iter().map(|trigger| trigger.id.clone()).collect();
        for trigger in triggers {
            self.triggers
                .entry(trigger.id.clone())
                .or_insert_with(|| Trigger {
                    is_active: trigger.is_active,
                    at: trigger.at,
                    timer: trigger.timer.clone(),
                    timer_at: trigger.at,
                });
            self.learn_trigger(trigger);
        }
        let id = state.id.clone();
        let has_run = state.active != ActiveState::Inactive;
        let mut entry = Entry {
            unit_at: at,
            service_at: at,
            triggers: trigger_names,
            is_stale: false,
            has_run,
            group: Group::Open,
            state: state.clone(),
        };
        if let Some(known) = self.entries.remove(&id) {
            entry.has_run |= known.has_run && known.unit_at > at;
            // What the file says comes from the reading, what happens from whichever is later.
            if known.service_at > at
                && let (Some(told), Some(later)) = (&mut state.service, &known.state.service)
            {
                told.result.clone_from(&later.result);
                told.main_pid = later.main_pid;
                told.restarts = later.restarts;
                told.exec_main_code = later.exec_main_code;
                told.exec_main_status = later.exec_main_status;
                entry.service_at = known.service_at;
            }
            if known.unit_at > at {
                if is_running(known.state.active) && !is_running(state.active) {
                    // It was started since, and what was read then is still to come or known already.
                    if let (Some(told), Some(later)) = (&mut state.service, &known.state.service) {
                        told.control_group.clone_from(&later.control_group);
                    }
                }
                state.active = known.state.active;
                state.sub = known.state.sub;
                state.job = known.state.job;
                state.invocation_id = known.state.invocation_id;
                state.last_start = known.state.last_start;
                state.state_change = known.state.state_change;
                entry.unit_at = known.unit_at;
            }
            entry.state = state;
        }
        self.dirty.insert(id.clone());
        self.entries.insert(id, entry);
    }

    /// Whether a unit is watched by name.
    pub(super) fn is_named(&self, id: &UnitName) -> bool {
        self.names.values().any(|named| named == id)
    }

    fn index_paths(&mut self) {
        let ids = self.entries.keys().chain(self.triggers.keys());
        self.paths = ids
            .chain(self.newcomers.keys())
            .map(|id| (id.object_path(), id.clone()))
            .collect();
    }
}
