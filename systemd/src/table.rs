//! The live table of watched units: an immutable snapshot with its time, replaced on every change.

use std::collections::BTreeMap;
use std::sync::Arc;

use prunelle_foundation::clock::Now;

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
    /// When systemd was last known to agree with it (last signal, resync or answered liveness check).
    pub as_of: Now,
    /// Whether it can be trusted.
    pub sync: Sync,
    /// By the name as asked for (an alias keeps its own key; `id` tells the unit's own name).
    pub units: BTreeMap<UnitName, Arc<UnitState>>,
    /// Globs of the watch list that match no unit.
    pub unmatched_globs: Vec<String>,
}
