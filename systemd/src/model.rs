//! What is known of the watched units, kept right by signals and readings.
//!
//! Pure: it is told signals and readings, and says what must be read next. What must hold: a part of a unit (its Unit
//! side, its Service side, a trigger's activity) is only ever replaced by something later on the wire, so it does not
//! matter in which order answers and signals reach this model. systemd signals the Service side first and the Unit side
//! right after it; a unit is published when its Unit side is there, so the two belong together.
//!
//! Properties are never read because a unit was loaded (`UnitNew`): reading an unloaded unit loads it, which would go on
//! for ever. A unit is read when it is still loaded a moment later (it has settled), or when it is seen to run.

mod hearing;
mod picture;
mod publish;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::mem;

use jiff::Timestamp;
use zbus::message::Sequence;

use crate::ledger::has_group;
use crate::reading::{Reading, TriggerReading, exists, is_candidate};
use crate::signals::{Signal, Stamped};
use crate::unit::{TimerState, UnitName, UnitState};
use crate::watch_list::WatchList;

/// How many signals are kept while a picture is taken.
const LONGEST_BACKLOG: usize = 8192;

/// What must be read or done next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Need {
    /// Read this unit in full.
    Unit(UnitName),
    /// Read whether this timer, socket or path is active.
    Trigger(UnitName),
    /// Read the cgroup of this service, which runs.
    ControlGroup(UnitName),
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
    /// What the globs stood for before this connection; empty once there is a picture.
    remembered: BTreeSet<UnitName>,
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
    /// The wall time at which the monotonic clock would have been zero.
    monotonic_zero: Timestamp,
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
    group: Group,
}

/// How far the cgroup of a service is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Group {
    /// It may be another one at the next start.
    Open,
    /// It is being read.
    Asked,
    /// It was read at a start after the last full reading: it stays the same until the file says otherwise.
    Settled,
}

#[derive(Clone, Debug)]
struct Trigger {
    is_active: bool,
    at: Sequence,
    /// When it elapses, if it is a timer.
    timer: Option<TimerState>,
    timer_at: Sequence,
}

impl Model {
    /// Knows nothing but what globs stood for on an earlier connection.
    pub(crate) fn new(remembered: BTreeSet<UnitName>) -> Self {
        Self {
            remembered,
            ..Self::default()
        }
    }

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
                self.keep(&stamped);
                self.hear_of_unit(stamped);
            }
        }
    }

    /// Takes the difference between the clocks.
    pub(crate) fn set_monotonic_zero(&mut self, monotonic_zero: Timestamp) {
        self.monotonic_zero = monotonic_zero;
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
        let (load, active) = (reading.state.load, reading.state.active);
        let is_known = self.entries.contains_key(&id);
        let is_wanted = self.is_named(&id)
            || if is_known {
                exists(load, active)
            } else {
                self.watch.matches_glob(&id) && is_candidate(load, active)
            };
        if is_wanted {
            for trigger in &reading.triggers {
                if !self.triggers.contains_key(&trigger.id) {
                    // What was signalled of it so far was passed over: ask once more, now that it is known.
                    self.needs.push(Need::Trigger(trigger.id.clone()));
                }
                self.paths
                    .insert(trigger.id.object_path(), trigger.id.clone());
            }
            self.paths.insert(id.object_path(), id);
            self.merge(reading);
        } else {
            // What a glob stood for ends with its unit file.
            self.entries.remove(&id);
        }
        self.is_restructured |= is_known != is_wanted;
        if !self.entries.contains_key(unit) && !self.triggers.contains_key(unit) {
            self.paths.remove(&unit.object_path());
        }
        for stamped in meanwhile {
            self.hear_of_unit(stamped);
        }
    }

    /// Keeps a signal while a picture is taken, unless it is of a unit that is known already.
    fn keep(&mut self, stamped: &Stamped) {
        if let Signal::Properties(message) = &stamped.signal
            && let Some(path) = message.header().path()
            && self.paths.contains_key(path.as_str())
        {
            return;
        }
        if let Some(backlog) = &mut self.backlog {
            if backlog.len() < LONGEST_BACKLOG {
                backlog.push(stamped.clone());
            } else {
                // Too much to keep: this picture will have holes, so another must follow.
                self.backlog = None;
                self.needs.push(Need::Picture);
            }
        }
    }

    /// Takes the activity of a trigger.
    pub(crate) fn learn_trigger(&mut self, reading: TriggerReading) {
        let TriggerReading {
            id,
            is_active,
            timer,
            at,
        } = reading;
        self.set_trigger(&id, is_active, at);
        if let Some(timer) = timer {
            self.set_timer(&id, at, |known| *known = timer);
        }
    }

    /// A timer, socket or path was loaded that starts these: what starts them must be read again.
    pub(crate) fn learn_triggered(&mut self, units: Vec<UnitName>) {
        for unit in units {
            if self.entries.contains_key(&unit) {
                self.needs.push(Need::Unit(unit));
            }
        }
    }

    /// Takes the cgroup of a service that was seen to start.
    pub(crate) fn learn_control_group(&mut self, unit: &UnitName, path: Option<String>) {
        if let Some(entry) = self.entries.get_mut(unit)
            && let Some(service) = &mut entry.state.service
        {
            // None: it has ended already, or has no process.
            entry.group = if path.is_some() {
                Group::Settled
            } else {
                Group::Open
            };
            service.control_group =
                path.filter(|_| has_group(entry.state.active, &entry.state.sub));
            self.dirty.insert(unit.clone());
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
}

#[cfg(test)]
mod tests;
