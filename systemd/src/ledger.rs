//! What is known of all loaded units, kept right by signals, lists and readings; opt-in.
//!
//! Pure, like the model of the watched units: it is told signals and answers, and says what must be read next. What must
//! hold: the state of a unit is only ever replaced by something later on the wire. A reading of details that is older
//! than a signal is taken again rather than mended.
//!
//! systemd tells nothing of a new unit but its name, not even its state when that changed in the same moment. Asking for
//! a unit would load it, if it has gone meanwhile, which would go on for ever; so the states of new units come from the
//! list of loaded units, narrowed to their names. Details are read when a unit is known to be loaded.

mod hearing;
mod learning;

pub(crate) use self::learning::{DetailReading, StateReading};

use std::collections::{HashMap, HashSet};
use std::mem;
use std::sync::Arc;

use zbus::message::Sequence;

use crate::inventory::{Details, Inventory, LoadedUnit, ManagerState};
use crate::unit::{ActiveState, LoadState, UnitName};

/// What must be read next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Want {
    /// What only units of this type have.
    Details(UnitName),
    /// The cgroup of this service, which runs.
    ControlGroup(UnitName),
}

/// All that is known of loaded units.
#[derive(Debug, Default)]
pub(crate) struct Ledger {
    entries: HashMap<UnitName, Entry>,
    /// Units that were unloaded while an answer was under way that may still name them.
    gone: HashMap<UnitName, Sequence>,
    /// Units that were loaded since their states were last asked for.
    fresh: HashSet<UnitName>,
    /// New units that do not run: their details are read when they are still there a moment later.
    settling: (HashSet<UnitName>, HashSet<UnitName>),
    reloading_since: Option<Sequence>,
    system: System,
    wants: Vec<Want>,
    dirty: HashSet<UnitName>,
    is_restructured: bool,
    /// The name of the unit that a signal is about.
    heard: String,
}

/// What concerns no single unit.
#[derive(Debug, Default)]
struct System {
    manager: Option<ManagerState>,
    /// How many units have failed.
    failed: usize,
    is_dirty: bool,
    /// A unit was heard of that decides whether the machine starts, stops or is repaired.
    is_turning: bool,
}

#[derive(Debug)]
struct Entry {
    unit: Arc<LoadedUnit>,
    /// Where its state comes from.
    state_at: Sequence,
    /// Its state is known, so that it is published.
    has_state: bool,
    /// Where it comes from since when it is active, which lists do not tell.
    since_at: Sequence,
    /// Where the last signal of its own type came.
    details_at: Sequence,
    /// Its details are to be read, or read again.
    is_stale: bool,
    is_asked: bool,
    group: Group,
}

/// Where the cgroup of a service is when it runs.
#[derive(Debug, PartialEq, Eq)]
enum Group {
    /// It may be another one at the next start.
    Open,
    /// It is being read.
    Asked,
    /// It was read at a start since the details were: it stays there until a reload.
    Settled(String),
}

impl Entry {
    fn new(id: UnitName, at: Sequence) -> Self {
        Self {
            unit: Arc::new(LoadedUnit::blank(id)),
            state_at: at,
            has_state: false,
            since_at: at,
            details_at: at,
            is_stale: true,
            is_asked: false,
            group: Group::Open,
        }
    }

    fn has_failed(&self) -> bool {
        self.has_state && self.unit.active == ActiveState::Failed
    }

    /// Replaces the state by a later one.
    fn set_state(&mut self, active: ActiveState, sub: &str, at: Sequence, system: &mut System) {
        system.count(self.has_failed(), active == ActiveState::Failed);
        self.state_at = at;
        self.has_state = true;
        let unit = Arc::make_mut(&mut self.unit);
        let is_news = unit.active != active || *unit.sub != *sub;
        unit.active = active;
        if *unit.sub != *sub {
            unit.sub = Arc::from(sub);
        }
        if is_news
            && !has_group(active, sub)
            && let Details::Service(service) = &mut unit.details
        {
            service.control_group = None;
        }
    }

    /// Sees to the cgroup of a service that runs.
    fn want_group(&mut self, wants: &mut Vec<Want>) {
        let unit = &self.unit;
        if let Details::Service(service) = &unit.details
            && service.control_group.is_none()
            && has_group(unit.active, &unit.sub)
        {
            match &self.group {
                Group::Asked => {}
                Group::Open => {
                    wants.push(Want::ControlGroup(unit.id.clone()));
                    self.group = Group::Asked;
                }
                Group::Settled(path) => {
                    let path = Some(path.clone());
                    if let Details::Service(service) = &mut Arc::make_mut(&mut self.unit).details {
                        service.control_group = path;
                    }
                }
            }
        }
    }
}

impl System {
    fn count(&mut self, had_failed: bool, fails: bool) {
        if had_failed != fails {
            self.is_dirty = true;
            self.failed = self.failed.saturating_sub(usize::from(had_failed)) + usize::from(fails);
        }
    }

    /// systemd does not signal its own state, but whether it is degraded follows from its units.
    fn published(&self) -> Option<Arc<ManagerState>> {
        let mut manager = self.manager.clone()?;
        if is_steady(&manager.system_state) {
            let state = if self.failed > 0 {
                "degraded"
            } else {
                "running"
            };
            state.clone_into(&mut manager.system_state);
        }
        Some(Arc::new(manager))
    }
}

impl Ledger {
    /// Units whose states must be asked for; they count as asked from now on.
    pub(crate) fn take_fresh(&mut self) -> Vec<UnitName> {
        mem::take(&mut self.fresh).into_iter().collect()
    }

    /// Whether there are units whose states must be asked for.
    pub(crate) fn has_fresh(&self) -> bool {
        !self.fresh.is_empty()
    }

    /// What must be read since this was last asked.
    pub(crate) fn take_wants(&mut self) -> Vec<Want> {
        mem::take(&mut self.wants)
    }

    /// Whether the state of the whole system may have changed, other than by units that fail; asked once.
    pub(crate) fn take_turn(&mut self) -> bool {
        mem::take(&mut self.system.is_turning)
    }

    /// Whether the state of the whole system is one that passes by itself, as that of a system that starts.
    pub(crate) fn is_passing(&self) -> bool {
        let passes = |manager: &ManagerState| !is_steady(&manager.system_state);
        self.system.manager.as_ref().is_some_and(passes)
    }

    /// Whether new units wait for their details.
    pub(crate) fn is_settling(&self) -> bool {
        !self.settling.0.is_empty() || !self.settling.1.is_empty()
    }

    /// Called a moment apart while something settles: what was there before the last call, and still is, will stay.
    pub(crate) fn settle(&mut self) {
        let settled = mem::replace(&mut self.settling.1, mem::take(&mut self.settling.0));
        for unit in settled {
            self.want_details(&unit);
        }
    }

    /// All answers are in: what was unloaded before cannot be named by one any more.
    pub(crate) fn forget_gone(&mut self) {
        self.gone.clear();
    }

    /// The counters of all sockets that listen are out of date.
    pub(crate) fn want_sockets(&mut self) {
        for entry in self.entries.values_mut() {
            if matches!(entry.unit.details, Details::Socket(_)) && is_running(entry.unit.active) {
                entry.is_stale = true;
                if !mem::replace(&mut entry.is_asked, true) {
                    self.wants.push(Want::Details(entry.unit.id.clone()));
                }
            }
        }
    }

    /// Somebody else reads this unit and will tell.
    pub(crate) fn expect(&mut self, id: &UnitName) {
        if let Some(entry) = self.entries.get_mut(id) {
            entry.is_asked = true;
            self.wants
                .retain(|want| !matches!(want, Want::Details(unit) if unit == id));
        }
    }

    /// Whether the details of a unit are still to be read.
    pub(crate) fn is_stale(&self, id: &UnitName) -> bool {
        self.entries.get(id).is_some_and(|entry| entry.is_stale)
    }

    /// Whether its cgroup is being read.
    pub(crate) fn asks_group(&self, id: &UnitName) -> bool {
        self.entries
            .get(id)
            .is_some_and(|entry| entry.group == Group::Asked)
    }

    /// Writes what changed into the inventory; says whether anything did.
    pub(crate) fn publish(&mut self, inventory: &mut Inventory) -> bool {
        let dirty = mem::take(&mut self.dirty);
        let is_system_dirty = mem::take(&mut self.system.is_dirty);
        let is_restructured = mem::take(&mut self.is_restructured);
        if is_restructured {
            let published = self.entries.values().filter(|entry| entry.has_state);
            inventory.units = published.map(|entry| Arc::clone(&entry.unit)).collect();
        } else {
            for id in &dirty {
                match self.entries.get(id).filter(|entry| entry.has_state) {
                    Some(entry) => inventory.units.put(Arc::clone(&entry.unit)),
                    None => inventory.units.remove(id),
                }
            }
        }
        if is_system_dirty || is_restructured {
            inventory.manager = self.system.published();
        }
        is_restructured || is_system_dirty || !dirty.is_empty()
    }

    /// Takes a unit out.
    fn drop_entry(&mut self, id: &UnitName) {
        if let Some(entry) = self.entries.remove(id) {
            self.system.count(entry.has_failed(), false);
            self.dirty.insert(id.clone());
        }
    }

    /// Asks for details, unless there are none to be had or they are asked for already.
    fn want_details(&mut self, id: &UnitName) {
        if let Some(entry) = self.entries.get_mut(id)
            && entry.is_stale
            && !entry.is_asked
            && entry.unit.load == LoadState::Loaded
            && has_details(id)
        {
            entry.is_asked = true;
            self.wants.push(Want::Details(id.clone()));
        }
    }
}

/// Whether a unit in this state is loaded for certain.
pub(crate) fn is_running(active: ActiveState) -> bool {
    !matches!(active, ActiveState::Inactive | ActiveState::Failed)
}

/// Whether a service in this state has a cgroup for certain: between two runs there is none, nor is there, as a rule,
/// when nothing is left of what ran.
pub(crate) fn has_group(active: ActiveState, sub: &str) -> bool {
    is_running(active) && sub != "exited" && !sub.starts_with("auto-restart")
}

fn has_details(id: &UnitName) -> bool {
    matches!(id.kind(), "service" | "timer" | "socket")
}

fn is_steady(system_state: &str) -> bool {
    matches!(system_state, "running" | "degraded")
}

#[cfg(test)]
mod tests;
