//! What is known, written into the table.

use std::collections::HashMap;
use std::mem;
use std::sync::Arc;

use super::{Entry, Model};
use crate::ledger::is_running;
use crate::reading::exists;
use crate::table::UnitTable;
use crate::unit::{UnitName, UnitState};

impl Model {
    /// Writes what changed into the table; says whether anything did.
    pub(crate) fn publish(&mut self, table: &mut UnitTable) -> bool {
        if !self.is_restructured && self.dirty.is_empty() {
            return false;
        }
        let dirty = mem::take(&mut self.dirty);
        if mem::take(&mut self.is_restructured) {
            let states: HashMap<&UnitName, Arc<UnitState>> = self
                .entries
                .iter()
                .map(|(id, entry)| (id, Arc::new(self.published(entry))))
                .collect();
            let by_glob = states
                .iter()
                .filter(|(id, state)| {
                    self.watch.matches_glob(id) && exists(state.load, state.active)
                })
                .map(|(id, state)| ((*id).clone(), Arc::clone(state)));
            let by_name = self
                .names
                .iter()
                .filter_map(|(name, id)| Some((name.clone(), Arc::clone(states.get(id)?))));
            table.units = by_glob.chain(by_name).collect();
        } else {
            let states: HashMap<&UnitName, Arc<UnitState>> = dirty
                .iter()
                .filter_map(|id| Some((id, Arc::new(self.published(self.entries.get(id)?)))))
                .collect();
            for (name, place) in &mut table.units {
                if let Some(state) = states.get(self.names.get(name).unwrap_or(name)) {
                    *place = Arc::clone(state);
                }
            }
        }
        self.count_globs(table);
        true
    }

    fn count_globs(&self, table: &mut UnitTable) {
        table.glob_matches = self
            .watch
            .globs()
            .iter()
            .map(|glob| {
                let matching = self.entries.iter().filter(|(id, entry)| {
                    glob.is_match(id) && exists(entry.state.load, entry.state.active)
                });
                (glob.as_str().to_owned(), matching.count())
            })
            .collect();
        table.unmatched_globs = table
            .glob_matches
            .iter()
            .filter(|(_, matches)| **matches == 0)
            .map(|(glob, _)| glob.clone())
            .collect();
    }

    fn published(&self, entry: &Entry) -> UnitState {
        let mut state = entry.state.clone();
        state.triggered_by = entry
            .triggers
            .iter()
            .map(|id| {
                let is_active = self.triggers.get(id).is_some_and(|known| known.is_active);
                (id.clone(), is_active)
            })
            .collect();
        state.next_timer_run = entry
            .triggers
            .iter()
            .filter_map(|id| self.triggers.get(id).filter(|known| known.is_active))
            .filter_map(|known| known.timer.as_ref()?.next_run(self.monotonic_zero))
            .min();
        if let Some(service) = &mut state.service
            && !is_running(state.active)
        {
            service.control_group = None;
        }
        state
    }
}
