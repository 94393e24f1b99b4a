//! Which watched services are up, from the live table of units (D-Bus signals of systemd).
//!
//! What must hold: unknown never looks like down. A table that is not synchronised, or that systemd has not agreed
//! with for too long, yields no service at all, and the collector's success is 0.

use std::sync::Arc;

use prunelle_systemd::{Sync, UnitTable, service_up};

use super::{Collector, CollectorError, Gathered, Source};
use crate::family::{Labels, Metric};
use crate::host::{Host, Units};

pub(super) const COLLECTOR: Collector = Collector {
    publishes_duration: false,
    ..Collector::new(
        "services",
        "watched systemd services: up or down",
        Source::Snapshot(gather),
    )
};

static UP: Metric = Metric::gauge(
    "prunelle_service_up",
    "Whether the service does, or is ready to do, what it is for (D-Bus signals of systemd).",
);
static LOADED: Metric = Metric::gauge(
    "prunelle_service_loaded",
    "Whether systemd could read its unit file (D-Bus: LoadState).",
);

fn gather(host: &Host) -> Gathered {
    let Some(units) = &host.units else {
        return Ok(None);
    };
    let table = trusted(host, units)?;
    let verdicts = || {
        let units = table.units.iter();
        units.map(|(name, state)| (labels(name.as_str()), service_up(state)))
    };
    Ok(Some(vec![
        UP.family(verdicts().map(|(labels, verdict)| (labels, verdict.up))),
        LOADED.family(verdicts().map(|(labels, verdict)| (labels, verdict.loaded))),
    ]))
}

/// The table, if it can be trusted.
pub(super) fn trusted(host: &Host, units: &Units) -> Result<Arc<UnitTable>, CollectorError> {
    let table = Arc::clone(&units.table.borrow());
    match table.sync {
        Sync::NotYet => return Err(CollectorError::UnitsNotYet),
        Sync::Lost(_) => return Err(CollectorError::UnitsLost),
        Sync::Synchronised => {}
    }
    let age = host.clock.now().since(&table.as_of);
    if age > units.max_age {
        return Err(CollectorError::UnitsTooOld(age));
    }
    Ok(table)
}

fn labels(name: &str) -> Labels {
    vec![("name", name.to_owned())]
}
