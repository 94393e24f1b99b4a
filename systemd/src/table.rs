//! The live table of watched units: an immutable snapshot with its time, replaced on every change.

use std::collections::BTreeMap;
use std::sync::Arc;

use prunelle_foundation::clock::Now;

use crate::inventory::Inventory;
use crate::service_up::{ServiceUp, service_up};
use crate::unit::{UnitName, UnitState};

/// How far the table can be trusted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sync {
    /// No full picture has been had yet.
    NotYet,
    /// Complete, and kept so by signals.
    Synchronised,
    /// The connection is gone since then, or systemd does not answer; `units` is what was known last.
    Lost(Now),
}

/// All watched units at one moment.
#[derive(Clone, Debug)]
pub struct UnitTable {
    /// When systemd was last known to agree with it: last signal, resync or answered liveness check. While the table is
    /// `Synchronised` it is at most [`Limits::staleness`](crate::Limits::staleness) old.
    pub as_of: Now,
    /// Whether it can be trusted.
    pub sync: Sync,
    /// By the name as asked for (an alias keeps its own key; `id` tells the unit's own name).
    pub units: BTreeMap<UnitName, Arc<UnitState>>,
    /// How many units each glob of the watch list stands for, zero included; by the glob as given.
    pub glob_matches: BTreeMap<String, usize>,
    /// Globs of the watch list that stand for no unit.
    pub unmatched_globs: Vec<String>,
    /// All loaded units; none unless asked for ([`Options::inventory`](crate::Options)), or not known yet.
    pub inventory: Option<Inventory>,
}

impl UnitTable {
    /// The table before anything is known.
    pub fn not_yet(as_of: Now) -> Self {
        Self {
            as_of,
            sync: Sync::NotYet,
            units: BTreeMap::new(),
            glob_matches: BTreeMap::new(),
            unmatched_globs: Vec::new(),
            inventory: None,
        }
    }

    /// The verdict on a watched unit; none while the table cannot be trusted, or when the unit is not watched. What is
    /// unknown never looks like down.
    pub fn service_up(&self, name: &UnitName) -> Option<ServiceUp> {
        match self.sync {
            Sync::Synchronised => self.units.get(name).map(|unit| service_up(unit)),
            Sync::NotYet | Sync::Lost(_) => None,
        }
    }
}
