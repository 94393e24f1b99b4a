//! A systemd, a client that watches it, and ways to wait for what the client's table says.

use std::sync::Arc;
use std::time::Duration;

use prunelle_foundation::clock::SystemClock;
use prunelle_foundation::lifecycle::Lifecycle;
use prunelle_foundation::telemetry::{self, LogFormat};
use prunelle_sandbox::Manager;
use prunelle_systemd::inventory::LoadedUnit;
use prunelle_systemd::unit::{ActiveState, ServiceState};
use prunelle_systemd::{
    Job, JobResult, Limits, Options, ServiceUp, Sync, Systemd, SystemdError, UnitName, UnitState,
    UnitTable, Verb,
};
use tokio::sync::watch;
use tokio::time::timeout;

/// How long anything may take before a test gives up.
pub(crate) const LIMIT: Duration = Duration::from_secs(15);

pub(crate) const UP: Option<ServiceUp> = Some(ServiceUp {
    up: true,
    loaded: true,
});
pub(crate) const DOWN: Option<ServiceUp> = Some(ServiceUp {
    up: false,
    loaded: true,
});
pub(crate) const MISSING: Option<ServiceUp> = Some(ServiceUp {
    up: false,
    loaded: false,
});

/// A service that runs until it is stopped.
pub(crate) const RUNS: &str = "[Service]\nExecStart=/bin/sleep infinity\n";

pub(crate) fn name(text: &str) -> UnitName {
    text.parse().unwrap()
}

pub(crate) struct World {
    pub(crate) systemd: Systemd,
    pub(crate) table: watch::Receiver<Arc<UnitTable>>,
    pub(crate) lifecycle: Lifecycle,
    // Dropped last: the client ends before its systemd does.
    pub(crate) manager: Manager,
}

impl Drop for World {
    fn drop(&mut self) {
        self.lifecycle.stop().request("the test is over");
    }
}

impl World {
    /// Starts a systemd with these units and waits until a client that watches `watch` is synchronised.
    pub(crate) async fn start(units: &[(&str, &str)], watch: &str) -> Self {
        Self::start_with(units, watch, Limits::default()).await
    }

    pub(crate) async fn start_with(units: &[(&str, &str)], watch: &str, limits: Limits) -> Self {
        let mut options = prunelle_sandbox::Options::default();
        for (name, text) in units {
            options = options.unit(*name, *text);
        }
        Self::start_in(options, watch, limits).await
    }

    pub(crate) async fn start_in(
        options: prunelle_sandbox::Options,
        watch: &str,
        limits: Limits,
    ) -> Self {
        Self::start_for(options, watch, limits, false).await
    }

    /// Starts a client that keeps the inventory of all loaded units as well.
    pub(crate) async fn start_with_inventory(
        units: &[(&str, &str)],
        watch: &str,
        limits: Limits,
    ) -> Self {
        let mut options = prunelle_sandbox::Options::default();
        for (name, text) in units {
            options = options.unit(*name, *text);
        }
        Self::start_for(options, watch, limits, true).await
    }

    async fn start_for(
        options: prunelle_sandbox::Options,
        watch: &str,
        limits: Limits,
        inventory: bool,
    ) -> Self {
        // The first test of a process sets it up; what fails then says why.
        let _ = telemetry::init(LogFormat::Logfmt, "prunelle_systemd=debug");
        let manager = Manager::start(options).unwrap();
        let lifecycle = Lifecycle::new();
        let options = Options {
            watch: watch.parse().unwrap(),
            address: Some(manager.bus_address()),
            limits,
            inventory,
        };
        let clock = Arc::new(SystemClock::new().unwrap());
        let systemd = Systemd::start(options, clock, &lifecycle.tasks(), lifecycle.stop());
        let mut world = Self {
            table: systemd.table(),
            systemd,
            lifecycle,
            manager,
        };
        world.until_synchronised().await;
        world
    }

    /// Waits until the table is as wanted.
    pub(crate) async fn until(
        &mut self,
        what: &str,
        is_so: impl Fn(&UnitTable) -> bool,
    ) -> Arc<UnitTable> {
        let waited = timeout(LIMIT, self.table.wait_for(|table| is_so(table)))
            .await
            .map(|table| Arc::clone(&table.unwrap()));
        let Ok(table) = waited else {
            panic!("waited in vain until {what}: {:#?}", self.table.borrow());
        };
        table
    }

    pub(crate) async fn until_synchronised(&mut self) -> Arc<UnitTable> {
        let is_synchronised = |table: &UnitTable| table.sync == Sync::Synchronised;
        self.until("synchronised", is_synchronised).await
    }

    /// Waits until a watched unit is as wanted, in a table that can be trusted.
    pub(crate) async fn until_unit(
        &mut self,
        unit: &str,
        what: &str,
        is_so: impl Fn(&UnitState) -> bool,
    ) -> Arc<UnitState> {
        let key = name(unit);
        let table = self
            .until(&format!("{unit} is {what}"), |table| {
                table.sync == Sync::Synchronised
                    && table.units.get(&key).is_some_and(|state| is_so(state))
            })
            .await;
        Arc::clone(&table.units[&key])
    }

    pub(crate) async fn until_active(&mut self, unit: &str, active: ActiveState) -> Arc<UnitState> {
        self.until_unit(unit, &format!("{active:?}"), |state| state.active == active)
            .await
    }

    pub(crate) async fn until_verdict(&mut self, unit: &str, verdict: Option<ServiceUp>) {
        let key = name(unit);
        self.until(&format!("{unit}: {verdict:?}"), |table| {
            table.service_up(&key) == verdict
        })
        .await;
    }

    /// Waits until a unit is in the inventory as wanted.
    pub(crate) async fn until_loaded(
        &mut self,
        unit: &str,
        what: &str,
        is_so: impl Fn(&LoadedUnit) -> bool,
    ) -> LoadedUnit {
        let key = name(unit);
        let table = self
            .until(&format!("{unit} is {what}"), |table| {
                loaded(table, &key).is_some_and(&is_so)
            })
            .await;
        loaded(&table, &key).unwrap().clone()
    }

    /// Waits until a unit is not loaded.
    pub(crate) async fn until_unloaded(&mut self, unit: &str) {
        let key = name(unit);
        self.until(&format!("{unit} is unloaded"), |table| {
            table.sync == Sync::Synchronised && loaded(table, &key).is_none()
        })
        .await;
    }

    /// What the table says now.
    pub(crate) fn unit(&self, unit: &str) -> Arc<UnitState> {
        Arc::clone(&self.table.borrow().units[&name(unit)])
    }

    pub(crate) async fn enqueue(&self, verb: Verb, unit: &str) -> Result<Job, SystemdError> {
        self.systemd.enqueue(verb, &name(unit)).await
    }

    /// Runs a job to its end, then reads the unit.
    pub(crate) async fn run(&self, verb: Verb, unit: &str) -> (JobResult, UnitState) {
        let job = self.enqueue(verb, unit).await.unwrap();
        let result = self.finished(&job, unit).await;
        (result, self.read(unit).await)
    }

    pub(crate) async fn finished(&self, job: &Job, unit: &str) -> JobResult {
        self.systemd
            .finished(job, &name(unit), LIMIT)
            .await
            .unwrap()
    }

    pub(crate) async fn read(&self, unit: &str) -> UnitState {
        self.systemd.unit(&name(unit)).await.unwrap()
    }

    /// Takes the bus away, and its socket, so that it stays away until [`Manager::start_bus`].
    pub(crate) fn stop_bus(&self) {
        self.systemctl(&["stop", "dbus.socket", "dbus.service"]);
    }

    /// Takes a unit file away, without a reload.
    pub(crate) fn remove_unit(&self, unit: &str) {
        let file = self.manager.dir().join("units").join(unit);
        std::fs::rename(&file, file.with_extension("gone")).unwrap();
    }

    /// Links a unit file to /dev/null, without a reload.
    pub(crate) fn mask(&self, unit: &str) {
        let file = self.manager.dir().join("units").join(unit);
        std::os::unix::fs::symlink("/dev/null", file).unwrap();
    }

    pub(crate) fn systemctl(&self, arguments: &[&str]) -> String {
        self.manager.systemctl(arguments).unwrap()
    }
}

/// A unit of the inventory, in a table that can be trusted.
pub(crate) fn loaded<'a>(table: &'a UnitTable, unit: &UnitName) -> Option<&'a LoadedUnit> {
    let is_trusted = table.sync == Sync::Synchronised;
    table
        .inventory
        .as_ref()
        .filter(|_| is_trusted)?
        .units
        .get(unit)
}

pub(crate) fn service(state: &UnitState) -> &ServiceState {
    state.service.as_ref().unwrap()
}
