//! What counts as up: one pure function, shared by the exporter and the healer.

use crate::unit::UnitState;

/// The verdict on one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceUp {
    /// It does, or is ready to do, what it is for.
    pub up: bool,
    /// Its unit file could be read; when false, `up` is false and no remedy applies.
    pub loaded: bool,
}

/// Judges a unit by the table "what counts as up" of ARCHITECTURE.md.
pub fn service_up(_unit: &UnitState) -> ServiceUp {
    todo!()
}
