//! What counts as up: one pure function, shared by the exporter and the healer.
//!
//! The table itself stands in ARCHITECTURE.md; each row is a line of [`service_up`]. The row "not yet synchronised, or
//! the bus is lost" is not a matter of one unit: see [`UnitTable::service_up`](crate::UnitTable::service_up).

use crate::unit::{ActiveState, LoadState, QueuedJob, UnitState};

/// The verdict on one unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ServiceUp {
    /// It does, or is ready to do, what it is for.
    pub up: bool,
    /// Its unit file could be read; when false, `up` is false and no remedy applies.
    pub loaded: bool,
}

/// Judges a unit by the table "what counts as up" of ARCHITECTURE.md.
pub fn service_up(unit: &UnitState) -> ServiceUp {
    let loaded = unit.load == LoadState::Loaded;
    let up = loaded
        && match unit.active {
            // `Other` is a state of a newer systemd: what is not known never looks like down.
            ActiveState::Active | ActiveState::Reloading | ActiveState::Other => true,
            // `auto-restart`, and `auto-restart-queued` since systemd 254: it is down and systemd waits.
            ActiveState::Activating => !unit.sub.starts_with("auto-restart"),
            ActiveState::Deactivating => unit.job.as_ref().is_some_and(leads_to_running),
            ActiveState::Inactive => is_ready(unit),
            ActiveState::Failed | ActiveState::Maintenance => false,
        };
    ServiceUp { up, loaded }
}

/// Whether the unit will be started after it has stopped. A job whose type is not yet known counts, since what is not
/// known never looks like down; it is known within milliseconds.
fn leads_to_running(job: &QueuedJob) -> bool {
    matches!(
        job.kind.as_str(),
        "start" | "restart" | "try-restart" | "reload-or-start" | ""
    )
}

/// Whether an inactive unit has done its work well and waits for the next occasion. One with triggers needs an active
/// one; a oneshot without any has done all it is for, unless it is meant to stay active afterwards.
fn is_ready(unit: &UnitState) -> bool {
    let Some(service) = &unit.service else {
        return false;
    };
    let has_occasion = if unit.triggered_by.is_empty() {
        service.kind == "oneshot" && !service.remain_after_exit
    } else {
        unit.triggered_by.iter().any(|(_, is_active)| *is_active)
    };
    has_occasion && service.result == "success"
}

#[cfg(test)]
mod tests;
