//! What is known of the watched units, kept right by signals and readings.
//!
//! Pure: it is told signals and readings, and says what must be read next. What must hold: a part of a unit (its Unit
//! side, its Service side, a trigger's activity) is only ever replaced by something later on the wire, so it does not
//! matter in which order answers and signals reach this model. systemd signals the Service side first and the Unit side
//! right after it; a unit is published when its Unit side is there, so the two belong together.
//!
//! Properties are never read because a unit was loaded (`UnitNew`): reading an unloaded unit loads it, which would go on
//! for ever. A unit is read when it is still loaded a moment later (it has settled), or when it is seen to run.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use zbus::message::{Message, Sequence};

use crate::bus::{SERVICE, UNIT};
use crate::properties::{Properties, ServiceChange, UnitChange, unload};
use crate::reading::{Picture, Reading, TriggerReading, is_on, is_present};
use crate::signals::{Signal, Stamped};
use crate::table::UnitTable;
use crate::unit::{ActiveState, UnitName, UnitState};
use crate::watch_list::WatchList;

/// What must be read or done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Read this unit in full.
    Unit(UnitName),
    /// Read whether this timer, socket or path is active.
    Trigger(UnitName),
    /// Read which units this newly loaded timer, socket or path starts.
    Triggered(UnitName),
    /// Read the type of a unit's job.
    JobKind {
        /// The unit.
        unit: UnitName,
        /// The job's number.
        id: u32,
        /// The job's object path.
        path: String,
    },
    /// Take a full picture now.
    Picture,
    /// Take a full picture soon: unit files changed, and a reload may follow.
    PictureSoon,
    /// systemd was replaced: connect anew.
    Reconnect,
}

/// All that is known.
#[derive(Debug, Default)]
pub(crate) struct Model {
    watch: WatchList,
    entries: HashMap<UnitName, Entry>,
    /// The unit's own name for each plain name.
    names: BTreeMap<UnitName, UnitName>,
    /// Whether each trigger of a watched unit is active.
    triggers: HashMap<UnitName, Trigger>,
    /// Whose signals matter, by object path.
    paths: HashMap<String, UnitName>,
    /// Units that are being read for the first time, and what was signalled of them meanwhile.
    newcomers: HashMap<UnitName, Vec<Stamped>>,
    /// Units that were loaded since the last settling, and before it.
    fresh: HashSet<UnitName>,
    settling: HashSet<UnitName>,
    /// Since when systemd reloads.
    reloading_since: Option<Sequence>,
    /// What was signalled since a picture was begun.
    backlog: Option<Vec<Stamped>>,
    dirty: HashSet<UnitName>,
    is_restructured: bool,
    needs: Vec<Need>,
}

#[derive(Debug)]
struct Entry {
    state: UnitState,
    unit_at: Sequence,
    service_at: Sequence,
    triggers: Vec<UnitName>,
    /// It was loaded anew since it was read: its file may say something else now.
    is_stale: bool,
    /// It was seen to run since it was read, so that its unloading may be its end (a transient unit).
    has_run: bool,
}

#[derive(Clone, Copy, Debug)]
struct Trigger {
    is_active: bool,
    at: Sequence,
}

impl Model {
    /// Takes one signal.
    pub(crate) fn hear(&mut self, stamped: Stamped) {
        match &stamped.signal {
            Signal::Reloading(true) => self.reloading_since = Some(stamped.at),
            Signal::Reloading(false) => {
                self.reloading_since = None;
                self.needs.push(Need::Picture);
            }
            Signal::FilesChanged => self.needs.push(Need::PictureSoon),
            Signal::OwnerChanged => self.needs.push(Need::Reconnect),
            // A reload removes all units and brings them back, which means nothing: a picture follows.
            Signal::UnitNew(_) | Signal::UnitRemoved(_) if self.reloading_since.is_some() => {}
            Signal::UnitNew(_) | Signal::UnitRemoved(_) | Signal::Properties(_) => {
                if let Some(backlog) = &mut self.backlog {
                    backlog.push(stamped.clone());
                }
                self.hear_of_unit(stamped);
            }
        }
    }

    /// What must be read or done since this was last asked.
    pub(crate) fn take_needs(&mut self) -> Vec<Need> {
        mem::take(&mut self.needs)
    }

    /// Whether units were loaded that have not yet settled.
    pub(crate) fn is_settling(&self) -> bool {
        !self.fresh.is_empty() || !self.settling.is_empty()
    }

    /// Called a moment apart while something settles: what was loaded before the last call, and still is, will stay.
    pub(crate) fn settle(&mut self) {
        let settled = mem::replace(&mut self.settling, mem::take(&mut self.fresh));
        for unit in settled {
            if let Some(entry) = self.entries.get(&unit) {
                if entry.is_stale {
                    self.needs.push(Need::Unit(unit));
                }
            } else if self.watch.matches_glob(&unit) {
                self.paths.insert(unit.object_path(), unit.clone());
                self.newcomers.insert(unit.clone(), Vec::new());
                self.needs.push(Need::Unit(unit));
            } else if unit.is_trigger() {
                self.needs.push(Need::Triggered(unit));
            }
        }
    }

    /// Takes a reading that was needed.
    pub(crate) fn learn(&mut self, unit: &UnitName, reading: Option<Reading>) {
        let meanwhile = self.newcomers.remove(unit).unwrap_or_default();
        let Some(reading) = reading else { return };
        let id = reading.state.id.clone();
        let was_present = self.entries.get(&id).map(|entry| is_present(&entry.state));
        if was_present.is_some() || self.is_wanted(&reading.state) {
            for trigger in &reading.triggers {
                if !self.triggers.contains_key(&trigger.id) {
                    // What was signalled of it so far was passed over: ask once more, now that it is known.
                    self.needs.push(Need::Trigger(trigger.id.clone()));
                }
            }
            self.is_restructured |= was_present != Some(is_present(&reading.state));
            for id in reading.triggers.iter().map(|trigger| &trigger.id) {
                self.paths.insert(id.object_path(), id.clone());
            }
            self.paths.insert(id.object_path(), id.clone());
            self.merge(reading);
        }
        if !self.entries.contains_key(unit) && !self.triggers.contains_key(unit) {
            self.paths.remove(&unit.object_path());
        }
        for stamped in meanwhile {
            self.hear_of_unit(stamped);
        }
    }

    /// Takes the activity of a trigger.
    pub(crate) fn learn_trigger(&mut self, reading: TriggerReading) {
        let TriggerReading { id, is_active, at } = reading;
        self.set_trigger(&id, is_active, at);
    }

    /// A timer, socket or path was loaded that starts these: what starts them must be read again.
    pub(crate) fn learn_triggered(&mut self, units: Vec<UnitName>) {
        for unit in units {
            if self.entries.contains_key(&unit) {
                self.needs.push(Need::Unit(unit));
            }
        }
    }

    /// Takes the type of a job, if that job is still queued.
    pub(crate) fn learn_job_kind(&mut self, unit: &UnitName, id: u32, kind: String) {
        if let Some(entry) = self.entries.get_mut(unit)
            && let Some(job) = &mut entry.state.job
            && job.id == id
        {
            job.kind = kind;
            self.dirty.insert(unit.clone());
        }
    }

    /// A picture is about to be taken: from here on, signals are kept for units that are not known yet.
    pub(crate) fn begin_picture(&mut self) {
        self.backlog = Some(Vec::new());
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
            let is_later = entry.unit_at > reading.unit_at || entry.service_at > reading.service_at;
            let mut known = entry.state.clone();
            // A restart's job changes its type without a signal.
            known.job.clone_from(&reading.state.job);
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
            if self.is_wanted(&reading.state) {
                self.merge(reading);
            }
        }
        let known: HashSet<&UnitName> = self.entries.values().flat_map(|e| &e.triggers).collect();
        self.triggers.retain(|id, _| known.contains(id));
        self.index_paths();
        self.is_restructured = true;
        for stamped in self.backlog.take().unwrap_or_default() {
            self.hear_of_unit(stamped);
        }
    }

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
                .filter(|(id, state)| self.watch.matches_glob(id) && is_present(state))
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
                let matching = self
                    .entries
                    .iter()
                    .filter(|(id, entry)| glob.is_match(id) && is_present(&entry.state));
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
        state
    }

    fn hear_of_unit(&mut self, stamped: Stamped) {
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
        let is_named = self.names.values().any(|id| id == unit);
        match self.entries.get_mut(unit) {
            Some(entry) if at > entry.unit_at => {
                if is_named {
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
        change.apply(&mut entry.state);
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
        if entry.state.active != ActiveState::Inactive {
            entry.has_run = true;
            // It runs, so it is loaded, and reading it does no harm.
            if mem::take(&mut entry.is_stale) {
                self.needs.push(Need::Unit(unit.clone()));
            }
        }
    }

    fn set_trigger(&mut self, trigger: &UnitName, is_active: bool, at: Sequence) {
        let Some(known) = self.triggers.get_mut(trigger) else {
            return;
        };
        if at <= known.at {
            return;
        }
        known.at = at;
        if mem::replace(&mut known.is_active, is_active) != is_active {
            for (id, entry) in &self.entries {
                if entry.triggers.contains(trigger) {
                    self.dirty.insert(id.clone());
                }
            }
        }
    }

    /// Lays a reading over what is known, where the reading is later.
    fn merge(&mut self, reading: Reading) {
        let Reading {
            mut state,
            unit_at,
            service_at,
            triggers,
        } = reading;
        let trigger_names = triggers.iter().map(|trigger| trigger.id.clone()).collect();
        for trigger in triggers {
            self.triggers.entry(trigger.id.clone()).or_insert(Trigger {
                is_active: trigger.is_active,
                at: trigger.at,
            });
            self.learn_trigger(trigger);
        }
        let id = state.id.clone();
        let has_run = state.active != ActiveState::Inactive;
        let mut entry = Entry {
            unit_at,
            service_at,
            triggers: trigger_names,
            is_stale: false,
            has_run,
            state: state.clone(),
        };
        if let Some(known) = self.entries.remove(&id) {
            entry.has_run |= known.has_run && known.unit_at > unit_at;
            // What the file says comes from the reading, what happens from whichever is later.
            if known.service_at > service_at
                && let (Some(told), Some(later)) = (&mut state.service, &known.state.service)
            {
                told.result.clone_from(&later.result);
                told.main_pid = later.main_pid;
                told.restarts = later.restarts;
                entry.service_at = known.service_at;
            }
            if known.unit_at > unit_at {
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

    /// Whether a unit that was read belongs in the table.
    fn is_wanted(&self, state: &UnitState) -> bool {
        self.names.values().any(|id| *id == state.id)
            || (self.watch.matches_glob(&state.id) && is_present(state))
    }

    fn index_paths(&mut self) {
        let ids = self.entries.keys().chain(self.triggers.keys());
        self.paths = ids
            .chain(self.newcomers.keys())
            .map(|id| (id.object_path(), id.clone()))
            .collect();
    }
}
