//! All loaded units and systemd itself, from the inventory that its signals keep (D-Bus): a scrape asks for nothing.
//!
//! What must hold: unknown never looks like down. Without a table that can be trusted there is no series at all, and the
//! collector's success is 0; a machine that was not started by systemd has none either, which is no failure. A service
//! appears when its type is known, so that no series changes its labels.

mod version;

use jiff::Timestamp;
use prunelle_systemd::inventory::{Details, LoadedUnit};
use prunelle_systemd::unit::{ActiveState, LoadState};
use prunelle_systemd::{Inventory, UnitName};

use super::services::trusted;
use super::{Collector, CollectorError, Gathered, Place, Scrape};
use crate::metric::Metric;
use crate::options::Filter;
use crate::output::Output;

pub(super) const COLLECTOR: Collector = Collector::new(
    "systemd",
    "systemd's units, timers and sockets, and systemd itself",
    METRICS,
    Place::Snapshot,
    gather,
);

const METRICS: &[&Metric] = &[
    &VERSION,
    &VIRTUALIZATION,
    &RUNNING,
    &UNITS,
    &STATE,
    &START_TIME,
    &RESTARTS,
    &TASKS_MAX,
    &LAST_TRIGGER,
    &ACCEPTED,
    &CONNECTIONS,
    &REFUSED,
];

static VERSION: Metric = Metric::gauge(
    "node_systemd_version",
    "The version of systemd as a number, and in full as a label (D-Bus: Version).",
)
.labels(&["version"]);
static VIRTUALIZATION: Metric = Metric::gauge(
    "node_systemd_virtualization_info",
    "Always 1; what systemd runs in is a label, `none` on bare metal (D-Bus: Virtualization).",
)
.labels(&["virtualization_type"]);
static RUNNING: Metric = Metric::gauge(
    "node_systemd_system_running",
    "Whether the system has started and no unit has failed (D-Bus: SystemState, kept by signals of the units).",
);
static UNITS: Metric = Metric::gauge(
    "node_systemd_units",
    "How many loaded units are in each state (D-Bus signals of systemd).",
)
.labels(&["state"]);
static STATE: Metric = Metric::gauge(
    "node_systemd_unit_state",
    "Whether the unit is in this state; the type is that of a service (D-Bus signals of systemd: ActiveState, Type).",
)
.labels(&["name", "state", "type"]);
static START_TIME: Metric = Metric::gauge(
    "node_systemd_unit_start_time_seconds",
    "Since when the unit is active; 0 while it is not (D-Bus signals of systemd: ActiveEnterTimestamp).",
)
.labels(&["name"]);
static RESTARTS: Metric = Metric::counter(
    "node_systemd_service_restart_total",
    "How often systemd has restarted the service by itself (D-Bus signals of systemd: NRestarts).",
)
.labels(&["name"]);
static TASKS_MAX: Metric = Metric::gauge(
    "node_systemd_unit_tasks_max",
    "How many tasks the service may have; left out without a limit (D-Bus: TasksMax, read when the service is first seen and every five minutes).",
)
.labels(&["name"]);
static LAST_TRIGGER: Metric = Metric::gauge(
    "node_systemd_timer_last_trigger_seconds",
    "When the timer last elapsed; 0 when it never did (D-Bus signals of systemd: LastTriggerUSec).",
)
.labels(&["name"]);
static ACCEPTED: Metric = Metric::counter(
    "node_systemd_socket_accepted_connections_total",
    "Connections that systemd has accepted for the socket (D-Bus: NAccepted, read every 15 seconds).",
)
.labels(&["name"]);
static CONNECTIONS: Metric = Metric::gauge(
    "node_systemd_socket_current_connections",
    "Connections of the socket that are open (D-Bus: NConnections, read every 15 seconds).",
)
.labels(&["name"]);
// A gauge by its type and a counter by its name, as node_exporter has it.
static REFUSED: Metric = Metric::gauge(
    "node_systemd_socket_refused_connections_total",
    "Connections of the socket that systemd has refused (D-Bus: NRefused, read every 15 seconds).",
)
.labels(&["name"]);

/// The states that are told of each unit, whichever it is in; in ascending order, which saves the search for duplicates.
const STATES: [ActiveState; 5] = [
    ActiveState::Activating,
    ActiveState::Active,
    ActiveState::Deactivating,
    ActiveState::Failed,
    ActiveState::Inactive,
];

fn gather(scrape: &mut Scrape<'_>) -> Gathered {
    let host = scrape.host;
    let Some(units) = &host.inventory else {
        return Ok(());
    };
    let table = trusted(host, units)?;
    let inventory = table.inventory.as_ref();
    let inventory = inventory.ok_or(CollectorError::UnitsNotYet)?;
    write_system(inventory, scrape.out);
    let filter = &host.options.systemd_units;
    let chosen = || told(inventory).filter(|unit| is_chosen(&unit.id, filter));
    write_states(chosen, scrape.out);
    write_services(chosen, scrape.out);
    let chosen = || told(inventory).filter(|unit| is_left(unit, filter));
    write_triggers(chosen, scrape.out);
    Ok(())
}

/// Units of which everything that labels say is known.
pub(super) fn told(inventory: &Inventory) -> impl Iterator<Item = &LoadedUnit> {
    inventory.units.iter().filter(|unit| {
        unit.load == LoadState::Loaded
            && (!unit.id.is_service() || matches!(unit.details, Details::Service(_)))
    })
}

/// Services, unless it is set otherwise; what `node_exporter` leaves out is left out.
pub(super) fn is_chosen(id: &UnitName, filter: &Filter) -> bool {
    filter
        .include
        .as_ref()
        .map_or_else(|| id.is_service(), |it| it.is_match(id.as_str()))
        && !is_excluded(id, filter)
}

/// Timers and sockets have metrics of their own, and are told without being asked for.
fn is_left(unit: &LoadedUnit, filter: &Filter) -> bool {
    matches!(unit.details, Details::Timer(_) | Details::Socket(_))
        && filter
            .include
            .as_ref()
            .is_none_or(|it| it.is_match(unit.id.as_str()))
        && !is_excluded(&unit.id, filter)
}

fn is_excluded(id: &UnitName, filter: &Filter) -> bool {
    let is_noise = || {
        matches!(
            id.kind(),
            "automount" | "device" | "mount" | "scope" | "slice"
        )
    };
    filter
        .exclude
        .as_ref()
        .map_or_else(is_noise, |it| it.is_match(id.as_str()))
}

fn write_system(inventory: &Inventory, out: &mut Output) {
    if let Some(manager) = &inventory.manager {
        if let Some(number) = version::number(&manager.version) {
            out.family(&VERSION).sample(&[&manager.version], number);
        }
        let virtualization = match manager.virtualization.as_str() {
            "" => "none",
            technology => technology,
        };
        out.family(&VIRTUALIZATION).sample(&[virtualization], true);
        out.single(&RUNNING, manager.system_state == "running");
    }
    let mut units = out.family(&UNITS);
    for state in STATES {
        units.sample(&[state.as_str()], count(inventory, state));
    }
    for state in [ActiveState::Reloading, ActiveState::Maintenance] {
        let count = count(inventory, state);
        if count > 0 {
            units.sample(&[state.as_str()], count);
        }
    }
}

fn count(inventory: &Inventory, state: ActiveState) -> u64 {
    let units = inventory.units.iter();
    units.filter(|unit| unit.active == state).count() as u64
}

fn write_states<'a, I: Iterator<Item = &'a LoadedUnit>>(units: impl Fn() -> I, out: &mut Output) {
    let mut states = out.family(&STATE);
    for unit in units() {
        let kind = match &unit.details {
            Details::Service(service) => service.kind.as_str(),
            _ => "",
        };
        for state in STATES {
            let labels = [unit.id.as_str(), state.as_str(), kind];
            states.sample(&labels, unit.active == state);
        }
    }
    let mut start_times = out.family(&START_TIME);
    for unit in units() {
        let start_time = match unit.active {
            ActiveState::Active => unit.active_since.map(seconds),
            _ => Some(0.0),
        };
        if let Some(start_time) = start_time {
            start_times.sample(&[unit.id.as_str()], start_time);
        }
    }
}

fn write_services<'a, I: Iterator<Item = &'a LoadedUnit>>(units: impl Fn() -> I, out: &mut Output) {
    let services = || {
        units().filter_map(|unit| match &unit.details {
            Details::Service(service) => Some((unit.id.as_str(), service)),
            _ => None,
        })
    };
    let mut restarts = out.family(&RESTARTS);
    for (name, service) in services() {
        restarts.sample(&[name], service.restarts);
    }
    let mut tasks_max = out.family(&TASKS_MAX);
    for (name, service) in services() {
        if let Some(tasks) = service.tasks_max {
            tasks_max.sample(&[name], tasks);
        }
    }
}

fn write_triggers<'a, I: Iterator<Item = &'a LoadedUnit>>(units: impl Fn() -> I, out: &mut Output) {
    let mut last_triggers = out.family(&LAST_TRIGGER);
    for unit in units() {
        if let Details::Timer(timer) = &unit.details {
            let last = timer.last_trigger.map_or(0.0, seconds);
            last_triggers.sample(&[unit.id.as_str()], last);
        }
    }
    let sockets = || {
        units().filter_map(|unit| match &unit.details {
            Details::Socket(socket) => Some((unit.id.as_str(), socket)),
            _ => None,
        })
    };
    let mut accepted = out.family(&ACCEPTED);
    for (name, socket) in sockets() {
        accepted.sample(&[name], socket.accepted);
    }
    let mut connections = out.family(&CONNECTIONS);
    for (name, socket) in sockets() {
        connections.sample(&[name], socket.connections);
    }
    let mut refused = out.family(&REFUSED);
    for (name, socket) in sockets() {
        if let Some(count) = socket.refused {
            refused.sample(&[name], count);
        }
    }
}

fn seconds(time: Timestamp) -> f64 {
    time.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests;
