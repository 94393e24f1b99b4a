//! Which watched services are up, from the live table of units (D-Bus signals of systemd).
//!
//! What must hold: unknown never looks like down. A table that is not synchronised, or that systemd has not agreed
//! with for too long, yields no service at all, and the collector's success is 0.

use std::sync::Arc;

use prunelle_systemd::{Sync, UnitTable, service_up};

use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::host::{Host, Units};
use crate::metric::Metric;

pub(super) const COLLECTOR: Collector = Collector {
    publishes_duration: false,
    ..Collector::new(
        "services",
        "watched systemd services: up or down",
        METRICS,
        Place::Snapshot,
        gather,
    )
};

const METRICS: &[&Metric] = &[&UP, &LOADED];

static UP: Metric = Metric::gauge(
    "prunelle_service_up",
    "Whether the service does, or is ready to do, what it is for (D-Bus signals of systemd).",
)
.labels(&["name"]);
static LOADED: Metric = Metric::gauge(
    "prunelle_service_loaded",
    "Whether systemd could read its unit file (D-Bus: LoadState).",
)
.labels(&["name"]);

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let Some(units) = &scrape.host.units else {
        return Ok(());
    };
    let table = trusted(scrape.host, units)?;
    let mut up = scrape.out.family(&UP);
    for (name, state) in &table.units {
        up.sample(&[name.as_str()], service_up(state).up);
    }
    let mut loaded = scrape.out.family(&LOADED);
    for (name, state) in &table.units {
        loaded.sample(&[name.as_str()], service_up(state).loaded);
    }
    Ok(())
}

/// The watched services by name, and whether each is up; none when none is watched.
pub(crate) fn watched(host: &Host) -> Option<Result<Vec<(String, bool)>, CollectorError>> {
    let units = host.units.as_ref()?;
    let services = trusted(host, units).map(|table| {
        let units = table.units.iter();
        units
            .map(|(name, state)| (name.as_str().to_owned(), service_up(state).up))
            .collect()
    });
    Some(services)
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
